// A recorded or chosen sound as a small WAV file: mono, 16 bits, 22.05 kHz, as the server takes it.
const RATE_HZ = 22_050;
const LONGEST_S = 120; // as babycryd/soothe/voice_wav.py has it

// Resolves to { wav, lengthS }; throws where the browser cannot decode the sound
export async function toWav(sound) {
  const decoder = new OfflineAudioContext(1, 1, RATE_HZ);
  const decoded = await decoder.decodeAudioData(await sound.arrayBuffer());
  const lengthS = Math.min(decoded.duration, LONGEST_S);
  const mixer = new OfflineAudioContext(1, Math.max(1, Math.floor(lengthS * RATE_HZ)), RATE_HZ);
  const source = mixer.createBufferSource();
  source.buffer = decoded;
  source.connect(mixer.destination);
  source.start();
  const mono = (await mixer.startRendering()).getChannelData(0);
  return { wav: encoded(mono), lengthS };
}

function encoded(mono) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * mono.length));
  const text = (at, letters) => [...letters].forEach((letter, index) => bytes.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * mono.length, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true); // PCM
  bytes.setUint16(22, 1, true); // one channel
  bytes.setUint32(24, RATE_HZ, true);
  bytes.setUint32(28, 2 * RATE_HZ, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  text(36, "data");
  bytes.setUint32(40, 2 * mono.length, true);
  mono.forEach((sample, index) => bytes.setInt16(44 + 2 * index, Math.max(-1, Math.min(1, sample)) * 32_767, true));
  return new Blob([bytes], { type: "application/octet-stream" });
}
