"""Rules are compared at the thresholds that each needs for the same promise, on the same scenes drawn again."""

from dataclasses import replace

import numpy as np
import pytest

from training.evaluation.at_the_promise import gains, promise_of, table
from training.evaluation.scoring import VotedScene
from training.evaluation.unknown_families import SceneAlarms, family_alarms, scene_alarms
from training.synthesis.scenes import CryEvent, DistractorEvent

LENGTH_S = 900.0
HOPS = 3_750
ROUNDS = 40  # of the bootstrap
KINDS = ("cat", "dog", "owl", "violin")


def scene(number: int, *, cry: float, late_s: float = 1.0) -> VotedScene:
    """A cry that is heard with this logit so much late, and other sounds whose logits vary with the scene."""
    rng, voted = np.random.default_rng(number), np.linspace(-30, -29, HOPS)
    begin = int((60 + late_s) / 0.24)
    voted[begin : begin + 20] = cry + rng.normal(0, 0.5)
    sounds = []
    for index, at_s in enumerate(np.arange(100, 880, 30)):
        hop = int(at_s / 0.24)
        voted[hop : hop + 3] = rng.normal(0, 2)
        sounds.append(DistractorEvent(at_s - 2.0, 2.0, KINDS[index % len(KINDS)]))
    event = CryEvent(60.0, 70.0, 20.0, "baby", over_lullaby=False)
    return VotedScene(voted, (event,), tuple(sounds), LENGTH_S, "fan", "plain")


@pytest.fixture(scope="module")
def counted() -> SceneAlarms:
    return scene_alarms([scene(number, cry=9.0 if number % 3 else -9.0) for number in range(12)])


def test_scenes_that_are_drawn_again_count_again(counted: SceneAlarms) -> None:
    once, twice = counted.of(range(12)), counted.of([*range(12), *range(12)])
    np.testing.assert_array_equal(twice.alarms, 2 * once.alarms)
    np.testing.assert_array_equal(twice.recall, once.recall)
    assert twice.hours == pytest.approx(2 * once.hours)


def test_a_family_that_no_drawn_scene_holds_is_left_away() -> None:
    scenes = [scene(number, cry=5.0) for number in range(2)]
    only = replace(scenes[0], distractors=scenes[0].distractors[:1])
    assert scene_alarms([only, scenes[1]]).of([0]).families == ("cats",)


def test_the_promise_of_all_scenes_is_that_of_the_operating_point(counted: SceneAlarms) -> None:
    scenes = [scene(number, cry=9.0 if number % 3 else -9.0) for number in range(12)]
    point = promise_of(counted, range(12))
    assert point.threshold == family_alarms(scenes).homes().promise()
    assert point.recall == pytest.approx(8 / 12)
    assert point.soon == pytest.approx(8 / 12)


def test_too_few_false_alarms_promise_nothing() -> None:
    quiet = replace(scene(0, cry=5.0), voted=np.linspace(-30, -29, HOPS))
    assert np.isnan(promise_of(scene_alarms([quiet]), [0]).threshold)


def test_a_cry_that_is_found_late_is_found_but_not_soon() -> None:
    late = scene_alarms([scene(number, cry=9.0, late_s=6.0) for number in range(12)])
    point = promise_of(late, range(12))
    assert (point.recall, point.soon) == (1.0, 0.0)


def test_a_rule_gains_nothing_over_itself_and_something_over_a_deafer_one(counted: SceneAlarms) -> None:
    same = gains(counted, counted, ROUNDS)
    assert (same.recall, same.soon, same.threshold) == ((0.0, 0.0),) * 3
    better = gains(scene_alarms([scene(number, cry=9.0) for number in range(12)]), counted, ROUNDS)
    assert 0.0 < better.recall[0] < better.recall[1]


def test_the_table_has_the_gain_of_each_rule_over_the_first() -> None:
    rules = {name: [scene(number, cry=cry) for number in range(12)] for name, cry in (("a", 3.0), ("b", 9.0))}
    first, second = table(rules, ROUNDS).splitlines()[2:]
    assert " to " not in first
    assert second.count(" to ") == 3
