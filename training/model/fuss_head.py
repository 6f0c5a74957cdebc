"""Fuss head: logistic regression of fussing on the embedding of a classifier that has not learnt fussing itself.

Positive are the hops of recordings of train babies (`training.synthesis.fussing`) in which one whimpers. Negative are
the other hops of those recordings, and train distractors in train rooms. Crying is no example, as an episode of crying
hides stirring anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.detect.features import WINDOW_SAMPLES
from babycryd.detect.scoring import Classifier
from training.data.labels import GRACE, LABEL_WINDOW, MIN_CRY_SHARE, overlap
from training.model.streaming import scores_and_embeddings
from training.synthesis.degraded_clip import degraded
from training.synthesis.fussing import FussingRecording, fussing_babies, make_recording
from training.synthesis.pool import load_pool

SEED, OTHERS_SEED = 61, 62
SIDE: Final = "shipped-train"  # without the datasets of `unseen-val`
RECORDINGS_OF_A_BABY: Final = 40
DISTRACTORS: Final = 3000
RIDGE: Final = 1000.0  # against the sum of 170,000 hops
_STEPS, _SMALL = 25, 1e-7

Embeddings = NDArray[np.float32]  # (n, EMBEDDING)


@dataclass(frozen=True, slots=True)
class Examples:
    """Embeddings of one baby, or of the other sounds, with their truth."""

    group: str  # the baby; "" for the other sounds
    embeddings: Embeddings
    fussing: NDArray[np.bool_]  # (n,)


@dataclass(frozen=True, slots=True)
class HeardFussing:
    """What a classifier says about a recording of fussing, one row a hop."""

    recording: FussingRecording
    scores: NDArray[np.float64]  # (n,)
    embeddings: Embeddings


def hear_fussing(classifier: Classifier, split: str, side: str, count: int) -> list[HeardFussing]:
    """`count` recordings of each baby of a side of the manifest's split, in the rooms and beds of `side`."""
    found, babies = list[HeardFussing](), sorted(fussing_babies(split).items())
    for number, (_, clips) in enumerate(tqdm(babies, desc=f"{split} fussing", unit="baby")):
        for index in range(count):
            rng = np.random.default_rng([SEED, split == "val", number, index])
            recording = make_recording(rng, clips, side)
            found.append(HeardFussing(recording, *scores_and_embeddings(classifier, recording.samples)))
    return found


def examples_of(heard: HeardFussing) -> Examples:
    """Examples of a recording without the hops in which a whimper begins, or has just ended."""
    spans = tuple((begin * SAMPLE_RATE_HZ, end * SAMPLE_RATE_HZ) for begin, end in heard.recording.spans_s)
    ends = WINDOW_SAMPLES + np.arange(len(heard.embeddings)) * HOP
    fussing = overlap(ends - LABEL_WINDOW, ends, spans) >= MIN_CRY_SHARE * LABEL_WINDOW
    certain = fussing | (overlap(ends - GRACE, ends, spans) == 0)
    return Examples(heard.recording.group, heard.embeddings[certain], fussing[certain])


def other_sounds(classifier: Classifier, numbers: range = range(DISTRACTORS)) -> list[Examples]:
    """Examples of train distractors in train rooms."""
    found, pool = list[Examples](), load_pool(SIDE, hard=True)
    for index in tqdm(numbers, desc="other sounds", unit="sound", mininterval=10):
        rng = np.random.default_rng([OTHERS_SEED, index])
        sound = pool.distractor(rng).samples
        if np.any(sound):
            embeddings = scores_and_embeddings(classifier, degraded(rng, sound, SIDE))[1]
            found.append(Examples("", embeddings, np.zeros(len(embeddings), bool)))
    return found


def examples(classifier: Classifier) -> list[Examples]:
    """Examples of all train babies that fuss, and of the other sounds (5 minutes)."""
    heard = hear_fussing(classifier, "train", SIDE, RECORDINGS_OF_A_BABY)
    return [*(examples_of(one) for one in heard), *other_sounds(classifier)]


def fit(some: Sequence[Examples]) -> NDArray[np.float64]:
    """Weights (EMBEDDING + 1,), the intercept last, of a ridge-regularised logistic regression by Newton's method.

    Fussing and other hops count the same in all.
    """
    inputs, truth = np.concatenate([one.embeddings for one in some]), np.concatenate([one.fussing for one in some])
    mean, scale = inputs.mean(axis=0, dtype=np.float64), inputs.std(axis=0, dtype=np.float64) + 1e-3
    rows = np.concatenate(((inputs - mean) / scale, np.ones((len(inputs), 1))), axis=1)
    weights = len(truth) / 2 / np.where(truth, truth.sum(), (~truth).sum())
    ridge, line = np.full(rows.shape[1], RIDGE), np.zeros(rows.shape[1])
    ridge[-1] = 1e-6  # the intercept is free
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(rows @ line, -30, 30)))
        gradient = rows.T @ (weights * (probability - truth)) + ridge * line
        curvature = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows
        step = np.linalg.solve(curvature + np.diag(ridge), gradient)
        line -= step
        if np.abs(step).max() < _SMALL:
            break
    slopes = line[:-1] / scale
    return np.append(slopes, line[-1] - slopes @ mean)
