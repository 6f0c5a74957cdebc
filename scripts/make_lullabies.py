"""Make the sounds that babycryd ships: two lullabies as a music box, a heartbeat, pink noise.

Everything is computed here, from notes and numbers: no recording and no copyright of others. Each sound
is made on a ring (what rings past the end sounds on at the beginning), so it loops without a
seam. Running it again gives the same sounds.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm import tqdm

Signal = NDArray[np.floating]  # (samples,), mono, at RATE_HZ

RATE_HZ = 44_100
RMS_DBFS = -20.0  # all sounds alike; leaves every peak below -1 dBFS
SEED = 494  # Wiegenlied, opus 49 number 4
SHIPPED = Path(__file__).resolve().parent.parent / "babycryd" / "soothe" / "lullabies"

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Song:
    """A melody and one chord a bar, in notes `name[b]octave:beats`, bars divided by `|`."""

    beats_a_bar: int
    beats_a_minute: float
    melody: str  # its first bar may be an upbeat
    chords: str  # one chord a full bar: its notes, bass first


# Johannes Brahms, Wiegenlied op. 49 no. 4 (1868), in its own key.
BRAHMS = Song(
    beats_a_bar=3,
    beats_a_minute=69,
    melody="""
        G5:.5 G5:.5 | Bb5:1.5 G5:.5 G5:1 | Bb5:2 G5:.5 Bb5:.5 | Eb6:1 D6:1.5 C6:.5 | C6:1 Bb5:1 F5:.5 G5:.5 |
        Ab5:1 F5:1 F5:.5 G5:.5 | Ab5:2 F5:.5 Ab5:.5 | D6:.5 C6:.5 Bb5:1 D6:1 | Eb6:2 Eb5:.5 Eb5:.5 |
        Eb6:2 C6:.5 Ab5:.5 | Bb5:2 G5:.5 Eb5:.5 | Ab5:1 Bb5:1 C6:1 | Bb5:2 Eb5:.5 Eb5:.5 |
        Eb6:2 C6:.5 Ab5:.5 | Bb5:2 G5:.5 Eb5:.5 | Ab5:1 G5:1 F5:1 | Eb5:2
    """,
    chords="""
        Eb3 G4 Bb4 | Eb3 G4 Bb4 | Eb3 G4 Bb4 | Eb3 G4 Bb4 | Bb3 F4 Ab4 | Bb3 F4 Ab4 | Bb3 F4 Ab4 | Eb3 G4 Bb4 |
        Ab3 Eb4 C5 | Eb3 G4 Bb4 | Bb3 F4 Ab4 | Eb3 G4 Bb4 | Ab3 Eb4 C5 | Eb3 G4 Bb4 | Bb3 F4 Ab4 | Eb3 G4 Bb4
    """,
)

# "Ah! vous dirai-je, maman" (France, before 1761): Twinkle, twinkle, little star.
TWINKLE = Song(
    beats_a_bar=4,
    beats_a_minute=80,
    melody="""
        C5:1 C5:1 G5:1 G5:1 | A5:1 A5:1 G5:2 | F5:1 F5:1 E5:1 E5:1 | D5:1 D5:1 C5:2 |
        G5:1 G5:1 F5:1 F5:1 | E5:1 E5:1 D5:2 | G5:1 G5:1 F5:1 F5:1 | E5:1 E5:1 D5:2 |
        C5:1 C5:1 G5:1 G5:1 | A5:1 A5:1 G5:2 | F5:1 F5:1 E5:1 E5:1 | D5:1 D5:1 C5:2
    """,
    chords="""
        C4 G4 E4 G4 | F4 C5 C4 G4 | D4 G4 C4 G4 | G3 F4 C4 E4 | C4 G4 D4 G4 | C4 G4 G3 G4 |
        C4 G4 D4 G4 | C4 G4 G3 G4 | C4 G4 E4 G4 | F4 C5 C4 G4 | D4 G4 C4 G4 | G3 F4 C4 E4
    """,
)


@dataclass(frozen=True, slots=True)
class Note:
    start_beat: float  # from the beginning of the sound
    pitch_hz: float
    strength: float  # 0..1


@dataclass(frozen=True, slots=True)
class Partial:
    """One mode of vibration of a plucked steel tine."""

    ratio: float  # to the pitch
    amplitude: float
    decay_s: float  # time constant of a tine at 500 Hz


# A tine is a bar clamped at one end: it swings at 1, 6.27 and 17.55 times its pitch, the higher
# ones dying within a fraction of a second. The near-octaves come from the box's lid.
TINE = (
    Partial(1.0, 1.0, 0.85),
    Partial(2.003, 0.16, 0.45),
    Partial(3.011, 0.05, 0.30),
    Partial(6.267, 0.10, 0.09),
    Partial(17.55, 0.02, 0.03),
)
ATTACK_S = 0.002
RING_S = 5.0  # the slowest partial is then below -50 dB


def hz(name: str) -> float:
    """`Eb5` -> 622.25: equal temperament, A4 = 440 Hz."""
    letter, flat, octave = name[0], "b" in name[1:], int(name[-1])
    semitones_from_a4 = SEMITONES[letter] - flat - 9 + 12 * (octave - 4)
    return float(440.0 * 2 ** (semitones_from_a4 / 12))


def bars(text: str) -> list[list[str]]:
    return [bar.split() for bar in text.split("|")]


def melody_notes(song: Song) -> Iterator[Note]:
    beat = 0.0
    for token in song.melody.replace("|", " ").split():
        name, beats = token.split(":")
        yield Note(beat, hz(name), 1.0 if beat % song.beats_a_bar == upbeat_beats(song) else 0.85)
        beat += float(beats)


def upbeat_beats(song: Song) -> float:
    """How many beats stand before the first full bar."""
    first = sum(float(token.split(":")[1]) for token in bars(song.melody)[0])
    return first % song.beats_a_bar


def accompaniment_notes(song: Song) -> Iterator[Note]:
    """Each chord broken into single notes, one a beat."""
    for bar, chord in enumerate(bars(song.chords)):
        for step, name in enumerate(chord):
            yield Note(upbeat_beats(song) + bar * song.beats_a_bar + step, hz(name), 0.34 if step == 0 else 0.22)


def song_beats(song: Song) -> float:
    """Length in beats; the upbeat completes the last bar, so that the song goes round."""
    return float(len(bars(song.chords)) * song.beats_a_bar)


def tine(pitch_hz: float, rng: np.random.Generator) -> Signal:
    """One plucked tine, RING_S long: sharp attack, each partial dying at its own pace."""
    pace = (500.0 / pitch_hz) ** 0.6  # short tines stop sooner
    sound = np.zeros(int(RING_S * RATE_HZ))
    for partial in TINE:
        decay_s = partial.decay_s * pace
        time_s = np.arange(int(min(RING_S, 10 * decay_s) * RATE_HZ)) / RATE_HZ  # e^-10: nothing is cut
        swing = np.sin(2 * np.pi * (pitch_hz * partial.ratio * time_s + rng.random()))
        sound[: len(time_s)] += partial.amplitude * np.exp(-time_s / decay_s) * swing
    return with_edges(sound, ATTACK_S, 0.5)


def with_edges(sound: Signal, rise_s: float, fall_s: float) -> Signal:
    """`sound` beginning from and ending in silence, so that neither clicks."""
    time_s = np.arange(len(sound)) / RATE_HZ
    edges = np.minimum(1.0, time_s / rise_s) * np.minimum(1.0, (time_s[-1] - time_s) / fall_s)
    return np.asarray(sound * edges)


def add_round(ring: Signal, start: int, sound: Signal) -> None:
    """Mix `sound` into `ring` from `start` on, going round past the end."""
    np.add.at(ring, np.arange(start, start + len(sound)) % len(ring), sound)


def room(dry: Signal, rng: np.random.Generator) -> Signal:
    """`dry` on a ring with the soft tail of a small furnished room (0.7 s) behind it."""
    time_s = np.arange(int(0.9 * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal(len(time_s)) * np.exp(-6.9 * time_s / 0.7) * np.minimum(1.0, time_s / 0.012)
    response = np.fft.rfft(tail, len(dry)) / np.linalg.norm(tail)
    frequency_hz = np.fft.rfftfreq(len(dry), 1 / RATE_HZ)
    soft = 1 / np.sqrt(1 + (frequency_hz / 2500.0) ** 2)  # cloth takes the highs
    return dry + 0.28 * np.fft.irfft(np.fft.rfft(dry) * response * soft, len(dry))


def music_box(song: Song, rng: np.random.Generator) -> Signal:
    """The song once round."""
    beat_s = 60 / song.beats_a_minute
    ring = np.zeros(round(song_beats(song) * beat_s * RATE_HZ))
    for note in [*melody_notes(song), *accompaniment_notes(song)]:
        late_s = rng.uniform(0.0, 0.012)  # a hand-made cylinder
        strength = note.strength * rng.uniform(0.9, 1.0)
        start = int((note.start_beat * beat_s + late_s) * RATE_HZ)
        add_round(ring, start, strength * tine(note.pitch_hz, rng))
    return room(ring, rng)


def shaped_noise(seconds: float, shape: Callable[[Signal], Signal], rng: np.random.Generator) -> Signal:
    """Noise with the amplitude spectrum `shape(frequency_hz)`, periodic in `seconds`."""
    samples = round(seconds * RATE_HZ)
    frequency_hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    spectrum[1:] *= shape(frequency_hz[1:])
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum, samples)


def pink_noise(rng: np.random.Generator) -> Signal:
    """Equal power in each octave from 60 Hz, softened above 8 kHz; 36 s."""

    def shape(frequency_hz: Signal) -> Signal:
        rumble = 1 / np.sqrt(1 + (60.0 / frequency_hz) ** 4)
        hiss = 1 / np.sqrt(1 + (frequency_hz / 8000.0) ** 4)
        return np.asarray(rumble * hiss / np.sqrt(frequency_hz))

    return shaped_noise(36.0, shape, rng)


def thump(pitch_hz: float, decay_s: float) -> Signal:
    """A heart valve closing, heard through the body: a falling tone and its octave, 0.4 s.

    The octave is what a small loudspeaker can still give.
    """
    time_s = np.arange(int(0.4 * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.5 * np.exp(-time_s / 0.03))) / RATE_HZ
    return with_edges((np.sin(phase) + 0.5 * np.sin(2 * phase)) * np.exp(-time_s / decay_s), 0.018, 0.05)


def heartbeat(rng: np.random.Generator) -> Signal:
    """Lub-dub at 60 a minute over the rush of blood, as heard from inside; 32 beats."""

    def blood(frequency_hz: Signal) -> Signal:
        return 1 / (1 + (40.0 / frequency_hz) ** 2) / (1 + (frequency_hz / 220.0) ** 2)

    beats = 32
    rush = shaped_noise(float(beats), blood, rng)
    time_s = np.arange(len(rush)) / RATE_HZ
    ring = rush / np.std(rush) * (0.10 + 0.08 * np.sin(2 * np.pi * (time_s - 0.05)))
    lub, dub = thump(62.0, 0.065), thump(84.0, 0.045)
    for beat in range(beats):
        strength = rng.uniform(0.92, 1.0)
        add_round(ring, int((beat + 0.10) * RATE_HZ), strength * lub)
        add_round(ring, int((beat + 0.42) * RATE_HZ), 0.6 * strength * dub)
    return ring


SOUNDS: dict[str, Callable[[np.random.Generator], Signal]] = {
    "brahms-lullaby": lambda rng: music_box(BRAHMS, rng),
    "heartbeat": heartbeat,
    "pink-noise": pink_noise,
    "twinkle-twinkle": lambda rng: music_box(TWINKLE, rng),
}


def levelled(sound: Signal) -> Signal:
    """`sound` with its RMS at RMS_DBFS (0 dBFS: a square wave of full scale)."""
    rms = np.sqrt(np.mean(sound**2))
    return np.asarray(sound * (10 ** (RMS_DBFS / 20) / rms))


def write_ogg(path: Path, sound: Signal) -> None:
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, format="OGG", subtype="VORBIS") as file:
        for start in range(0, len(sound), 4096):  # libsndfile overflows its stack on long Vorbis blocks
            file.write(sound[start : start + 4096])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR", help="where to put them (%(default)s)")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, make in tqdm(SOUNDS.items(), desc="lullabies", unit="sound"):
        write_ogg(out / f"{name}.ogg", levelled(make(np.random.default_rng(SEED))))
    total_kb = sum(path.stat().st_size for path in out.glob("*.ogg")) // 1000
    print(f"{len(SOUNDS)} sounds, {total_kb} kB together, in {out}")


if __name__ == "__main__":
    main()
