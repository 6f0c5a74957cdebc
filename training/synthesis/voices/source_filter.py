"""Source-filter model of a voice (Fant, 1960): a harmonic source with jitter and noise, through the tube of a throat.

Pure: a generator and curves in, samples at 16 kHz out. Curves have one value a sample.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ

SPEED_OF_SOUND_CM_S: Final = 35_000.0  # in a warm, moist throat
HIGHEST_HZ: Final = 7_600.0  # no harmonic and no formant above it
Curve = NDArray[np.float64]  # (n,)


@dataclass(frozen=True, slots=True)
class Throat:
    """Vocal tract as a tube that is closed at the larynx."""

    length_cm: float  # 7 to 8 in a newborn, 11 in a child of four, 15 to 17 in adults
    openness: float = 1.0  # of the mouth: 1 is the neutral tube; below it formants are lower and duller
    bandwidth_hz: float = 120.0  # of the first formant; higher ones are broader

    @property
    def formants_hz(self) -> Curve:
        """Resonances (2k - 1) c / 4L of the tube below HIGHEST_HZ; a mouth that closes lowers the first most."""
        odd = 2 * np.arange(1, 16) - 1
        hz = odd * SPEED_OF_SOUND_CM_S / (4 * self.length_cm) * (1 - (1 - self.openness) * 0.6 / odd)
        return np.asarray(hz[hz < HIGHEST_HZ])

    def filtered(self, source: NDArray[np.floating]) -> Curve:
        """The source after all resonances; each has a gain of 1 at 0 Hz."""
        sound = np.asarray(source, np.float64)
        for order, hz in enumerate(self.formants_hz):
            radius = np.exp(-np.pi * self.bandwidth_hz * (1 + 0.7 * order) / SAMPLE_RATE_HZ)
            denominator = [1.0, -2 * radius * np.cos(2 * np.pi * hz / SAMPLE_RATE_HZ), radius**2]
            sound = scipy.signal.lfilter([sum(denominator)], denominator, sound)
        return np.asarray(sound)


@dataclass(frozen=True, slots=True)
class Larynx:
    """How a voice sounds before the throat."""

    fall: float = 1.0  # harmonic k has the strength k ** -fall; 0.5 is pressed, 2 is soft
    jitter: float = 0.0  # standard deviation of the pitch from cycle to cycle, as a share; 0.03 is rough
    subharmonic: float = 0.0  # strength of every second cycle's difference, 0..1: adds lines at half the pitch
    breath: float = 0.0  # RMS of noise against that of the harmonics; 1 and more is hoarse

    def source(self, rng: np.random.Generator, pitch_hz: Curve) -> Curve:
        """Harmonics and noise that follow the pitch, with an RMS of 1 + breath at most."""
        n = len(pitch_hz)
        steps = -(-n // 64)  # about a cycle
        wander = np.interp(np.arange(n), np.arange(steps) * 64, rng.standard_normal(steps))
        hz = np.clip(pitch_hz * (1 + self.jitter * wander), 20.0, HIGHEST_HZ)
        phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
        voice = np.zeros(n)
        for k in range(1, int(HIGHEST_HZ / hz.min()) + 1):
            voice += k**-self.fall * np.sin(k * phase) * (k * hz < HIGHEST_HZ)
        voice *= 1 + self.subharmonic * np.cos(phase / 2)
        voice /= max(float(np.std(voice)), 1e-9)
        noise = rng.standard_normal(n) * (0.6 + 0.4 * np.cos(phase))
        return np.asarray(voice + self.breath * noise)


def arc(rng: np.random.Generator, n: int, low_hz: float, high_hz: float) -> Curve:
    """Pitch that rises from about `low_hz` to `high_hz` and falls again, its top anywhere in between."""
    top, end_hz = rng.uniform(0.15, 0.8), low_hz * rng.uniform(0.8, 1.1)
    corners = np.array([0.0, top * 0.6, top, top + (1 - top) * 0.5, 1.0])
    hz = np.array([low_hz, low_hz + 0.75 * (high_hz - low_hz), high_hz, 0.5 * (high_hz + end_hz), end_hz])
    smooth = np.interp(np.linspace(0, 1, n), corners, hz)
    width = max(3, n // 12) | 1
    padded = np.pad(smooth, width // 2, mode="edge")
    return np.asarray(np.convolve(padded, np.ones(width) / width, mode="valid"))


def waver(rng: np.random.Generator, n: int, depth: float, rate_hz: float) -> Curve:
    """Factor around 1 that wanders by a standard deviation of about `depth`, `rate_hz` times a second."""
    points = max(2, int(n / SAMPLE_RATE_HZ * rate_hz) + 2)
    wander = np.interp(np.linspace(0, points - 1, n), np.arange(points), rng.standard_normal(points))
    return np.asarray(1 + depth * wander)


def swell(n: int, attack_s: float, release_s: float) -> Curve:
    """Loudness 0..1 that rises within `attack_s` and falls within `release_s` (raised cosines), shorter if it must."""
    rise = min(int(attack_s * SAMPLE_RATE_HZ), n // 2)
    fall = min(int(release_s * SAMPLE_RATE_HZ), n // 2)
    gain = np.ones(n)
    gain[:rise] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 0.5) / max(rise, 1))
    gain[n - fall :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / max(fall, 1))
    return gain
