"""Reference cries of the second opinion: what it hears of genuine cries, in the directions in which they differ most.

They are the cries of `training.release.reference_cries`: degraded train clips, at the hops that raise the alarm. The
network's 384 channels are projected on the principal components of these cries, whose 64 numbers the file for the
device gives beside the logit.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP, HOP_FRAMES
from babycryd.detect.features import LEAST_HOPS
from babycryd.detect.scoring import EMBEDDING, Classifier
from babycryd.detect.second_features import MELS, network_input
from babycryd.detect.second_opinion import QUIETEST_PEAK, WINDOW_HOPS
from training.data.recordings import Samples
from training.evaluation.second_opinion import scene_energies
from training.model.alarm_embedding import VOTERS, VOTES
from training.model.mn04_network import Directions
from training.model.streaming import scores_and_embeddings
from training.release.reference_cries import SEED
from training.synthesis.degraded_clip import degraded_cry

COUNT: Final = 256

Floats = NDArray[np.float32]


def alarm_hops(scores: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Indices of the scores that vote for the first alarm; empty without one."""
    fires = scores >= threshold
    for end in range(len(scores)):
        voting = np.flatnonzero(fires[max(0, end - VOTERS + 1) : end + 1]) + max(0, end - VOTERS + 1)
        if len(voting) >= VOTES:
            return voting
    return np.zeros(0, np.int64)


def alarm_windows(classifier: Classifier, sound: Samples, threshold: float) -> Floats:
    """(n, MELS, frames) of the windows that end with the hops of a sound's first alarm; n is 0 without one."""
    hops = alarm_hops(scores_and_embeddings(classifier, sound)[0], threshold) + LEAST_HOPS
    before = np.zeros((WINDOW_HOPS, HOP_FRAMES, MELS), np.float32)
    energies = np.concatenate([before, scene_energies(sound)])
    peaks = np.abs(sound[: len(sound) // HOP * HOP]).reshape(-1, HOP).max(axis=1)
    windows = [
        network_input(
            energies[end : end + WINDOW_HOPS].reshape(-1, MELS),
            max(QUIETEST_PEAK, float(peaks[max(0, end - WINDOW_HOPS) : end].max())),
        )
        for end in hops
    ]
    return np.stack(windows) if windows else np.zeros((0, MELS, WINDOW_HOPS * HOP_FRAMES), np.float32)


def heard_cries(classifier: Classifier, network: Any, threshold: float, count: int = COUNT) -> Floats:
    """(at most `count`, 384) mean channels of mn04 in Keras at the alarms of train cries."""
    found = list[Floats]()
    for index in tqdm(range(count * 2), desc="reference cries", unit="cry", leave=False):
        windows = alarm_windows(classifier, degraded_cry(np.random.default_rng([SEED, index])), threshold)
        if len(windows):
            found.append(np.asarray(network(windows[..., None], training=False)[1]).mean(axis=0))
        if len(found) == count:
            break
    return np.array(found)


def directions_of(cries: Floats) -> Directions:
    """The EMBEDDING principal components of the cries, (n, 384)."""
    mean = cries.mean(axis=0)
    kernel = np.linalg.svd(cries - mean, full_matrices=False)[2][:EMBEDDING].T
    return Directions(np.ascontiguousarray(kernel), -mean @ kernel)
