"""An operating curve counts what `recall_at_false_alarms` counts, and its interval holds its value."""

import numpy as np
import pytest

from training.evaluation.metrics import window_ends_s
from training.evaluation.operating_curve import curve_of
from training.evaluation.scoring import VotedScene, recall_at_false_alarms
from training.synthesis.scenes import CryEvent

WINDOWS = 1000  # 240 s


def scene(seed: int, lift: float) -> VotedScene:
    """Noise of scores; three cries of 10 s whose scores are `lift` higher."""
    rng = np.random.default_rng(seed)
    scores, ends_s = rng.uniform(0, 0.6, WINDOWS), window_ends_s(WINDOWS)
    cries = tuple(CryEvent(at_s, at_s + 10, 10.0, "baby", over_lullaby=False) for at_s in (20.0, 100.0, 180.0))
    for cry in cries:
        scores[(ends_s > cry.onset_s) & (ends_s < cry.offset_s)] += lift * rng.uniform()
    return VotedScene(scores, cries, (), 240.0)


@pytest.mark.parametrize("per_hour", [0.5, 4.0, 40.0])
def test_the_curve_agrees_with_the_recall_at_the_same_false_alarms(per_hour: float) -> None:
    scenes = [scene(seed, 0.4) for seed in range(12)]
    curve = curve_of(scenes)
    assert curve.recall(per_hour) == pytest.approx(recall_at_false_alarms(scenes, per_hour)[1], abs=0.03)
    low, high = curve.recall_interval(per_hour)
    assert low <= curve.recall(per_hour) <= high
    assert list(curve.thresholds) == sorted(curve.thresholds, reverse=True)
    assert curve.cries.tolist() == [3] * 12


def test_a_detector_gains_nothing_on_itself_and_a_better_one_gains() -> None:
    worse, better = (curve_of([scene(seed, lift) for seed in range(12)]) for lift in (0.2, 1.5))
    assert worse.gain_interval(worse, 4.0) == (0.0, 0.0)
    assert better.gain_interval(worse, 4.0)[0] > 0


def test_without_a_cry_over_the_loudest_false_alarm_the_recall_is_0() -> None:
    only_noise = VotedScene(np.linspace(0, 1, WINDOWS), scene(0, 0).cries, (), 240.0)
    curve = curve_of([only_noise])
    assert curve.recall(0.0) == 0.0
    assert curve.threshold(0.0) > only_noise.voted.max()


def test_the_threshold_of_a_rate_has_that_rate_at_most() -> None:
    scenes = [scene(seed, 0.4) for seed in range(12)]
    threshold = curve_of(scenes).threshold(40.0)
    assert 0 < sum(len(one.figures_at(threshold).false_alarms_s) for one in scenes) <= 40.0 * 12 * 240 / 3600


def test_cries_that_are_found_late_do_not_count_where_it_is_asked_how_soon() -> None:
    cry, voted = CryEvent(60.0, 80.0, 10.0, "baby", over_lullaby=False), np.zeros(WINDOWS)
    voted[(window_ends_s(WINDOWS) > 66) & (window_ends_s(WINDOWS) < 70)] = 0.9
    late = [VotedScene(voted, (cry,), (), 240.0)]
    assert curve_of(late).recall(0.0) == 1.0
    assert curve_of(late, 4.0).recall(0.0) == 0.0
    assert curve_of(late, 8.0).recall(0.0) == 1.0
