"""Warps: a recorded voice as that of another baby or cat. Pure: samples in, samples out.

Speed (`augment.change_speed`) changes pitch, throat and tempo together; these change one of them at a time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.recordings import Samples
from training.synthesis.augment import change_speed

FRAME, HOP = 512, 128  # samples of the Fourier frames: 32 ms every 8 ms
PIECE, OVERLAP, SEARCH = 640, 320, 200  # samples of a piece of `change_tempo`, shared with the next one, of its search
ENVELOPE_QUEFRENCIES: Final = 24  # kept of the cepstrum: the throat without the harmonics (below 1.5 ms)
ENVELOPE_ROUNDS: Final = 12
DYNAMICS_DB: Final = 50.0  # of an envelope, from its highest value down
LOUDEST_GAIN_DB: Final = 24.0  # of an envelope that is moved


def _best_shift(wanted: NDArray[np.floating], around: NDArray[np.floating]) -> int:
    """Where in `around` the stretch lies that continues `wanted` best (highest normalised correlation)."""
    found = np.correlate(around, wanted, mode="valid")
    energy = np.convolve(np.square(around), np.ones(len(wanted)), mode="valid")
    return int(np.argmax(found / np.sqrt(energy + 1e-9)))


def change_tempo(samples: Samples, factor: float) -> Samples:
    """The sound `factor` times as fast at the same pitch, by overlapping pieces (WSOLA; Verhelst, Roelands, 1993)."""
    length, step = round(len(samples) / factor), PIECE - OVERLAP
    source = np.pad(samples.astype(np.float64), (SEARCH, PIECE + 2 * SEARCH))
    fade = np.sin(np.linspace(0, np.pi / 2, OVERLAP)) ** 2
    out, position = np.zeros(length + PIECE + step), SEARCH
    out[:PIECE] = source[position : position + PIECE]
    for at in range(step, length, step):
        wanted = source[position + step : position + step + OVERLAP]
        nominal = min(round(at * factor), len(samples))
        position = nominal + _best_shift(wanted, source[nominal : nominal + OVERLAP + 2 * SEARCH])
        piece = source[position : position + PIECE]
        out[at : at + OVERLAP] = out[at : at + OVERLAP] * (1 - fade) + piece[:OVERLAP] * fade
        out[at + OVERLAP : at + PIECE] = piece[OVERLAP:]
    return np.asarray(out[:length], np.float32)


def shift_pitch(samples: Samples, factor: float) -> Samples:
    """The sound with pitch and throat `factor` times as high, in the same time; the length differs by a few samples."""
    return change_tempo(change_speed(samples, factor), 1 / factor)


def _smooth(logarithms: NDArray[np.floating]) -> NDArray[np.floating]:
    """Spectra (frames, bins) without the ripple of harmonics: the lowest quefrencies of their cepstrum."""
    cepstrum = scipy.fft.irfft(logarithms, axis=1)
    cepstrum[:, ENVELOPE_QUEFRENCIES:-ENVELOPE_QUEFRENCIES] = 0
    return np.asarray(scipy.fft.rfft(cepstrum, axis=1).real)


def _envelope(magnitudes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Smooth logarithm of spectra (frames, bins) that lies on their harmonics (true envelope; Roebel, Rodet, 2005)."""
    spectrum = np.log(magnitudes + 1e-7)
    spectrum = np.maximum(spectrum, spectrum.max(axis=1, keepdims=True) - DYNAMICS_DB / 20 * np.log(10))
    envelope = _smooth(spectrum)
    for _ in range(ENVELOPE_ROUNDS):
        envelope = _smooth(np.maximum(spectrum, envelope))
    return envelope


def warp_throat(samples: Samples, factor: float) -> Samples:
    """The sound with formants `factor` times as high (a throat that much shorter) at the same pitch and tempo."""
    n = len(samples)
    _, _, spectra = scipy.signal.stft(np.pad(samples, (0, max(0, FRAME - n))), nperseg=FRAME, noverlap=FRAME - HOP)
    envelope = _envelope(np.abs(spectra.T))
    bins = np.arange(envelope.shape[1])
    moved = np.stack([np.interp(bins / factor, bins, one) for one in envelope])
    most = LOUDEST_GAIN_DB / 20 * np.log(10)
    _, warped = scipy.signal.istft(
        spectra * np.exp(np.clip(moved - envelope, -most, most)).T, nperseg=FRAME, noverlap=FRAME - HOP
    )
    return np.asarray(warped[:n], np.float32)


def roughen(rng: np.random.Generator, samples: Samples, depth: float) -> Samples:
    """The sound with a loudness that flutters 30 to 120 times a second by `depth` (0..1), as of a strained voice."""
    n = len(samples)
    rate_hz = rng.uniform(30, 120) * (1 + 0.2 * np.interp(np.arange(n), np.linspace(0, n, 9), rng.standard_normal(9)))
    flutter = 0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(rate_hz) / SAMPLE_RATE_HZ)
    return np.asarray(samples * (1 - depth * flutter), np.float32)


@dataclass(frozen=True, slots=True)
class Warp:
    """Changes of a recorded voice; the default changes nothing."""

    throat: float = 1.0  # factor of its formants
    pitch: float = 1.0  # factor of pitch and formants
    tempo: float = 1.0
    roughness: float = 0.0  # depth of `roughen`, 0..1

    @classmethod
    def draw(cls, rng: np.random.Generator, strength: float) -> "Warp":
        """Draw one of the four changes; factors lie within exp(+-0.28 `strength`)."""
        chosen, factor = int(rng.integers(4)), float(np.exp(rng.uniform(-0.28, 0.28) * strength))
        depth = float(rng.uniform(0.2, 0.5 + 0.4 * strength))
        return (cls(throat=factor), cls(pitch=factor), cls(tempo=factor), cls(roughness=depth))[chosen]

    def apply(self, rng: np.random.Generator, samples: Samples) -> Samples:
        """The sound after these changes; its length changes with the tempo."""
        if len(samples) < FRAME:
            return samples
        warped = samples if self.throat == 1 else warp_throat(samples, self.throat)
        warped = warped if self.pitch == 1 else shift_pitch(warped, self.pitch)
        warped = warped if self.tempo == 1 else change_tempo(warped, self.tempo)
        return warped if self.roughness == 0 else roughen(rng, warped, self.roughness)
