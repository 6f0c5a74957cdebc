"""Verifier: a small logistic regression on the classifier's embeddings, fitted to the owner's marks of earlier alarms.

Without marks it rejects nothing. With marks it rejects at most FLOOR of the reference cries shipped with the model, and
no sound that is at least as much like a cry as one that the owner marked true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Embeddings = NDArray[np.float64]  # (n, EMBEDDING)

FLOOR: Final = 0.02  # share of the reference cries that may be rejected at most
_REFERENCE_WEIGHT: Final = 10.0  # of all reference cries together, against 1 for each mark "false"
_TRUE_WEIGHT: Final = 3.0  # of each mark "true": a missed cry is worse than a false alarm
_RIDGE: Final = 1.0  # pulls towards "no change"; inputs have unit variance over the reference, divided by their number
_ROUNDING: Final = 1e-6  # a margin computed alone may differ in its last digits from one computed in a batch
_STEPS: Final = 15  # of Newton's method; it has converged after half of them


@dataclass(frozen=True, slots=True)
class Mark:
    """The owner's mark of one episode."""

    embedding: NDArray[np.floating]  # (EMBEDDING,) mean of the hops that voted for it
    cry: bool


class Verifier:
    """Verifier: fitted again from all marks whenever they change; `rejects` costs one dot product."""

    def __init__(self, reference: NDArray[np.floating]) -> None:
        """`reference`: embeddings of genuine cries, (n, EMBEDDING); never empty."""
        cries = np.asarray(reference, np.float64)
        self._mean = cries.mean(axis=0)
        self._scale = 1 / ((cries.std(axis=0) + 1e-3) * np.sqrt(cries.shape[1]))
        self._cries = self._normal(cries)
        self._line: NDArray[np.float64] | None = None  # (EMBEDDING + 1,), None: rejects nothing
        self._limit = np.inf

    def fit(self, marks: Sequence[Mark]) -> None:
        """Learn from all marks of the owner; replaces the earlier fit."""
        false, true = (self._embeddings([mark for mark in marks if mark.cry == cry]) for cry in (False, True))
        self._line = None
        if len(false) == 0:
            return
        inputs = np.concatenate((self._cries, true, false))
        truth = np.repeat((0.0, 0.0, 1.0), (len(self._cries), len(true), len(false)))
        parts = (_REFERENCE_WEIGHT / len(self._cries), _TRUE_WEIGHT, 1.0)
        weights = np.repeat(parts, (len(self._cries), len(true), len(false)))
        self._line = _logistic_regression(inputs, truth, weights)
        self._limit = self._rejection_limit(true)

    def rejects(self, embedding: NDArray[np.floating]) -> bool:
        """Return whether this candidate, (EMBEDDING,), is like those that the owner marked false and unlike cries."""
        if self._line is None:
            return False
        return bool(_margin(self._normal(embedding[None]), self._line)[0] > self._limit)

    def _rejection_limit(self, true: Embeddings) -> float:
        """Return the margin, 0 or more, above which at most FLOOR of the reference and no cry of the owner lie."""
        assert self._line is not None
        cries = np.sort(_margin(self._cries, self._line))
        limit = max(0.0, float(cries[-1 - int(FLOOR * len(cries))]))
        limit = max(limit, float(_margin(true, self._line).max())) if len(true) else limit
        return limit + _ROUNDING

    def _normal(self, embeddings: NDArray[np.floating]) -> Embeddings:
        return np.asarray((embeddings - self._mean) * self._scale, np.float64)

    def _embeddings(self, marks: Sequence[Mark]) -> Embeddings:
        return self._normal(np.array([mark.embedding for mark in marks]).reshape(-1, len(self._mean)))


def _margin(inputs: Embeddings, line: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(inputs @ line[:-1] + line[-1])


def _logistic_regression(
    inputs: Embeddings, truth: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights and, last, the intercept of a ridge-regularised logistic regression, by Newton's method."""
    rows = np.concatenate((inputs, np.ones((len(inputs), 1))), axis=1)
    ridge = np.full(rows.shape[1], _RIDGE)
    ridge[-1] = 1e-3  # the intercept is free
    line = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(rows @ line, -30, 30)))
        gradient = rows.T @ (weights * (probability - truth)) + ridge * line
        curvature = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows
        line -= np.linalg.solve(curvature + np.diag(ridge), gradient)
    return line
