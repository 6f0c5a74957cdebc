"""Scores that mean probability: Platt's scaling on val scenes, and whether isotonic regression would do better.

A score says how likely it is that a baby cried within the last second, in rooms where one cries as often as in the val
scenes (about a sixth of the time the network hears): far more often than at night, less often than at an alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import HOP_S
from training.labels import ENOUGH, LOOK
from training.metrics import Scores, window_ends_s
from training.scenes import Scene

Truth = NDArray[np.bool_]
LOOK_S = LOOK / 16000


@dataclass(frozen=True, slots=True)
class Hops:
    """Hops of one scene whose truth is clear."""

    logits: NDArray[np.float64]
    truth: Truth


def logit(score: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Inverse of the sigmoid, finite."""
    clipped = np.clip(np.asarray(score, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + e^-x)."""
    return np.asarray(1 / (1 + np.exp(-logits)))


def clear_hops(scores: Scores, scene: Scene) -> Hops:
    """Hops inside of a cry and hops far from any; the edges, and cries below the bed, say nothing."""
    ends_s = window_ends_s(len(scores))
    inside, near = np.zeros(len(ends_s), bool), np.zeros(len(ends_s), bool)
    for cry in scene.cries:
        begun = (ends_s >= cry.onset_s + LOOK_S * ENOUGH + HOP_S) & (ends_s <= cry.offset_s)
        inside |= begun & (cry.snr_db >= 0)
        near |= (ends_s > cry.onset_s) & (ends_s < cry.offset_s + 2)
    kept = inside | ~near
    return Hops(logit(scores[kept]), inside[kept])


def pooled(hops: Sequence[Hops]) -> Hops:
    """Of all scenes."""
    return Hops(np.concatenate([one.logits for one in hops]), np.concatenate([one.truth for one in hops]))


def likeliest_line(logits: NDArray[np.float64], truth: Truth) -> tuple[float, float]:
    """Slope and shift of the logistic regression of truth on logits (Platt's scaling), by Newton's method."""
    inputs = np.stack([logits, np.ones_like(logits)], axis=1)
    line = np.array([1.0, 0.0])
    for _ in range(40):
        probability = sigmoid(inputs @ line)
        gradient = inputs.T @ (probability - truth)
        curvature = (inputs * (probability * (1 - probability))[:, None]).T @ inputs
        line -= np.linalg.solve(curvature + 1e-6 * np.eye(2), gradient)
    return float(line[0]), float(line[1])


def log_loss(probability: NDArray[np.float64], truth: Truth) -> float:
    """Mean negative logarithm of the probability given to what was true."""
    likely = np.clip(np.where(truth, probability, 1 - probability), 1e-6, 1)
    return float(-np.log(likely).mean())


def reliability(probability: NDArray[np.float64], truth: Truth, bins: int = 10) -> list[dict[str, float]]:
    """By tenths of the score: how many hops, their mean score, and how often there was a cry."""
    index = np.minimum((probability * bins).astype(int), bins - 1)
    return [
        {
            "hops": int((index == i).sum()),
            "score": float(probability[index == i].mean()),
            "cries": float(truth[index == i].mean()),
        }
        for i in range(bins)
        if np.any(index == i)
    ]


def expected_error(table: Sequence[dict[str, float]]) -> float:
    """Expected calibration error: how far score and frequency are apart, weighted by hops."""
    total = sum(row["hops"] for row in table)
    return float(sum(row["hops"] * abs(row["score"] - row["cries"]) for row in table) / total)


def compared(hops: Sequence[Hops]) -> dict[str, float]:
    """Log loss of each method on the half of the scenes that it was not fitted to."""
    from sklearn.isotonic import IsotonicRegression

    halves = pooled(hops[0::2]), pooled(hops[1::2])
    losses: dict[str, list[float]] = {"none": [], "Platt": [], "isotonic": []}
    for fitted, judged in (halves, halves[::-1]):
        slope, shift = likeliest_line(fitted.logits, fitted.truth)
        stairs = IsotonicRegression(out_of_bounds="clip").fit(fitted.logits, fitted.truth)
        losses["none"].append(log_loss(sigmoid(judged.logits), judged.truth))
        losses["Platt"].append(log_loss(sigmoid(slope * judged.logits + shift), judged.truth))
        losses["isotonic"].append(log_loss(stairs.predict(judged.logits), judged.truth))
    return {name: round(float(np.mean(both)), 4) for name, both in losses.items()}


def calibration(hops: Sequence[Hops]) -> dict[str, Any]:
    """Platt's line, what it changes, and what else was tried."""
    every = pooled(hops)
    slope, shift = likeliest_line(every.logits, every.truth)
    tables = {
        "before": reliability(sigmoid(every.logits), every.truth),
        "after": reliability(sigmoid(slope * every.logits + shift), every.truth),
    }
    return {
        "slope": round(slope, 4),
        "shift": round(shift, 4),
        "share_of_cries": round(float(every.truth.mean()), 4),
        "log_loss": compared(hops),
        "expected_error": {name: round(expected_error(table), 4) for name, table in tables.items()},
        "reliability": tables,
    }
