"""One sound after the other, what each has done, and when the ladder gives up."""

from dataclasses import replace
from datetime import time

import pytest

from babycryd.core.events import ControlsChanged, CryEnded, CryUpdated, Deaf, Hearing, WindowScored
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, SoothingStep, SoundJudged
from babycryd.soothe.ladder_strategy import LadderStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.sound_memory import Try
from babycryd.soothe.wishes import SoundWishes
from tests.support.soothing_script import UTC_S, Script, tracks

SETTINGS = LullabySettings(calm_s=60, cooldown_s=10)


def script(names: str = "abcd", soothing: SoothingSettings | None = None, **changes: object) -> Script:
    return Script(LadderStrategy(replace(SETTINGS, **changes), tracks(names), soothing))  # type: ignore[arg-type]


def test_three_sounds_of_75_seconds_and_then_it_needs_the_parents() -> None:
    one = script().cry().wait(400)
    assert one.done == [
        *((0.0, "a"), (75.0, "next"), (77.0, "b"), (152.0, "next")),
        *((154.0, "c"), (229.0, "given_up")),
    ]
    assert one.judged == [("a", "same"), ("b", "same"), ("c", "same")]
    assert one.needs_you == [("a", "b", "c")]


def test_a_calm_baby_keeps_its_sound_for_a_minute_and_is_then_left_alone() -> None:
    one = script().cry().wait(40).calm(10, settled_in_s=40).wait(200)
    assert one.done == [(0.0, "a"), (100.0, "calm")]
    assert one.judged == [("a", "calm")]
    judged = [each for each in one.told if isinstance(each, SoundJudged)]
    assert [(each.took_s, each.episode, each.step) for each in judged] == [(40.0, "e1", 1)]
    assert one.needs_you == []


def test_a_cry_within_two_minutes_of_calm_means_that_the_sound_did_not_do() -> None:
    one = script().cry().wait(40).calm(10, settled_in_s=40).wait(60).cry("e2").wait(3)
    assert one.done == [(0.0, "a"), (100.0, "calm"), (110.0, "b")]
    assert one.judged == [("a", "same")]


def test_a_cry_while_the_sound_still_plays_goes_on_with_its_step() -> None:
    one = script().cry().wait(40).calm(10, settled_in_s=40).wait(20).cry("e2").wait(26)
    assert one.done[-1] == (95.0, "next")  # 50 s of crying with the ten that ended the episode, then 25 more
    assert one.wait(1).done[-1] == (97.0, "b")


def test_calm_after_more_than_five_minutes_is_no_success() -> None:
    one = script("a", step := SoothingSettings(step_s=90)).cry().wait(200)
    assert step.sounds == 3
    one.calm(10, settled_in_s=200).cry("e2").wait(50).calm(10, settled_in_s=100).wait(130)
    assert one.judged == [("a", "same")]


def test_a_baby_that_pauses_for_breath_at_the_end_of_a_step_is_waited_for() -> None:
    one = script().cry()
    for _ in range(70):
        one.wait(1).send(WindowScored(one.at_s, 0.9))
    assert one.wait(9).done == [(0.0, "a")]  # it has been silent since second 70
    assert one.calm(1, settled_in_s=70).wait(130).judged == [("a", "calm")]


def test_a_silence_without_an_end_of_the_episode_delays_a_step_by_seconds_only() -> None:
    one = script().cry()
    for _ in range(70):
        one.wait(1).send(WindowScored(one.at_s, 0.9))
    assert one.wait(20).done[1] == (83.0, "next")


def test_the_next_bout_begins_with_the_next_sound_or_with_the_first_one() -> None:
    def beginnings(playlist: str) -> list[str]:
        one = script(playlist=playlist)
        for _ in range(3):
            one.cry().calm(20, settled_in_s=10).wait(200)
        return [what for _, what in one.done if what in "abcd"]

    assert beginnings("rotate") == ["a", "b", "c"]
    assert beginnings("first") == ["a", "a", "a"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a", [(0.0, "a"), (225.0, "given_up")]),
        ("ab", [(0.0, "a"), (75.0, "next"), (77.0, "b"), (152.0, "next"), (154.0, "a"), (229.0, "given_up")]),
    ],
)
def test_fewer_sounds_than_steps_take_turns(names: str, expected: list[tuple[float, str]]) -> None:
    assert script(names).cry().wait(300).done == expected


def test_it_gives_up_for_good_until_two_quiet_minutes() -> None:
    one = script(soothing=SoothingSettings(sounds=1)).cry().wait(100)
    assert one.needs_you == [("a",)]
    one.calm(20, settled_in_s=110).wait(60).cry("e2").wait(60)
    assert one.done == [(0.0, "a"), (75.0, "given_up")]
    one.calm(10, settled_in_s=60).wait(120).cry("e3").wait(1)
    assert one.done[2:] == [(one.at_s - 1, "b")]


def test_the_quiet_of_a_deaf_microphone_is_no_quiet() -> None:
    one = script(soothing=SoothingSettings(sounds=1)).cry().wait(100).send(Deaf(one_at := 100.0, "muted"))
    one.wait(1000).send(Hearing(one_at, "mic")).send(CryUpdated(one.at_s, "e1", 5.0, 0.9)).wait(60)
    assert len(one.done) == 2
    assert one.needs_you == [("a",)]


def test_deafness_in_the_middle_of_a_step_spoils_the_judgement() -> None:
    one = script().cry().wait(30).send(Deaf(30.0, "muted")).wait(10).send(Hearing(40.0, "mic"))
    one.send(CryUpdated(one.at_s, "e1", 40.0, 0.9)).wait(60)
    assert one.judged == [("a", "unknown")]
    assert one.strategy.memory.tries == ()


def test_the_baby_may_first_settle_alone() -> None:
    one = script(soothing=SoothingSettings(let_it_settle_s=20)).cry().wait(25)
    assert one.done == [(20.0, "a")]
    assert [(each.sound, each.outcome) for each in one.strategy.memory.tries] == [(None, "same")]
    two = script(soothing=SoothingSettings(let_it_settle_s=20)).cry().calm(15, settled_in_s=5).wait(200)
    assert two.done == []
    assert [(each.sound, each.outcome, each.took_s) for each in two.strategy.memory.tries] == [(None, "calm", 5.0)]
    phases = [each.phase for each in two.told if isinstance(each, SoothingStep)]
    assert phases == ["settling", "waiting", "idle"]


def test_a_sound_during_which_the_baby_grows_louder_is_worse() -> None:
    one = script().cry().wait(50)
    one.level_dbfs = -16.0
    one.wait(40)
    assert one.judged == [("a", "worse")]


def test_a_sound_that_was_worse_three_times_rests_for_this_night() -> None:
    one = script()
    worse = Try(UTC_S - 3600, "e0", "a", night=True, outcome="worse", took_s=75)
    one.strategy.memory.recall((worse, worse, worse, replace(worse, sound="b"), replace(worse, sound="b")))
    assert one.cry().wait(1).playing == "b"
    later = script()
    later.strategy.memory.recall([replace(worse, utc_s=UTC_S - 50_000)] * 3)
    assert later.cry().wait(1).playing == "a"


def test_where_every_sound_rests_the_parents_are_needed_at_once() -> None:
    one = script("a")
    one.strategy.memory.recall([Try(UTC_S - 60, "e0", "a", night=True, outcome="worse", took_s=75)] * 3)
    assert one.cry().wait(1).needs_you == [()]


def test_quiet_hours_end_the_ladder() -> None:
    one = script(quiet_hours="12:00-13:00")
    assert one.cry().wait(60).done == []
    one.local = time(11)
    assert one.wait(1).playing == "a"
    one.local = time(12)
    assert one.wait(80).done[-1][1] == "given_up"
    assert one.needs_you == [("a",)]


@pytest.mark.parametrize("how", ["stop", "snooze", "ask"])
def test_a_parent_who_steps_in_ends_the_ladder_and_the_judgement(how: str) -> None:
    one = script().cry().wait(30)
    if how == "stop":
        one.obey(one.strategy.stop(one.at_s))
    elif how == "snooze":
        one.send(ControlsChanged(one.at_s, 100, 0.77, UTC_S + 900, 10))
        one.send(CryEnded(one.at_s, "e1", UTC_S, 30, 0.9, 30, "snoozed"))
    else:
        one.obey(one.strategy.ask(one.at_s, "d"))
    one.wait(90)
    assert one.judged == [("a", "parent")]
    assert one.needs_you == []
    assert one.done[1:] == ([(30.0, "d")] if how == "ask" else [(30.0, "asked")])
    assert one.strategy.memory.tries == ()


def test_a_broken_speaker_is_tried_again_and_costs_no_step() -> None:
    one = script()
    one.broken = True
    one.cry().wait(60)
    one.broken = False
    one.wait(5)
    assert one.playing == "a"
    one.send(LullabyFailed(one.at_s, "a", "the speaker is gone")).wait(5)
    assert (one.playing, one.judged) == ("b", [("a", "unknown")])


def test_a_track_that_the_player_takes_instead_is_the_one_that_is_judged() -> None:
    one = script().cry().wait(20).send(LullabyStarted(20.0, "c"))  # `a` ended by itself
    one.wait(100)
    assert one.judged == [("a", "unknown"), ("c", "same")]
    assert one.done[-1][1] == "b"


def test_tracks_that_are_gone_are_left_out() -> None:
    one = script().cry().wait(10)
    one.strategy.use_tracks(tracks("ad"))
    assert one.wait(100).playing == "d"


def test_the_first_step_may_be_softer_and_is_told_so() -> None:
    one = script(soothing=SoothingSettings(first_step_softer_db=6)).cry().wait(100)
    levels = [each.level_percent for each in one.told if isinstance(each, SoothingStep) and each.phase == "playing"]
    assert levels == [50.1, 100.0]


def test_every_change_of_step_is_told_once() -> None:
    one = script().cry().wait(100).calm(10, settled_in_s=100).wait(200)
    steps = [(each.phase, each.step, each.sound) for each in one.told if isinstance(each, SoothingStep)]
    assert steps == [
        *(("playing", 1, "a"), ("waiting", 1, None), ("playing", 2, "b")),
        *(("waiting", 2, None), ("idle", 0, None)),
    ]
    assert one.told[0] == SoothingStep(0.0, UTC_S, "ladder", "playing", "e1", 1, "a", 100.0)


def test_the_owner_s_first_sound_begins_every_bout_and_a_muted_one_none() -> None:
    one = script()
    one.strategy.wishes = SoundWishes("c", frozenset({"a"}))
    assert [each for each in one.cry().wait(400).done if each[1] in "abcd"] == [(0.0, "c"), (77.0, "b"), (154.0, "d")]
