"""Embeddings of genuine cries, shipped beside the model: what no feedback may make it deaf to (`detect.verifier`).

They come from the train side only: clips in rooms, beds and microphones, each at the moment it would raise the alarm.
"""

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.classifier import Classifier
from training.data.manifest import Samples
from training.model.streaming import scores_and_embeddings
from training.synthesis.degraded_clip import staged
from training.synthesis.pool import load_pool
from training.synthesis.scenes import crying_parts

SEED = 31
VOTES, VOTERS = 3, 5


def at_alarm(
    scores: NDArray[np.float64], embeddings: NDArray[np.float32], threshold: float, first: int = 0
) -> NDArray[np.float32] | None:
    """Mean embedding of the hops that vote for the first alarm from hop `first` on; None where there is none."""
    fires = scores >= threshold
    for end in range(first, len(scores)):
        begin = max(0, end - VOTERS + 1)
        if fires[begin : end + 1].sum() >= VOTES:
            return np.asarray(embeddings[begin : end + 1][fires[begin : end + 1]].mean(axis=0), np.float32)
    return None


def cry_in_a_room(rng: np.random.Generator, split: str = "train") -> Samples:
    """Ten seconds with one cry."""
    clips = load_pool(split).cry_group(rng)
    parts = crying_parts(clips[rng.integers(len(clips))])
    return staged(rng, parts[rng.integers(len(parts))], split)


def reference(classifier: Classifier, threshold: float, count: int = 256) -> NDArray[np.float16]:
    """(up to `count`, EMBEDDING) of train cries that raise the alarm."""
    found = []
    for index in tqdm(range(count * 2), desc="reference cries", unit="cry", leave=False):
        sound = cry_in_a_room(np.random.default_rng([SEED, index]))
        embedding = at_alarm(*scores_and_embeddings(classifier, sound), threshold)
        if embedding is not None:
            found.append(embedding)
    return np.array(found[:count], np.float16)
