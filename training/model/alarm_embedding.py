"""Embedding of an alarm, as the verifier sees it: the mean over the hops that vote for a cry."""

import numpy as np
from numpy.typing import NDArray

VOTES, VOTERS = 3, 5  # an alarm needs 3 of 5 hops


def at_alarm(
    scores: NDArray[np.float64], embeddings: NDArray[np.float32], threshold: float, first: int = 0
) -> NDArray[np.float32] | None:
    """Mean embedding (EMBEDDING,) of the hops that vote for the first alarm from hop `first` on; None without alarm."""
    fires = scores >= threshold
    for end in range(first, len(scores)):
        begin = max(0, end - VOTERS + 1)
        if fires[begin : end + 1].sum() >= VOTES:
            return np.asarray(embeddings[begin : end + 1][fires[begin : end + 1]].mean(axis=0), np.float32)
    return None
