"""Baseline, the recipe of the original project: 18 averaged features of five seconds, a support vector machine."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.detect.features import WINDOW_SAMPLES
from training.data.folds import clips_of
from training.data.manifest import CRY_LABELS, Clip
from training.data.recordings import Samples, load_audio

WINDOW: Final = 5 * SAMPLE_RATE_HZ
FRAME_HOP: Final = 512  # samples, librosa's default
SLIDE: Final = SAMPLE_RATE_HZ  # samples between windows, which overlap by four seconds
VOTERS: Final = 5
VOTES: Final = 3
MAX_CLIPS_OF_A_GROUP: Final = 4


def framewise(sound: Samples, rate_hz: int = SAMPLE_RATE_HZ) -> NDArray[np.floating]:
    """Features (18, n) every 512 samples: zero crossings, RMS, 13 MFCC, spectral centroid, roll-off, bandwidth."""
    import librosa  # slow to import

    rows = [
        librosa.feature.zero_crossing_rate(y=sound),
        librosa.feature.rms(y=sound),
        librosa.feature.mfcc(y=sound, sr=rate_hz, n_mfcc=13),
        librosa.feature.spectral_centroid(y=sound, sr=rate_hz),
        librosa.feature.spectral_rolloff(y=sound, sr=rate_hz),
        librosa.feature.spectral_bandwidth(y=sound, sr=rate_hz),
    ]
    return np.concatenate(rows)


def features(window: Samples, rate_hz: int = SAMPLE_RATE_HZ) -> NDArray[np.floating]:
    """Features (18,), averaged over the window."""
    return np.asarray(framewise(window, rate_hz).mean(axis=1))


def sliding_features(sound: Samples) -> NDArray[np.floating]:
    """Features (n, 18) of all windows of five seconds, SLIDE apart, from frames that are computed once."""
    frames = framewise(sound)
    first = np.arange(0, len(sound) - WINDOW + 1, SLIDE) // FRAME_HOP
    total = np.concatenate([np.zeros((18, 1)), np.cumsum(frames, axis=1)], axis=1)
    width = WINDOW // FRAME_HOP + 1
    last = np.minimum(first + width, frames.shape[1])
    return np.asarray(((total[:, last] - total[:, first]) / (last - first)).T)


def _filled(samples: Samples) -> Samples:
    return np.resize(samples, WINDOW) if len(samples) < WINDOW else samples


def training_clips() -> list[Clip]:
    """Clips of `shipped-train` that a human labelled, at most MAX_CLIPS_OF_A_GROUP of each group."""
    taken: dict[str, int] = {}
    chosen = []
    for clip in clips_of("shipped-train"):
        if clip.label in {*CRY_LABELS, "neg"}:
            taken[clip.group] = taken.get(clip.group, 0) + 1
            if taken[clip.group] <= MAX_CLIPS_OF_A_GROUP:
                chosen.append(clip)
    return chosen


@lru_cache
def fitted_svm() -> Any:
    """The support vector machine, fitted to the train clips."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    clips = tqdm(training_clips(), desc="baseline", unit="clip", leave=False)
    rows = [features(_filled(load_audio(clip.path))[:WINDOW]) for clip in clips]
    truth = [clip.label in CRY_LABELS for clip in training_clips()]
    return make_pipeline(StandardScaler(), SVC(class_weight="balanced")).fit(np.array(rows), truth)


def voted_scores(samples: Samples) -> NDArray[np.float64]:
    """Voted scores on the daemon's grid: the third highest score of the last five windows of five seconds.

    A score is the sigmoid of the margin, so that 0.5 is the decision boundary.
    """
    sound = _filled(samples)
    margins = fitted_svm().decision_function(sliding_features(sound))
    scores = np.concatenate([np.zeros(VOTERS - 1), 1 / (1 + np.exp(-margins))])
    of_five = np.sort(np.lib.stride_tricks.sliding_window_view(scores, VOTERS), axis=1)[:, VOTERS - VOTES]
    if len(samples) < WINDOW + (VOTES - 1) * SLIDE:  # too short for a vote: the lowest score of its windows
        of_five = np.full(len(margins), scores[VOTERS - 1 :].min())
    ends = np.arange(max(1, (max(len(samples), WINDOW_SAMPLES) - WINDOW_SAMPLES) // HOP + 1)) * HOP + WINDOW_SAMPLES
    latest = (np.maximum(ends, WINDOW if len(samples) < WINDOW else 0) - WINDOW) // SLIDE
    return np.where(latest >= 0, of_five[np.clip(latest, 0, len(of_five) - 1)], 0.0)
