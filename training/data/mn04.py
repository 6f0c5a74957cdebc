"""mn04: EfficientAT's small AudioSet network (MIT), the second teacher: 527 scores and an embedding of the last 2 s.

    python -m training.data.teacher --teacher mn04     writes training/work/mn04, one file a clip

Input and output are described in shared/models/LICENCE.txt; the features follow EfficientAT's `AugmentMelSTFT`
(Schmid et al., 2023). The network is read from shared/models and does not ship.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from training.data.levels import at_teacher_level
from training.data.paths import MN04_HEARD, SHARED
from training.data.recordings import Samples, load_audio

CRY_CLASSES: Final = (22, 23)  # "Crying, sobbing" and "Baby cry, infant cry" among AudioSet's 527
CLASSES, EMBEDDING = 527, 384
RATE_HZ: Final = 32_000
FFT, WINDOW, MEL_HOP, MELS = 1024, 800, 320, 128
HIGH_HZ: Final = 15_000.0
WINDOW_S: Final = 2.0  # heard for one row
WINDOW_FRAMES = int(WINDOW_S * RATE_HZ) // MEL_HOP
BATCH: Final = 16  # windows a run of the network

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """What mn04 hears along a clip. Row i is heard from the 2 s that end (i + 1) hops of 0.24 s into the clip."""

    scores: NDArray[np.floating]  # (k, 527) 0..1, classes as in audioset_class_labels.csv
    embeddings: NDArray[np.floating]  # (k, 384)

    @property
    def cry(self) -> NDArray[np.floating]:
        """(k,) the higher of the two cry scores."""
        return np.asarray(self.scores[:, CRY_CLASSES].max(axis=1))


@cache
def _mel_bands() -> Floats:
    """(513, 128) triangular bands, 0 to 15 kHz, as Kaldi's: straight on the mel scale 1127 ln(1 + f / 700)."""
    mels = 1127 * np.log1p(np.arange(FFT // 2 + 1) * RATE_HZ / FFT / 700)
    edges = np.linspace(0, 1127 * np.log1p(HIGH_HZ / 700), MELS + 2)
    up = (mels[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    down = (edges[None, 2:] - mels[:, None]) / np.diff(edges)[1:]
    bands = np.clip(np.minimum(up, down), 0, None)
    bands[-1] = 0  # Kaldi leaves the Nyquist bin out
    return np.asarray(bands, np.float32)


def log_mel(samples: Samples) -> Floats:
    """(128, frames) input of the network for samples at 16 kHz, a frame every 10 ms."""
    fine = np.asarray(soxr.resample(samples, SAMPLE_RATE_HZ, RATE_HZ), np.float32)
    emphasised = np.pad(fine[1:] - np.float32(0.97) * fine[:-1], FFT // 2, mode="reflect")
    window = np.pad(np.hanning(WINDOW), (FFT - WINDOW) // 2).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, FFT)[::MEL_HOP]
    power = np.square(np.abs(np.fft.rfft(frames * window))).astype(np.float32)
    return np.asarray(((np.log(power @ _mel_bands() + 1e-5) + 4.5) / 5).T, np.float32)


@lru_cache
def _network() -> Callable[[Floats], tuple[Floats, Floats]]:
    """The network as a function: (n, 1, 128, t) -> scores (n, 527) and embeddings (n, 384)."""
    import onnxruntime  # heavy, and only this teacher needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(SHARED / "models" / "mn04_as.onnx"), options)

    def run(mel: Floats) -> tuple[Floats, Floats]:
        scores, embeddings = session.run(["scores", "embedding"], {"mel": mel})
        return scores, embeddings

    return run


def heard_along(samples: Samples) -> Heard:
    """What mn04 hears along a sound of any length, one row a started hop. Silence lies around the sound."""
    rows = max(1, -(-len(samples) // HOP))
    lead, step = int(WINDOW_S * SAMPLE_RATE_HZ) - HOP, HOP * 100 // SAMPLE_RATE_HZ
    mel = log_mel(np.pad(samples, (lead, rows * HOP - len(samples))))
    windows = np.stack([mel[None, :, i * step : i * step + WINDOW_FRAMES] for i in range(rows)])
    run = [_network()(windows[first : first + BATCH]) for first in range(0, rows, BATCH)]
    return Heard(np.concatenate([scores for scores, _ in run]), np.concatenate([rest for _, rest in run]))


def heard_path(clip_path: str) -> Path:
    """File of a clip's rows."""
    return MN04_HEARD / f"{clip_path}.npz"


def hear_clip(clip_path: str) -> None:
    """Write a clip's rows, whole or not at all, in half precision; a clip that has its file is left alone."""
    path = heard_path(clip_path)
    if path.exists():
        return
    heard = heard_along(at_teacher_level(load_audio(clip_path)))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, scores=heard.scores.astype(np.float16), embeddings=heard.embeddings.astype(np.float16))
    partial.replace(path)


def load_heard(clip_path: str) -> Heard:
    """A clip's rows. Raises FileNotFoundError until `python -m training.data.teacher --teacher mn04` has run."""
    with np.load(heard_path(clip_path), allow_pickle=False) as stored:
        return Heard(stored["scores"], stored["embeddings"])
