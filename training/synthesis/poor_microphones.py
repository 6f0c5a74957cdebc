"""Poor microphones: what cheap cameras, phones and apps do to a sound. Pure: samples in, as many samples out.

`augment.Microphone` takes treble, loudness and peaks away; these take bass, slopes, bands, pauses and bits.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.signal
import soundfile
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.levels import db
from training.data.recordings import Samples

STEP: Final = 160  # samples of a step of the gate: 10 ms
FRAME, HOP = 512, 128  # samples of the suppressor's Fourier frames
FLOOR_S: Final = 1.0  # in which the suppressor looks for the noise


def high_pass(samples: Samples, cutoff_hz: float, order: int = 2) -> Samples:
    """The sound without bass, as a tiny microphone hears it: 6 dB an octave below the cut-off per `order`."""
    sections = scipy.signal.butter(order, cutoff_hz, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(scipy.signal.sosfilt(sections, samples), np.float32)


def tilted(samples: Samples, db_per_octave: float) -> Samples:
    """The sound with a response that rises (or falls, below 0) steadily, and is 0 dB at 1 kHz."""
    hz = np.maximum(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ), 50.0)
    gain = 10 ** (db_per_octave * np.log2(hz / 1000) / 20)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)), np.float32)


def notched(samples: Samples, centre_hz: float, quality: float) -> Samples:
    """The sound without a band around `centre_hz`, `centre_hz / quality` wide, as behind a case or beside a wall."""
    sections = scipy.signal.tf2sos(*scipy.signal.iirnotch(centre_hz, quality, fs=SAMPLE_RATE_HZ))
    return np.asarray(scipy.signal.sosfilt(sections, samples), np.float32)


def gated(samples: Samples, threshold_db: float, release_s: float) -> Samples:
    """The sound after a noise gate: silence where it is more than `threshold_db` below its loudest 10 ms.

    The gate opens at once and closes `release_s` after the last loud step.
    """
    steps = -(-len(samples) // STEP)
    level_db = db(np.square(np.pad(samples, (0, steps * STEP - len(samples))).reshape(steps, STEP)).mean(axis=1))
    hold = max(1, round(release_s * SAMPLE_RATE_HZ / STEP))
    loud = (level_db >= level_db.max() - threshold_db).astype(np.int64)
    is_open = np.convolve(loud, np.ones(hold, np.int64))[:steps] > 0
    gain = np.interp(np.arange(len(samples)), (np.arange(steps) + 0.5) * STEP, is_open)
    return np.asarray(samples * gain, np.float32)


def suppressed(samples: Samples, strength: float) -> Samples:
    """The sound after an app's noise suppressor: spectral subtraction of the lowest power of each bin within FLOOR_S.

    `strength` is how many times the noise is subtracted: 1 is gentle, 4 leaves musical noise and eats soft cries.
    Within the first FLOOR_S it has not yet learnt the noise and leaves the sound as it is.
    """
    n = len(samples)
    _, _, spectra = scipy.signal.stft(np.pad(samples, (0, max(0, FRAME - n))), nperseg=FRAME, noverlap=FRAME - HOP)
    power = np.square(np.abs(spectra))
    smooth = scipy.signal.lfilter([0.1], [1, -0.9], power, axis=1)
    kept = max(1, int(FLOOR_S * SAMPLE_RATE_HZ / HOP))
    padded = np.pad(smooth, ((0, 0), (kept - 1, 0)), mode="edge")
    noise = np.lib.stride_tricks.sliding_window_view(padded, kept, axis=1).min(axis=2)
    gain = np.sqrt(np.clip(1 - strength * noise / (power + 1e-12), 0.003, 1))
    _, clean = scipy.signal.istft(spectra * gain, nperseg=FRAME, noverlap=FRAME - HOP)
    return np.asarray(clean[:n], np.float32)


@dataclass(frozen=True, slots=True)
class Codec:
    """Codec of libsndfile at its own sample rate."""

    container: str
    subtype: str
    rate_hz: int
    compression: float | None = None  # 0..1, lossy containers only


CODECS: Final[Mapping[str, Codec]] = {
    "telephone (mu-law)": Codec("WAV", "ULAW", 8_000),
    "mobile phone (GSM)": Codec("WAV", "GSM610", 8_000),
    "old camera (G.721)": Codec("AU", "G721_32", 8_000),
    "old camera (ADPCM)": Codec("WAV", "IMA_ADPCM", 16_000),
    "video (Vorbis)": Codec("OGG", "VORBIS", 16_000, 0.9),
    "call (Opus)": Codec("OGG", "OPUS", 16_000, 0.95),
    "recording (MP3)": Codec("MP3", "MPEG_LAYER_III", 16_000, 0.9),
}


def through_codec(samples: Samples, name: str) -> Samples:
    """The sound after one of CODECS, encoded and decoded in memory; a codec's delay is left in. Clips at full scale."""
    codec, encoded = CODECS[name], io.BytesIO()
    sent = np.clip(soxr.resample(samples, SAMPLE_RATE_HZ, codec.rate_hz), -1, 1)
    kind = {"format": codec.container, "subtype": codec.subtype, "compression_level": codec.compression}
    soundfile.write(encoded, sent, codec.rate_hz, **kind)
    encoded.seek(0)
    heard, rate_hz = soundfile.read(encoded, dtype="float32")
    fine = soxr.resample(heard, rate_hz, SAMPLE_RATE_HZ)[: len(samples)]
    return np.asarray(np.pad(fine, (0, len(samples) - len(fine))), np.float32)


@dataclass(frozen=True, slots=True)
class PoorMicrophone:
    """Faults of a cheap capsule and of the app behind it; the default has none."""

    cutoff_hz: float | None = None  # of the lost bass
    order: int = 2
    slope_db: float | None = None  # an octave
    notch: tuple[float, float] | None = None  # centre in Hz and quality
    suppression: float | None = None  # strength of a noise suppressor
    gate: tuple[float, float] | None = None  # threshold in dB and release in s
    codec: str | None = None  # one of CODECS

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "PoorMicrophone":
        """Draw faults: six of ten have lost the bass below 200 to 1,200 Hz, one in twelve has no fault."""
        return cls(
            cutoff_hz=float(np.exp(rng.uniform(np.log(200), np.log(1200)))) if rng.uniform() < 0.6 else None,
            order=int(rng.integers(1, 5)),
            slope_db=rng.uniform(-6, 6) if rng.uniform() < 0.4 else None,
            notch=(rng.uniform(500, 5000), rng.uniform(0.7, 3)) if rng.uniform() < 0.25 else None,
            suppression=rng.uniform(1, 3) if rng.uniform() < 0.2 else None,
            gate=(rng.uniform(20, 45), rng.uniform(0.05, 0.4)) if rng.uniform() < 0.15 else None,
            codec=list(CODECS)[rng.integers(len(CODECS))] if rng.uniform() < 0.3 else None,
        )

    def captured(self, samples: Samples) -> Samples:
        """What the capsule makes of a sound."""
        heard = samples if self.cutoff_hz is None else high_pass(samples, self.cutoff_hz, self.order)
        heard = heard if self.slope_db is None else tilted(heard, self.slope_db)
        return heard if self.notch is None else notched(heard, *self.notch)

    def sent(self, recorded: Samples) -> tuple[Samples, NDArray[np.bool_]]:
        """What the app makes of a recording, and at which samples its gate was shut."""
        clean = recorded if self.suppression is None else suppressed(recorded, self.suppression)
        loud = clean if self.gate is None else gated(clean, *self.gate)
        return loud if self.codec is None else through_codec(loud, self.codec), (loud == 0) & (clean != 0)
