"""Verifiers of both stages: what the owner marked is told from cries by what the networks heard of it.

The second opinion knows more kinds of sound than the classifier, and tells a marked cat from a baby where that cannot:
docs/decisions/0015-learning-the-home.md has the figures. So where it has heard a sound, the marks that it has heard are
its own to judge, and the classifier, whose bounds they would use up for little, has only the others and the home. The
bounds are those of `verifier`, each over the reference cries as its own network hears them.

The second opinion does not know this baby, but the classifier's verifier does: what that favours by SURELY_THE_BABY is
never held back for a mark. Where it knows the baby, LEAST_BOLD marks are enough to use the bounds up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.verifier import HomeExample, Mark, Verifier

LEAST_BOLD: Final = 3  # marks "false" that the second opinion has heard
SURELY_THE_BABY: Final = 0.5  # logit by which the threshold is lowered for a sound


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
            heard = [Mark(one.second, cry=one.cry) for one in marks if one.second is not None]
            self._beside.first.fit([one for one in marks if one.second is None or one.cry], home)
            bold = self._beside.first.knows_the_baby and sum(not one.cry for one in heard) >= LEAST_BOLD
            self._beside.second.fit(heard, boldly=bold)

    def rejects(self, embedding: NDArray[np.floating], second: NDArray[np.floating] | None = None) -> bool:
        """Return whether a candidate, (EMBEDDING,), is like what was no cry, and unlike cries.

        `second`: the candidate as the second opinion heard it; None where it did not.
        """
        if second is None or self._beside is None:
            return self._first.rejects(embedding)
        if self._beside.first.rejects(embedding):
            return True
        return self._beside.second.rejects(second) and self._beside.first.bias(embedding) < SURELY_THE_BABY

    def bias(self, embedding: NDArray[np.floating]) -> float:
        """Return by how much the threshold is lowered for a candidate, (EMBEDDING,): logit, 0..HIGHEST_BIAS."""
        return self._first.bias(embedding)
