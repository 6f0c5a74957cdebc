"""Verifiers of both stages: what the owner marked is told from cries by what the networks heard of it.

The second opinion knows more kinds of sound than the classifier, and tells a marked cat from a baby where that cannot:
docs/decisions/0015-learning-the-home.md has the figures. So where it has heard a sound, the marks that it has heard are
its own to judge, and the classifier, whose bounds they would use up for little, has only the others and the home. The
bounds are those of `verifier`, each over the reference cries as its own network hears them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.verifier import HomeExample, Mark, Verifier


@dataclass(frozen=True, slots=True)
class _Beside:
    """Verifiers of sounds that the second opinion has heard."""

    second: Verifier  # of its embeddings: the marks that it has heard
    first: Verifier  # of the classifier's: all else


class Verifiers:
    """Verifier of the classifier's embeddings, and where there is a second opinion, one of that's."""

    def __init__(self, reference: NDArray[np.floating], second: NDArray[np.floating] | None = None) -> None:
        """`reference`: embeddings of genuine cries, (n, EMBEDDING); `second`: those of the second opinion."""
        self._first = Verifier(reference)
        self._beside = None if second is None else _Beside(Verifier(second), Verifier(reference))

    def fit(self, marks: Sequence[Mark], home: Sequence[HomeExample] = ()) -> None:
        """Learn from all marks of the owner and all sounds of the home; replaces the earlier fit."""
        self._first.fit(marks, home)
        if self._beside is not None:
            self._beside.second.fit([Mark(one.second, cry=one.cry) for one in marks if one.second is not None])
            self._beside.first.fit([one for one in marks if one.second is None or one.cry], home)

    def rejects(self, embedding: NDArray[np.floating], second: NDArray[np.floating] | None = None) -> bool:
        """Return whether a candidate, (EMBEDDING,), is like what was no cry, and unlike cries.

        `second`: the candidate as the second opinion heard it; None where it did not.
        """
        if second is None or self._beside is None:
            return self._first.rejects(embedding)
        return self._beside.second.rejects(second) or self._beside.first.rejects(embedding)

    def bias(self, embedding: NDArray[np.floating]) -> float:
        """Return by how much the threshold is lowered for a candidate, (EMBEDDING,): logit, 0..HIGHEST_BIAS."""
        return self._first.bias(embedding)
