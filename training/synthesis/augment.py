"""Augmentation: what a room, a microphone and a codec do to a sound. Pure: samples and a generator in, samples out."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.levels import TINY, db, sounding_power
from training.data.recordings import Samples


def at_snr(sound: Samples, bed: Samples, snr_db: float) -> Samples:
    """The sound, scaled so that its power without pauses is `snr_db` above the mean power of the bed."""
    wanted = float(np.mean(np.square(bed, dtype=np.float64))) * 10 ** (snr_db / 10)
    gain = np.sqrt(max(wanted, TINY) / max(sounding_power(sound), TINY))
    return (sound * np.float32(gain)).astype(np.float32)


def at_peak(samples: NDArray[np.floating], peak_dbfs: float) -> Samples:
    """The sound, scaled to a peak of `peak_dbfs`; silence stays silence."""
    return (samples * np.float32(10 ** (peak_dbfs / 20) / max(float(np.abs(samples).max()), 1e-9))).astype(np.float32)


def reverberate(samples: Samples, room: Samples) -> Samples:
    """The sound as the microphone across the room hears it; same length, the tail beyond it is lost."""
    size = scipy.fft.next_fast_len(len(samples) + len(room) - 1, real=True)
    product = scipy.fft.rfft(samples, size) * scipy.fft.rfft(room, size)
    return np.asarray(scipy.fft.irfft(product, size)[: len(samples)], np.float32)


def change_speed(samples: Samples, factor: float) -> Samples:
    """The sound played `factor` times as fast; its pitch changes by the same factor."""
    return np.asarray(soxr.resample(samples, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ / factor, quality="LQ"), np.float32)


def low_pass(samples: Samples, cutoff_hz: float) -> Samples:
    """The sound without what lies above the cut-off, as a phone or a codec leaves it; the roll-off is 8 % wide."""
    size = scipy.fft.next_fast_len(len(samples), real=True)
    hz = scipy.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    gain = np.clip((cutoff_hz * 1.08 - hz) / (cutoff_hz * 0.08), 0, 1).astype(np.float32)
    return np.asarray(scipy.fft.irfft(scipy.fft.rfft(samples, size) * gain, size)[: len(samples)], np.float32)


def clip_softly(samples: Samples, drive: float) -> Samples:
    """The sound through an amplifier overdriven `drive` times (tanh); the peak keeps its level."""
    peak = max(float(np.abs(samples).max()), 1e-9)
    return np.asarray(np.tanh(samples / peak * drive) / np.tanh(drive) * peak, np.float32)


def clip_hard(samples: Samples, over_db: float) -> Samples:
    """The sound through a converter driven `over_db` beyond full scale; the peak keeps its level."""
    peak = float(np.abs(samples).max())
    ceiling = np.float32(max(peak, 1e-9) * 10 ** (-over_db / 20))
    return np.asarray(np.clip(samples, -ceiling, ceiling) * (10 ** (over_db / 20)), np.float32)


def automatic_gain(samples: Samples, strength: float, release_s: float) -> Samples:
    """The sound after an automatic gain control: the gain falls at once and recovers by 20 dB in `release_s`.

    `strength` 0 changes nothing, 1 makes everything equally loud. The envelope has a step of 20 ms.
    """
    step = 320
    pieces = np.resize(samples, -(-len(samples) // step) * step).reshape(-1, step)
    level_db = db(np.square(pieces).mean(axis=1))
    envelope_db, now_db, fall_db = np.empty_like(level_db), float(level_db[0]), 20.0 * 0.02 / release_s
    for index, level in enumerate(level_db):
        envelope_db[index] = now_db = max(float(level), now_db - fall_db)
    gain_db = -strength * (envelope_db - envelope_db.max())
    gain = 10 ** (np.clip(gain_db, 0.0, 30.0) / 20)
    smooth = np.interp(np.arange(len(samples)), np.arange(len(gain)) * step, gain).astype(np.float32)
    return np.asarray(samples * smooth, np.float32)


def quantise(samples: Samples) -> Samples:
    """The sound rounded to 16-bit integers; NaN becomes silence."""
    clean = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return (np.round(np.clip(clean, -1, 1) * 32767) / 32768).astype(np.float32)


def place(track: NDArray[np.floating], sound: NDArray[np.floating], at: int) -> None:
    """Add `sound` to `track` in place, from sample `at` on, which may be negative or beyond the end."""
    first, last = max(at, 0), min(at + len(sound), len(track))
    if last > first:
        track[first:last] += sound[first - at : last - at]


def faded(sound: Samples, fade_s: float = 0.01) -> Samples:
    """The sound with a short fade at both ends, because a click would give away where a clip begins."""
    n = min(int(fade_s * SAMPLE_RATE_HZ), len(sound) // 2)
    if n == 0:
        return sound
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    return np.concatenate([sound[:n] * ramp, sound[n:-n], sound[-n:] * ramp[::-1]])


@dataclass(frozen=True, slots=True)
class Microphone:
    """Microphone and codec through which a mixture is recorded."""

    peak_dbfs: float
    cutoff_hz: float | None  # None: the full band
    drive: float | None  # None: not overdriven
    over_db: float | None  # None: not clipped
    gain: tuple[float, float] | None  # strength and release of an automatic gain; None: none

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Microphone":
        """Draw a microphone: half of them are band-limited, one in ten of those is an 8 kHz phone.

        Cries and other sounds get the same microphones, so that the codec gives no cry away.
        """
        cutoff_hz = rng.uniform(3400, 3800) if rng.uniform() < 0.1 else rng.uniform(3400, 7900)
        return cls(
            peak_dbfs=rng.uniform(-45, -3),
            cutoff_hz=cutoff_hz if rng.uniform() < 0.5 else None,
            drive=rng.uniform(1, 4) if rng.uniform() < 0.1 else None,
            over_db=rng.uniform(1, 12) if rng.uniform() < 0.1 else None,
            gain=(rng.uniform(0.2, 0.8), rng.uniform(0.5, 4.0)) if rng.uniform() < 0.2 else None,
        )

    @property
    def kind(self) -> str:
        """Name of its strongest effect, for tables."""
        effects = {"overdriven": self.drive, "clipping": self.over_db, "automatic gain": self.gain}
        worst = [name for name, value in effects.items() if value is not None]
        return worst[0] if worst else "plain" if self.cutoff_hz is None else "band-limited"

    def record(self, samples: Samples) -> Samples:
        """The mixture after this microphone, as 16-bit samples in float32."""
        recorded = samples if self.cutoff_hz is None else low_pass(samples, self.cutoff_hz)
        recorded = recorded if self.gain is None else automatic_gain(recorded, *self.gain)
        recorded = recorded if self.drive is None else clip_softly(recorded, self.drive)
        recorded = recorded if self.over_db is None else clip_hard(recorded, self.over_db)
        return quantise(at_peak(recorded, self.peak_dbfs))
