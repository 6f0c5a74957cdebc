"""Soft labels: what a window of a placed cry clip should score, and how sure we are of it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import FRAME_HOP, HOP_FRAMES, WINDOW_FRAMES, WINDOW_SAMPLES
from training.augment import db, window_power
from training.data import CRY_LABELS, Clip, Samples
from training.teacher import Curve, at_positions

LABEL_HOP_FRAMES = HOP_FRAMES // 2  # windows of a segment are labelled every 0.12 s

HEARD: Final = 0.2  # teacher score from which a human-labelled cry counts as heard
LOUD_DB: Final = -15.0  # against the clip's own loud windows
SILENT_DB: Final = -30.0
MASKED_DB: Final = -12.0  # cry against everything else, below which nobody could tell
FAINT_DB: Final = -5.0

Soft = NDArray[np.float64]  # (windows, 2): target 0..1 and weight 0..1


def window_starts(n_frames: int) -> NDArray[np.int64]:
    """First samples of the labelled windows of a segment with `n_frames` complete frames."""
    return np.arange((n_frames - WINDOW_FRAMES) // LABEL_HOP_FRAMES + 1) * LABEL_HOP_FRAMES * FRAME_HOP


def of_clip(clip: Clip, curve: Curve, placed: Samples, at: int, speed: float, starts: NDArray[np.int64]) -> Soft:
    """Labels of the windows at `starts`, by one clip played `speed` times as fast from sample `at` on.

    `placed` is the clip as played, dry. Heard by the teacher: 0.6 + 0.4 of its score. Loud but
    unheard: 0.6 at a quarter of the weight. Silence between cries: 0. In between: no opinion.
    """
    score = at_positions(curve, (starts - at) * speed)
    power = window_power(placed, np.clip(starts - at, -WINDOW_SAMPLES, len(placed)))
    level_db = db(power) - db(np.percentile(power[power > 0], 90) if np.any(power > 0) else 1.0)
    cover = np.clip(np.minimum(starts + WINDOW_SAMPLES, at + len(placed)) - np.maximum(starts, at), 0, WINDOW_SAMPLES)
    human = clip.label in CRY_LABELS
    heard = score >= (HEARD if human else 0.3)
    loud = ~heard & (level_db > LOUD_DB) & (cover > 0.4 * WINDOW_SAMPLES)
    silent = ~heard & ((level_db < SILENT_DB) | (cover == 0))
    target = np.select([heard, loud], [0.6 + 0.4 * score, 0.6], 0.0)
    weight = np.select([heard, loud, silent], [1.0 if human else 0.5, 0.25 if human else 0.0, 1.0], 0.0)
    return np.stack([target, weight], axis=1)


def together(labels: list[Soft], n_windows: int) -> Soft:
    """Several clips in one segment: a cry in any is a cry, and doubt about any is doubt."""
    if not labels:
        return np.tile([0.0, 1.0], (n_windows, 1))
    stacked = np.stack(labels)
    target, weight = stacked[:, :, 0].max(axis=0), stacked[:, :, 1]
    loudest = np.take_along_axis(weight, stacked[:, :, 0].argmax(axis=0)[None], axis=0)[0]
    return np.stack([target, np.where(target > 0, loudest, weight.min(axis=0))], axis=1)


def as_audible(soft: Soft, cry: Samples, rest: Samples, starts: NDArray[np.int64]) -> Soft:
    """Labels after the room: what is masked carries no weight, nor does the reverberation after a cry."""
    snr_db = db(window_power(cry, starts)) - db(window_power(rest, starts))
    target, weight = soft[:, 0], soft[:, 1].copy()
    positive = target > 0
    weight[positive & (snr_db < FAINT_DB)] *= 0.3
    weight[positive & (snr_db < MASKED_DB)] = 0
    weight[~positive & (snr_db > FAINT_DB) & (db(window_power(cry, starts)) > -90)] = 0
    return np.stack([target, weight], axis=1)
