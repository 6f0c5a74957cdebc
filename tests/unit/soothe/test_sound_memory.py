"""The memory of soothing, and what is believed from it."""

from dataclasses import replace

import numpy as np
import pytest

from babycryd.soothe.beliefs import HALF_LIFE_S, PRIOR_TRIES, Belief, beliefs, drawn_order, learnt
from babycryd.soothe.learning_strategy import LearningStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.sound_memory import MOST_TRIES, SoundMemory, Try
from tests.support.soothing_script import UTC_S, Script, tracks

CALM = Try(UTC_S, "e1", "a", night=True, outcome="calm", took_s=40.0)
SAME = replace(CALM, episode="e2", outcome="same", took_s=75.0)
WORSE = replace(SAME, outcome="worse")


def test_the_newest_tries_stay() -> None:
    memory = SoundMemory()
    for number in range(MOST_TRIES + 5):
        memory.add(replace(CALM, took_s=float(number)))
    assert len(memory.tries) == MOST_TRIES
    assert (memory.tries[0].took_s, memory.tries[-1].took_s) == (5.0, MOST_TRIES + 4.0)
    memory.recall([SAME] * MOST_TRIES)
    assert len(memory.tries) == MOST_TRIES
    assert SAME not in memory.tries


def test_earlier_runs_come_first_and_a_step_of_the_clock_moves_this_run_only() -> None:
    memory = SoundMemory()
    memory.add(CALM)
    memory.recall([SAME])
    memory.move(100.0)
    assert memory.tries == (SAME, replace(CALM, utc_s=UTC_S + 100.0))


def test_an_episode_that_was_not_the_baby_does_not_count_until_it_was() -> None:
    memory = SoundMemory([CALM, SAME])
    memory.mark({"e1": False, "e9": False})
    assert [each.counts for each in memory.tries] == [False, True]
    assert memory.changes == 1
    memory.mark({"e1": False})
    assert memory.changes == 1
    memory.mark({"e1": None})  # the mark is taken back
    assert memory.tries == (CALM, SAME)
    memory.mark({"e1": True})
    assert memory.tries == (CALM, SAME)


@pytest.mark.parametrize("age_s", [0.0, 11 * 3600.0])
def test_three_times_worse_in_a_night_is_enough_for_this_night(age_s: float) -> None:
    assert SoundMemory([WORSE] * 3).barred(UTC_S + age_s) == {"a"}
    assert SoundMemory([WORSE] * 2).barred(UTC_S + age_s) == frozenset()
    assert SoundMemory([WORSE] * 3).barred(UTC_S + age_s + 43_200) == frozenset()
    assert SoundMemory([WORSE, WORSE, replace(WORSE, false_alarm=True)]).barred(UTC_S) == frozenset()


def test_a_sound_without_tries_is_believed_to_be_as_good_as_all_together() -> None:
    believed = beliefs([CALM, CALM, SAME, SAME], ("a", "b"), UTC_S)
    assert (believed["b"].alpha, believed["b"].beta) == (PRIOR_TRIES / 2, PRIOR_TRIES / 2)
    assert (believed["a"].alpha, believed["a"].beta) == (PRIOR_TRIES / 2 + 2, PRIOR_TRIES / 2 + 2)


def test_a_try_loses_half_its_weight_in_two_weeks_and_the_other_time_of_day_counts_half() -> None:
    old = beliefs([CALM], ("a",), UTC_S + HALF_LIFE_S)["a"]
    assert old.alpha + old.beta == pytest.approx(PRIOR_TRIES + 0.5)
    day = beliefs([CALM], ("a",), UTC_S, night=False)["a"]
    assert day.alpha + day.beta == pytest.approx(PRIOR_TRIES + 0.5)
    night = beliefs([CALM], ("a",), UTC_S, night=True)["a"]
    assert night.alpha + night.beta == pytest.approx(PRIOR_TRIES + 1.0)


def test_a_clock_that_was_set_back_makes_no_try_count_more() -> None:
    assert beliefs([CALM], ("a",), UTC_S - 1e9) == beliefs([CALM], ("a",), UTC_S)


def test_what_says_nothing_does_not_count() -> None:
    nothing = [replace(CALM, outcome="parent"), replace(CALM, false_alarm=True), replace(CALM, sound="gone")]
    assert beliefs([*nothing, replace(CALM, sound=None)], ("a",), UTC_S) == beliefs([], ("a",), UTC_S)


def test_it_is_too_early_to_tell_until_one_is_best_with_four_to_one() -> None:
    few = learnt([CALM, SAME], ("a", "b"), 1.0, UTC_S)
    assert few.best is None
    many = learnt([CALM] * 8 + [replace(SAME, sound="b")] * 8, ("a", "b"), 1.0, UTC_S)
    assert many.best == "a"
    first = many.sounds[0]
    assert (first.sound, first.tries, first.calmed, first.median_s) == ("a", 8, 8, 40.0)
    assert first.p_best > 0.99
    assert sum(each.p_best for each in many.sounds) == pytest.approx(1.0)
    assert learnt([], ("a",), 1.0, UTC_S).best is None  # the only sound is the best one, but nothing is known of it


def test_silence_is_counted_apart() -> None:
    alone = replace(CALM, sound=None)
    figures = learnt([alone, replace(alone, outcome="same"), CALM], ("a",), 1.0, UTC_S)
    assert (figures.silences, figures.settled) == (2, 1)
    assert [each.tries for each in figures.sounds] == [1]


def test_hundreds_of_sounds_cost_no_more_than_fifty() -> None:
    many = tuple(f"s{number}" for number in range(300))
    figures = learnt([replace(CALM, sound="s299")], many, 1.0, UTC_S)
    assert len(figures.sounds) == 50
    assert "s299" in {each.sound for each in figures.sounds}


def test_draws_follow_the_belief_and_the_seed() -> None:
    believed = beliefs([CALM] * 6 + [replace(SAME, sound="b")] * 6, ("a", "b"), UTC_S)
    orders = [drawn_order(believed, np.random.default_rng(seed)) for seed in range(200)]
    assert orders.count(("a", "b")) > 190
    assert drawn_order(believed, np.random.default_rng(1)) == drawn_order(believed, np.random.default_rng(1))


def test_the_draws_have_half_the_spread_of_the_belief_and_explore_still() -> None:
    believed = {"better": Belief(6.0, 4.0), "worse": Belief(4.0, 6.0)}  # spread of a single draw: 0.15
    orders = [drawn_order(believed, np.random.default_rng(seed)) for seed in range(400)]
    assert 0.94 < orders.count(("better", "worse")) / len(orders) < 0.99


def test_the_strategy_learns_what_calms() -> None:
    one, firsts = Script(LearningStrategy(LullabySettings(), tracks("abcd"), seed=3)), []
    for _ in range(40):
        began_s = one.cry().at_s
        firsts.append(one.playing)
        while one.playing != "c" and one.at_s < began_s + 300:
            one.wait(5)
        one.calm(30, settled_in_s=one.at_s + 20 - began_s).wait(200)
    assert firsts[-10:].count("c") >= 7
    assert learnt(one.strategy.memory.tries, one.strategy.tracks, 0.0, UTC_S + one.at_s).best == "c"
