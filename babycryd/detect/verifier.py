"""Verifier: a small logistic regression on the classifier's embeddings that knows this home's sounds.

It is fitted to the owner's marks of earlier alarms, and to sounds of the home that showed what they were. It may hold
back a vote for a sound like the home's other sounds, and lower the threshold for a sound like this baby's cries. Its
bounds hold for any marks and sounds, as its limits are set last:
- It rejects at most FLOOR of the reference cries shipped with the model, and of the baby's own cries at most FLOOR.
- It rejects no sound that is at least as much like a cry as one that the owner marked true.
- It lowers the threshold for at most FLOOR of the home's other sounds, and never by more than HIGHEST_BIAS.
Without marks and sounds it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Embeddings = NDArray[np.float64]  # (n, EMBEDDING)
Margins = NDArray[np.float64]  # (n,) logit of being a cry, by the regression

FLOOR: Final = 0.01  # share that may be rejected, of the reference cries and of the baby's own, or favoured, of others
PART_FLOOR: Final = 0.05  # share of the parts of the baby's own cries that may be rejected
HIGHEST_BIAS: Final = 1.5  # logit by which the threshold may be lowered
LEAST_CRIES: Final = 5  # of the baby, before the threshold is lowered
LEAST_OTHERS: Final = 10  # the same of the home's other sounds, marks included
_REFERENCE_WEIGHT: Final = 10.0  # of all reference cries together, against 1 for each mark "false"
_TRUE_WEIGHT: Final = 3.0  # of each mark "true": a missed cry is worse than a false alarm
_HOME_WEIGHT: Final = 30.0  # of all the baby's own cries together at most, and of all other sounds
_RIDGE: Final = 1.0  # pulls towards "no change"; inputs have unit variance over the reference, divided by their number
_LARGEST: Final = 1e6  # input; far beyond the networks', so that a hostile file overflows nothing
_ROUNDING: Final = 1e-6  # a margin computed alone may differ in its last digits from one computed in a batch
_STEPS: Final = 15  # of Newton's method; it has converged after half of them


@dataclass(frozen=True, slots=True)
class Mark:
    """The owner's mark of one episode."""

    embedding: NDArray[np.floating]  # (EMBEDDING,) mean of the hops that voted for it
    cry: bool
    second: NDArray[np.floating] | None = None  # (EMBEDDING,) the same of the second opinion; None: it heard none


@dataclass(frozen=True, slots=True)
class HomeExample:
    """Part of a sound of this home that showed what it was, without a mark."""

    embedding: NDArray[np.floating]  # (EMBEDDING,)
    cry: str  # which cry of the baby it is part of; empty: it was not the baby
    weight: float = 1.0  # 0..1, less for what was heard long ago


class Verifier:
    """Verifier: fitted again from all marks and sounds whenever they change; a decision costs one dot product."""

    def __init__(self, reference: NDArray[np.floating]) -> None:
        """`reference`: embeddings of genuine cries, (n, EMBEDDING); never empty."""
        cries = np.asarray(reference, np.float64)
        self._mean = cries.mean(axis=0)
        self._scale = 1 / ((cries.std(axis=0) + 1e-3) * np.sqrt(cries.shape[1]))
        self._cries = self._normal(cries)
        self._line: NDArray[np.float64] | None = None  # (EMBEDDING + 1,), None: changes nothing
        self._reject_below = -np.inf  # margin
        self._favour_from = np.inf  # margin

    def fit(self, marks: Sequence[Mark], home: Sequence[HomeExample] = (), *, boldly: bool = False) -> None:
        """Learn from all marks of the owner and all sounds of the home; replaces the earlier fit.

        `boldly`: reject also what the regression itself takes for a cry, as far as the bounds permit.
        """
        false, true = (self._embeddings([mark for mark in marks if mark.cry == cry]) for cry in (False, True))
        cries, others = [one for one in home if one.cry], [one for one in home if not one.cry]
        self._line, self._reject_below, self._favour_from = None, -np.inf, np.inf
        if len(false) + len(others) == 0:
            return
        own, other = self._embeddings(cries), np.concatenate((self._embeddings(others), false))
        lots = (
            (self._cries, 1.0, np.full(len(self._cries), _REFERENCE_WEIGHT / len(self._cries))),
            (true, 1.0, np.full(len(true), _TRUE_WEIGHT)),
            (own, 1.0, _home_weights(cries)),
            (other, 0.0, np.concatenate((_home_weights(others), np.ones(len(false))))),
        )
        self._line = _logistic_regression(lots)
        if self._line is None:
            return
        highest = np.inf if boldly else 0.0
        self._reject_below = min(highest, self._rejection_limit(true, own, [one.cry for one in cries])) - _ROUNDING
        if len({one.cry for one in cries}) >= LEAST_CRIES and len(other) >= LEAST_OTHERS:
            self._favour_from = self._favour_limit(other)

    @property
    def knows_the_baby(self) -> bool:
        """Whether enough cries and other sounds of the home are known to favour what is like the baby's cries."""
        return bool(np.isfinite(self._favour_from))

    def rejects(self, embedding: NDArray[np.floating]) -> bool:
        """Return whether this candidate, (EMBEDDING,), is like the home's other sounds and unlike cries."""
        return self._line is not None and self._margin_of(embedding) < self._reject_below

    def bias(self, embedding: NDArray[np.floating]) -> float:
        """Return by how much the threshold is lowered for this candidate, (EMBEDDING,): logit, 0..HIGHEST_BIAS."""
        if self._line is None or not np.isfinite(self._favour_from):
            return 0.0
        return float(np.clip(self._margin_of(embedding) - self._favour_from, 0.0, HIGHEST_BIAS))

    def _rejection_limit(self, true: Embeddings, own: Embeddings, cry_of: Sequence[str]) -> float:
        """Return the margin below which no more cries lie than the bounds permit."""
        limits = [_lowest_but(FLOOR, self._margins(self._cries))]
        if len(true):
            limits.append(float(self._margins(true).min()))
        if len(own):
            margins = self._margins(own)
            limits += [_lowest_but(PART_FLOOR, margins), _lowest_but(FLOOR, _best_of_each(margins, cry_of))]
        return min(limits)

    def _favour_limit(self, other: Embeddings) -> float:
        """Return the margin, 0 or more, above which at most FLOOR of the home's other sounds lie."""
        return max(0.0, -_lowest_but(FLOOR, -self._margins(other))) + _ROUNDING

    def _margin_of(self, embedding: NDArray[np.floating]) -> float:
        return float(self._margins(self._normal(embedding[None]))[0])

    def _margins(self, inputs: Embeddings) -> Margins:
        assert self._line is not None
        return np.asarray(inputs @ self._line[:-1] + self._line[-1])

    def _normal(self, embeddings: NDArray[np.floating]) -> Embeddings:
        return np.asarray(np.clip((embeddings - self._mean) * self._scale, -_LARGEST, _LARGEST), np.float64)

    def _embeddings(self, some: Sequence[Mark] | Sequence[HomeExample]) -> Embeddings:
        return self._normal(np.array([one.embedding for one in some]).reshape(-1, len(self._mean)))


def _lowest_but(share: float, margins: Margins) -> float:
    """Return the lowest margin, after at most this share of them was left out."""
    return float(np.sort(margins)[int(share * len(margins))])


def _best_of_each(margins: Margins, cry_of: Sequence[str]) -> Margins:
    """Return the highest margin of each cry: a cry is rejected only if all its parts are."""
    best: dict[str, float] = {}
    for cry, margin in zip(cry_of, margins, strict=True):
        best[cry] = max(best.get(cry, -np.inf), float(margin))
    return np.array(list(best.values()))


def _home_weights(some: Sequence[HomeExample]) -> NDArray[np.float64]:
    weights = np.array([one.weight for one in some])
    return np.asarray(weights * min(1.0, _HOME_WEIGHT / max(float(weights.sum()), 1e-9)), np.float64)


def _logistic_regression(lots: Sequence[tuple[Embeddings, float, NDArray[np.float64]]]) -> NDArray[np.float64] | None:
    """Return the weights and, last, the intercept of a ridge-regularised logistic regression, by Newton's method.

    A lot holds inputs (n, EMBEDDING), their truth and their weights (n,). None: the inputs permit no solution.
    """
    inputs = np.concatenate([lot for lot, _, _ in lots])
    truth = np.repeat([true for _, true, _ in lots], [len(lot) for lot, _, _ in lots])
    weights = np.concatenate([each for _, _, each in lots])
    rows = np.concatenate((inputs, np.ones((len(inputs), 1))), axis=1)
    ridge = np.full(rows.shape[1], _RIDGE)
    ridge[-1] = 1e-3  # the intercept is free
    line = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(rows @ line, -30, 30)))
        gradient = rows.T @ (weights * (probability - truth)) + ridge * line
        curvature = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows
        try:
            line -= np.linalg.solve(curvature + np.diag(ridge), gradient)
        except np.linalg.LinAlgError:
            return None
    return line if np.isfinite(line).all() else None
