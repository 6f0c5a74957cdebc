"""Calibration of scores to probabilities: Platt scaling on val scenes, compared with isotonic regression.

A calibrated score is the probability that a baby cried within the last second, in a home where a baby cries half an
hour a day and other sounds are as frequent as in the val scenes, which is far more than at night. In the scenes a baby
cries for a sixth of the time, so hops are weighted (prior correction, Elkan, 2001) until cries have the share PRIOR.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_S
from training.data.labels import LABEL_WINDOW, MIN_CRY_SHARE
from training.evaluation.metrics import Scores, window_ends_s
from training.evaluation.scoring import VotedScene
from training.synthesis.scenes import Scene

Truth = NDArray[np.bool_]
Weights = NDArray[np.float64]
LABEL_WINDOW_S = LABEL_WINDOW / 16000
PRIOR: Final = 0.02  # share of the time in which a baby cries: half an hour a day


@dataclass(frozen=True, slots=True)
class LabelledHops:
    """Logits and truth of the hops whose truth is unambiguous."""

    logits: NDArray[np.float64]
    truth: Truth


def logit(score: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Inverse of the sigmoid; scores are clipped so that it is finite."""
    clipped = np.clip(np.asarray(score, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic function 1 / (1 + e^-x)."""
    return np.asarray(1 / (1 + np.exp(-logits)))


def unambiguous(count: int, scene: Scene | VotedScene) -> tuple[Truth, Truth]:
    """(count,) whether a hop is within a cry at 0 dB or more, and whether that is certain.

    Edges of cries and fainter cries are not certain.
    """
    ends_s = window_ends_s(count)
    inside, near = np.zeros(len(ends_s), bool), np.zeros(len(ends_s), bool)
    for cry in scene.cries:
        begun = (ends_s >= cry.onset_s + LABEL_WINDOW_S * MIN_CRY_SHARE + HOP_S) & (ends_s <= cry.offset_s)
        inside |= begun & (cry.snr_db >= 0)
        near |= (ends_s > cry.onset_s) & (ends_s < cry.offset_s + 2)
    return inside, inside | ~near


def unambiguous_hops(scores: Scores, scene: Scene | VotedScene) -> LabelledHops:
    """Hops whose truth is certain."""
    inside, kept = unambiguous(len(scores), scene)
    return LabelledHops(logit(scores[kept]), inside[kept])


def concatenated(hops: Sequence[LabelledHops]) -> LabelledHops:
    """Hops of all scenes in one."""
    return LabelledHops(np.concatenate([one.logits for one in hops]), np.concatenate([one.truth for one in hops]))


def prior_weights(truth: Truth, prior: float = PRIOR) -> Weights:
    """Weights of the hops that sum to 1, with a sum of `prior` for cries."""
    share = float(truth.mean())
    return np.where(truth, prior / share, (1 - prior) / (1 - share)) / len(truth)


def platt_scaling(logits: NDArray[np.float64], truth: Truth, weights: Weights) -> tuple[float, float]:
    """Slope and shift of the weighted logistic regression of truth on logits (Platt, 1999), by Newton's method.

    It begins with the flattest line, from which no step leads beyond the scores.
    """
    inputs = np.stack([logits, np.ones_like(logits)], axis=1)
    line = np.zeros(2)
    for _ in range(40):
        probability = sigmoid(inputs @ line)
        gradient = inputs.T @ (weights * (probability - truth))
        curvature = (inputs * (weights * probability * (1 - probability))[:, None]).T @ inputs
        line -= np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
    return float(line[0]), float(line[1])


def log_loss(probability: NDArray[np.float64], truth: Truth, weights: Weights) -> float:
    """Weighted mean of the negative logarithm of the probability of the truth."""
    likely = np.clip(np.where(truth, probability, 1 - probability), 1e-6, 1)
    return float(np.average(-np.log(likely), weights=weights))


def reliability(
    probability: NDArray[np.float64], truth: Truth, weights: Weights, bins: int = 10
) -> list[dict[str, float]]:
    """Reliability table by tenths of the score: hops, their share, mean score, share of cries."""
    index = np.minimum((probability * bins).astype(int), bins - 1)
    return [
        {
            "hops": int(here.sum()),
            "share": float(weights[here].sum()),
            "score": float(np.average(probability[here], weights=weights[here])),
            "cries": float(np.average(truth[here], weights=weights[here])),
        }
        for here in (index == i for i in range(bins))
        if here.any()
    ]


def expected_error(table: Sequence[dict[str, float]]) -> float:
    """Expected calibration error: difference of score and share of cries, weighted by share."""
    return float(sum(row["share"] * abs(row["score"] - row["cries"]) for row in table))


def cross_validated_losses(hops: Sequence[LabelledHops]) -> dict[str, float]:
    """Log loss of each calibration method, fitted to one half of the scenes and judged on the other."""
    from sklearn.isotonic import IsotonicRegression

    halves = concatenated(hops[0::2]), concatenated(hops[1::2])
    losses: dict[str, list[float]] = {"none": [], "Platt": [], "isotonic": []}
    for fitted, judged in (halves, halves[::-1]):
        weights, theirs = prior_weights(fitted.truth), prior_weights(judged.truth)
        slope, shift = platt_scaling(fitted.logits, fitted.truth, weights)
        stairs = IsotonicRegression(out_of_bounds="clip").fit(fitted.logits, fitted.truth, weights)
        losses["none"].append(log_loss(sigmoid(judged.logits), judged.truth, theirs))
        losses["Platt"].append(log_loss(sigmoid(slope * judged.logits + shift), judged.truth, theirs))
        losses["isotonic"].append(log_loss(stairs.predict(judged.logits), judged.truth, theirs))
    return {name: round(float(np.mean(both)), 4) for name, both in losses.items()}


def calibration(hops: Sequence[LabelledHops]) -> dict[str, Any]:
    """Slope and shift of the calibration, with its log loss, error and reliability before and after."""
    every = concatenated(hops)
    weights = prior_weights(every.truth)
    slope, shift = platt_scaling(every.logits, every.truth, weights)
    tables = {
        "before": reliability(sigmoid(every.logits), every.truth, weights),
        "after": reliability(sigmoid(slope * every.logits + shift), every.truth, weights),
    }
    return {
        "slope": round(slope, 4),
        "shift": round(shift, 4),
        "prior": PRIOR,
        "share_of_cries_in_scenes": round(float(every.truth.mean()), 4),
        "log_loss": cross_validated_losses(hops),
        "expected_error": {name: round(expected_error(table), 4) for name, table in tables.items()},
        "reliability": tables,
    }
