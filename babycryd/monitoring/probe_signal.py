"""PURE. Probe signals of the self-test, and the matched filter that finds them in a recording."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST_POWER: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sine sweep with a smooth envelope: its autocorrelation has one sharp peak, and it makes no click."""

    length_s: float  # of one sweep
    again_after_s: float  # from the start of the first sweep to that of the second; 0: only one sweep
    lowest_hz: float
    highest_hz: float
    threshold: float  # likeness from which on it counts as heard; noise stays below (test_probe_signal.py)

    @property
    def lasts_s(self) -> float:
        """Length of the whole signal."""
        return self.length_s + self.again_after_s

    def samples(self, rate_hz: int) -> NDArray[np.float64]:
        """Return the whole signal, (lasts_s * rate_hz,) in [-1, 1]."""
        one, gap = self.one(rate_hz), round(self.again_after_s * rate_hz)
        return np.concatenate([one, np.zeros(gap - len(one)), one]) if gap else one

    def one(self, rate_hz: int) -> NDArray[np.float64]:
        """Return one sweep, (length_s * rate_hz,) in [-1, 1]."""
        time_s = np.arange(round(self.length_s * rate_hz)) / rate_hz
        rise_hz = (self.highest_hz - self.lowest_hz) / (2 * self.length_s)
        phase = 2 * np.pi * (self.lowest_hz * time_s + rise_hz * time_s**2)
        return np.asarray(np.sin(phase) * np.sin(np.pi * time_s / self.length_s))


# For the owner's ears: frequencies that a small speaker plays and a microphone near the cot picks up.
TONE: Final = Sweep(length_s=0.8, again_after_s=0.0, lowest_hz=500.0, highest_hz=2500.0, threshold=0.2)
TONE_PEAK: Final = 0.5  # of the lullaby's volume
# Too short and soft to be noticed: an eighth of a second. A matched filter lifts its wide band by 26 dB. It comes
# twice, because single chirps are found in the songs of birds.
CHIRP: Final = Sweep(length_s=0.12, again_after_s=0.23, lowest_hz=1000.0, highest_hz=4500.0, threshold=0.25)


@dataclass(frozen=True, slots=True)
class Found:
    """The place at which a recording is most like a sweep."""

    likeness: float  # 0..1, the largest normalised cross-correlation
    at_s: float  # from the start of the recording
    gain: float  # amplitude there; 1: as `samples` makes it


NOTHING: Final = Found(0.0, 0.0, 0.0)


def find(heard: NDArray[np.float32], sweep: Sweep, rate_hz: int) -> Found:
    """Search a recording (n,) with the matched filter; NOTHING where it is shorter than the sweep, or silent."""
    template, gap = sweep.one(rate_hz), round(sweep.again_after_s * rate_hz)
    if len(heard) < len(template) + gap:
        return NOTHING
    size = len(heard) + len(template)
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    # The rumble of a room below the band of the sweep would only lower the likeness.
    spectrum = np.fft.rfft(heard.astype(float), size) * ((hz >= sweep.lowest_hz) & (hz <= sweep.highest_hz))
    product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(template, size)), size)
    summed = np.concatenate([[0.0], np.cumsum(np.fft.irfft(spectrum, size)[: len(heard)] ** 2)])
    energy = summed[len(template) :] - summed[: -len(template)]
    own = float((template**2).sum())
    product = np.abs(product[: len(energy)])
    once = product / np.sqrt(np.maximum(energy, LEAST_POWER) * own)
    matches = np.minimum(once[: len(once) - gap], once[gap:])
    best = int(np.argmax(matches))
    return Found(float(matches[best]), best / rate_hz, float(product[best] + product[best + gap]) / 2 / own)
