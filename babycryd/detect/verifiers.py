"""Verifiers of both stages: what the owner marked is told from cries by what either network heard of it.

The second opinion knows more kinds of sound than the classifier, and tells a marked cat from a baby where that cannot:
docs/decisions/0015-learning-the-home.md has the figures. It learns from marks alone, and only holds back. Both have the
bounds of `verifier`, each over the reference cries as its own network hears them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.verifier import HomeExample, Mark, Verifier


class Verifiers:
    """Verifier of the classifier's embeddings, and where there is a second opinion, one of that's."""

    def __init__(self, reference: NDArray[np.floating], second: NDArray[np.floating] | None = None) -> None:
        """`reference`: embeddings of genuine cries, (n, EMBEDDING); `second`: those of the second opinion."""
        self._first = Verifier(reference)
        self._second = None if second is None else Verifier(second)

    def fit(self, marks: Sequence[Mark], home: Sequence[HomeExample] = ()) -> None:
        """Learn from all marks of the owner and all sounds of the home; replaces the earlier fit."""
        self._first.fit(marks, home)
        if self._second is not None:
            self._second.fit([Mark(one.second, cry=one.cry) for one in marks if one.second is not None])

    def rejects(self, embedding: NDArray[np.floating], second: NDArray[np.floating] | None = None) -> bool:
        """Return whether a candidate, (EMBEDDING,), is like what was no cry, and unlike cries, for either network.

        `second`: the candidate as the second opinion heard it; None where it did not.
        """
        if self._first.rejects(embedding):
            return True
        return second is not None and self._second is not None and self._second.rejects(second)

    def bias(self, embedding: NDArray[np.floating]) -> float:
        """Return by how much the threshold is lowered for a candidate, (EMBEDDING,): logit, 0..HIGHEST_BIAS."""
        return self._first.bias(embedding)
