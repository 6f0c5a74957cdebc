"""Soft labels follow the teacher, the level and the mask."""

import numpy as np
import pytest

from training import labels
from training.data import Clip
from training.teacher import CURVE_HOP, LEAD, Curve

SURE = Clip("a.flac", "cry", "train", "g", "set", "", "CC0", 4.0, 1.0)
STARTS = labels.window_starts(998)
LOUD = np.random.default_rng(0).standard_normal(64_000).astype(np.float32) * np.float32(0.3)


def curve(score: float) -> Curve:
    return np.full((len(LOUD) + LEAD) // CURVE_HOP + 1, score, np.float32)


def window_at(seconds: float) -> int:
    return int(np.argmin(np.abs(STARTS - seconds * 16000)))


def test_a_window_the_teacher_hears_follows_its_score() -> None:
    soft = labels.of_clip(SURE, curve(0.5), LOUD, 48_000, 1.0, STARTS)
    assert soft[window_at(4.5)] == pytest.approx([0.8, 1.0])


def test_a_loud_window_the_teacher_misses_counts_a_little() -> None:
    soft = labels.of_clip(SURE, curve(0.0), LOUD, 48_000, 1.0, STARTS)
    assert soft[window_at(4.5)] == pytest.approx([0.6, 0.25])


def test_where_the_clip_is_not_is_a_sure_negative() -> None:
    soft = labels.of_clip(SURE, curve(0.9), LOUD, 48_000, 1.0, STARTS)
    assert soft[window_at(0.5)] == pytest.approx([0.0, 1.0])


def test_a_masked_cry_has_no_say() -> None:
    cry, starts = np.zeros(160_000, np.float32), STARTS
    cry[48_000:112_000] = LOUD * 0.01
    soft = labels.of_clip(SURE, curve(0.9), LOUD, 48_000, 1.0, starts)
    noise = np.random.default_rng(1).standard_normal(160_000).astype(np.float32)
    assert labels.as_audible(soft, cry, noise, starts)[window_at(4.5), 1] == 0
    assert labels.as_audible(soft, cry, noise * np.float32(1e-4), starts)[window_at(4.5), 1] == 1


def test_of_two_clips_the_cry_wins_and_doubt_stays_doubt() -> None:
    silent, crying, unsure = np.array([[0.0, 1.0]]), np.array([[0.9, 1.0]]), np.array([[0.0, 0.0]])
    assert labels.together([silent, crying], 1)[0] == pytest.approx([0.9, 1.0])
    assert labels.together([silent, unsure], 1)[0] == pytest.approx([0.0, 0.0])
    assert labels.together([], 1)[0] == pytest.approx([0.0, 1.0])
