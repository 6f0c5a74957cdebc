"""Figures that reports rest on, on examples small enough to check by hand."""

import numpy as np
import pytest

from babycryd.audio.format import HOP_S
from training.evaluation import metrics
from training.model import ranking


def test_auc_counts_pairs_and_ties_half() -> None:
    assert ranking.auc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == pytest.approx(3.5 / 4)


def test_average_precision_of_a_known_order() -> None:
    assert ranking.average_precision(np.array([0.9, 0.2]), np.array([0.5])) == pytest.approx((1 + 2 / 3) / 2)


def test_a_vote_is_the_third_largest_of_the_last_five() -> None:
    scores = np.array([0.9, 0.1, 0.8, 0.7, 0.0, 0.6])
    assert metrics.vote_scores(scores) == pytest.approx([0, 0, 0.1, 0.7, 0.7, 0.6])


def test_a_cry_found_late_and_a_false_alarm_elsewhere() -> None:
    voted = np.zeros(200)
    voted[[20, 21, 100, 101]] = 0.9
    ends_s = metrics.window_ends_s(200)
    figures = metrics.judge_scene(voted, [(ends_s[15], ends_s[30])], duration_s=48.0, threshold=0.5)
    assert figures.latencies_s == pytest.approx((5 * HOP_S,))
    assert figures.false_alarms_s == pytest.approx((ends_s[100],))


def test_a_missed_cry_has_no_latency_and_one_long_false_alarm_is_one() -> None:
    voted = np.zeros(200)
    voted[50:90] = 0.9
    figures = metrics.judge_scene(voted, [(1.0, 3.0)], duration_s=48.0, threshold=0.5)
    assert figures.latencies_s == (None,)
    assert len(figures.false_alarms_s) == 1


def test_the_interval_holds_the_mean() -> None:
    low, high = metrics.bootstrap([0.0, 1.0] * 50, lambda drawn: float(np.mean(drawn)))
    assert low < 0.5 < high
    assert high - low < 0.25


def test_the_interval_of_a_share_is_wide_where_little_was_counted() -> None:
    assert metrics.share_interval(0, 30) == pytest.approx((0.0, 0.1135), abs=1e-4)
    assert metrics.share_interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert metrics.share_interval(30, 30)[1] == 1.0
