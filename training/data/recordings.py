"""Samples of the recordings: clips of the manifest and the lullabies that ship."""

import zlib
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.paths import LULLABIES, SHARED

Samples = NDArray[np.float32]  # (n,) mono, 16 kHz, full scale is 1

# Datasets whose clips went through a noise gate: their pauses lie near -80 dBFS, where no room is that quiet.
GATED_DATASETS: Final = frozenset({"corvin_22babies"})
GATED_NOISE_DBFS: Final = (-58.0, -45.0)  # RMS of the noise put under a gated clip; ESC-50's cries stand over -56


def room_noise(rng: np.random.Generator, n: int, level_dbfs: float) -> Samples:
    """(n,) of noise that falls 2 to 6 dB an octave from 40 Hz on, with an RMS of `level_dbfs`."""
    hz = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE_HZ), 40.0)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * hz ** -rng.uniform(0.33, 1.0), n)
    return np.asarray(noise * (10 ** (level_dbfs / 20) / max(float(np.std(noise)), 1e-12)), np.float32)


def ungated(path: str, samples: Samples) -> Samples:
    """The clip with a quiet room's noise under it, the same for the same path.

    Without the noise a model would learn that silence between sounds means a cry.
    """
    rng = np.random.default_rng(zlib.crc32(path.encode()))
    return samples + room_noise(rng, len(samples), rng.uniform(*GATED_NOISE_DBFS))


@cache
def load_audio(path: str) -> Samples:
    """A clip's samples, `path` below shared/audio; kept in memory (all clips together: 0.9 GB).

    Clips of GATED_DATASETS get a room's noise. Raises ValueError for a file that is not 16 kHz mono.
    """
    samples, rate_hz = soundfile.read(SHARED / "audio" / path, dtype="float32")
    if rate_hz != SAMPLE_RATE_HZ or samples.ndim != 1:
        raise ValueError(f"{path}: expected 16 kHz mono, found {rate_hz} Hz with shape {samples.shape}")
    clean = np.asarray(np.nan_to_num(samples), np.float32)
    return ungated(path, clean) if path.partition("/")[0] in GATED_DATASETS else clean


def load_lullaby(path: Path, most_s: float = 60.0) -> Samples:
    """The first `most_s` seconds of a shipped lullaby at 16 kHz mono."""
    with soundfile.SoundFile(path) as file:
        samples = file.read(int(most_s * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
        return np.asarray(soxr.resample(samples, file.samplerate, SAMPLE_RATE_HZ), np.float32)


def load_lullabies(folder: Path = LULLABIES) -> list[Samples]:
    """All lullabies that ship: the device's own speaker plays them in the baby's room."""
    return [load_lullaby(path) for path in sorted(folder.glob("*.ogg"))]
