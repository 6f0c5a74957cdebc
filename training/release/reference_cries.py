"""Reference cries: embeddings of genuine cries, which feedback must not teach the verifier to reject.

They ship with the model. Each is a degraded train clip at the hop where it raises the alarm.
"""

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.scoring import Classifier
from training.model.alarm_embedding import at_alarm
from training.model.streaming import scores_and_embeddings
from training.synthesis.degraded_clip import degraded_cry

SEED = 31


def reference_embeddings(classifier: Classifier, threshold: float, count: int = 256) -> NDArray[np.float16]:
    """Embeddings (at most `count`, EMBEDDING) of train cries that raise the alarm at `threshold`."""
    found = []
    for index in tqdm(range(count * 2), desc="reference cries", unit="cry", leave=False):
        sound = degraded_cry(np.random.default_rng([SEED, index]))
        embedding = at_alarm(*scores_and_embeddings(classifier, sound), threshold)
        if embedding is not None:
            found.append(embedding)
    return np.array(found[:count], np.float16)
