"""Trade-off over all thresholds at once: the same figures as threshold after threshold."""

import numpy as np
import pytest

from training.evaluation.scoring import VotedScene, cry_outcomes, false_alarms_per_hour, recall_of
from training.evaluation.tradeoff import Tradeoff, comparison, draws_of
from training.synthesis.scenes import CryEvent


def scenes(count: int = 6, gain: float = 1.0) -> list[VotedScene]:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(count):
        cries = tuple(CryEvent(at_s, at_s + 6, 10.0, "baby", over_lullaby=False) for at_s in (20.0, 70.0, 130.0))
        voted = rng.normal(size=900)
        for cry in cries:
            voted[int(cry.onset_s / 0.24) : int(cry.offset_s / 0.24)] += gain * rng.uniform(0, 4)
        found.append(VotedScene(voted, cries, (), 240.0))
    return found


@pytest.mark.parametrize("per_hour", [0.0, 5.0, 20.0, 60.0])
def test_a_point_is_what_the_scenes_say_at_its_threshold(per_hour: float) -> None:
    some = scenes()
    point = Tradeoff(some).at(per_hour)
    outcomes = cry_outcomes(some, point.threshold)
    assert false_alarms_per_hour(some, point.threshold) <= per_hour
    assert point.recall == pytest.approx(recall_of(outcomes))
    assert sorted(point.latencies_s) == pytest.approx(
        sorted(one.latency_s for one in outcomes if one.latency_s is not None)
    )


def test_more_false_alarms_never_cost_recall() -> None:
    tradeoff = Tradeoff(scenes())
    recalls = [tradeoff.at(per_hour).recall for per_hour in (0, 1, 5, 10, 30, 100)]
    assert recalls == sorted(recalls)


def test_a_draw_of_every_scene_once_is_the_whole() -> None:
    tradeoff = Tradeoff(scenes())
    assert tradeoff.threshold_and_recall(10.0, np.ones(6)) == tradeoff.threshold_and_recall(10.0)


def test_the_draws_are_the_same_for_all_detectors() -> None:
    for one, other in zip(draws_of(6, 5), draws_of(6, 5), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.sum() == 6


def test_the_table_tells_the_gain_over_the_first() -> None:
    lines = comparison({"weak": scenes(gain=0.5), "strong": scenes(gain=3.0)}).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| weak", "| strong"]
    assert "(+" in lines[3]
    assert "(" not in lines[2]
