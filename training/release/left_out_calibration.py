"""Calibration judged by cross-validation: each family of sounds, and some babies with it, are left out of the fit once.

A calibration that is fitted to the sounds it is judged on looks better than it is. Here the line is fitted to the hops
of all other families and babies, and judged on those that it has not met. Hops in which only the bed sounds are left
out by scene.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.distractor_families import family_of
from training.evaluation.metrics import Scores, window_ends_s
from training.evaluation.report import BLAME_S
from training.evaluation.scoring import VotedScene
from training.release.calibrate import (
    Truth,
    expected_error,
    log_loss,
    logit,
    platt_scaling,
    prior_weights,
    reliability,
    sigmoid,
    unambiguous,
)

Lots = NDArray[np.int64]  # (n,) index of the family with which a hop is left out


@dataclass(frozen=True, slots=True)
class LottedHops:
    """Hops whose truth is certain, with the lot in which each is left out."""

    logits: NDArray[np.float64]
    truth: Truth
    lots: Lots
    families: tuple[str, ...]  # of each lot


@dataclass(frozen=True, slots=True)
class LeftOutCalibration:
    """Figures of a calibration on the hops it was fitted to, and on hops of sounds that it has not met."""

    log_loss_fitted: float
    log_loss_left_out: float
    expected_error_fitted: float
    expected_error_left_out: float
    worst_family: str  # whose log loss grows most where it is left out
    worst_growth: float


def _lots(scene: VotedScene, index: int, babies: Sequence[str], families: Sequence[str], truth: Truth) -> Lots:
    """Lot of every hop of the scene of this index."""
    ends_s = window_ends_s(len(truth))
    lots = np.full(len(truth), index % len(families))
    for one in scene.distractors:
        sounds = (ends_s >= one.at_s) & (ends_s <= one.at_s + one.duration_s + BLAME_S)
        lots[sounds] = families.index(family_of(one.kind))
    for cry in scene.cries:
        inside = (ends_s >= cry.onset_s) & (ends_s <= cry.offset_s) & truth
        lots[inside] = babies.index(cry.group) % len(families)
    return lots


def lotted_hops(scenes: Sequence[VotedScene], scores: Sequence[Scores]) -> LottedHops:
    """Hops of the scenes with their scores, 0..1, one a hop; a score of 0 is none and is left away."""
    families = tuple(sorted({family_of(one.kind) for scene in scenes for one in scene.distractors}))
    babies = sorted({cry.group for scene in scenes for cry in scene.cries})
    logits, truths, lots = [], [], []
    for index, (scene, of_scene) in enumerate(zip(scenes, scores, strict=True)):
        truth, certain = unambiguous(len(of_scene), scene)
        kept = certain & (logit(of_scene) > logit(0.0))
        logits.append(logit(of_scene[kept]))
        truths.append(truth[kept])
        lots.append(_lots(scene, index, babies, families, truth)[kept])
    return LottedHops(np.concatenate(logits), np.concatenate(truths), np.concatenate(lots), families)


def left_out_calibration(hops: LottedHops) -> LeftOutCalibration:
    """Judge Platt scaling on every lot, fitted to all others."""
    weights = prior_weights(hops.truth)
    slope, shift = platt_scaling(hops.logits, hops.truth, weights)
    fitted, unmet = sigmoid(slope * hops.logits + shift), np.zeros(len(hops.truth))
    growth = {}
    for number, family in enumerate(hops.families):
        left = hops.lots == number
        if not left.any():
            continue
        others = prior_weights(hops.truth[~left])
        slope, shift = platt_scaling(hops.logits[~left], hops.truth[~left], others)
        unmet[left] = sigmoid(slope * hops.logits[left] + shift)
        before, after = (log_loss(some[left], hops.truth[left], weights[left]) for some in (fitted, unmet))
        growth[family] = after - before
    worst = max(growth, key=lambda family: growth[family])
    return LeftOutCalibration(
        log_loss(fitted, hops.truth, weights),
        log_loss(unmet, hops.truth, weights),
        expected_error(reliability(fitted, hops.truth, weights)),
        expected_error(reliability(unmet, hops.truth, weights)),
        worst,
        growth[worst],
    )
