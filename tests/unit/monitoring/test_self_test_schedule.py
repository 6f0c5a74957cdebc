"""When a self-test is due: in quiet, hours apart, and sooner after one that proved nothing."""

from itertools import pairwise

import pytest

from babycryd.core.events import SelfTested, StateChanged, WindowScored
from babycryd.monitoring.self_test_schedule import QUIET_S, WAIT_S, SelfTestSchedule, SelfTestSettings


def state(word: str) -> StateChanged:
    return StateChanged(0.0, word, 0.0)  # type: ignore[arg-type]


def test_the_first_test_is_due_at_the_first_quiet_and_the_next_hours_later() -> None:
    one = SelfTestSchedule(SelfTestSettings(every_h=4), 0.0)
    assert one.due(100.0) is None  # still deaf
    one.note(state("listening"), 100.0)
    one.note(WindowScored(0.0, 0.1), 115.0)
    assert one.due(134.0) is None
    assert one.due(135.0) == "speaker"
    one.done(140.0, outcome("heard"))
    assert one.due(140.0 + 4 * 3600 - 1) is None
    assert one.due(140.0 + 4 * 3600) == "speaker"


def outcome(verdict: str) -> SelfTested:
    return SelfTested(0.0, 0.0, verdict, "", None)  # type: ignore[arg-type]


class Hours:
    """A quiet room in which every test that is due is made."""

    def __init__(self) -> None:
        self.one = SelfTestSchedule(SelfTestSettings(every_h=4), 0.0)
        self.one.note(state("listening"), 0.0)
        self.now_s = 0

    def tests_min(self, verdict: str, hours: float) -> list[int]:
        """At which minutes from now on there was one, all with this outcome."""
        begun_s, made = self.now_s, []
        while self.now_s < begun_s + hours * 3600:
            self.now_s += 10
            if self.one.due(self.now_s):
                made.append((self.now_s - begun_s) // 60)
                self.one.done(self.now_s, outcome(verdict))
        return made


def test_a_missed_chirp_is_tried_again_some_minutes_later_but_not_for_ever() -> None:
    hours = Hours()
    assert hours.tests_min("heard", 3.9) == [0]
    assert hours.tests_min("not_proven", 0.2) == [6, 11]
    assert hours.tests_min("heard", 4.5) == [14, 254]  # as soon as it is proven, hours later again
    speaker_off = hours.tests_min("not_proven", 13)
    assert [after - before for before, after in pairwise(speaker_off)] == [5, 15, 45, 175, 240]
    assert hours.tests_min("heard", 4) != []
    assert len(hours.tests_min("not_proven", 5)) == 4  # a speaker that was heard is worth it again


def test_a_retry_waits_for_quiet_and_for_a_baby_that_sleeps() -> None:
    hours = Hours()
    assert hours.tests_min("not_proven", 0.05) == [0]
    hours.one.note(state("crying"), 0.0)
    assert hours.tests_min("not_proven", 1) == []
    hours.one.note(state("listening"), hours.now_s)
    for _ in range(30):
        hours.one.note(WindowScored(0.0, 0.1), hours.now_s)
        assert hours.tests_min("not_proven", 10 / 3600) == []
    assert len(hours.tests_min("heard", 0.1)) == 1


def test_the_owner_s_own_test_proves_it_as_well() -> None:
    hours = Hours()
    assert hours.tests_min("not_proven", 0.05) == [0]
    hours.one.note(outcome("heard"), hours.now_s)
    assert hours.tests_min("heard", 3.9) == []


@pytest.mark.parametrize("word", ["crying", "soothing", "snoozed", "deaf"])
def test_nothing_is_tested_meanwhile(word: str) -> None:
    one = SelfTestSchedule(SelfTestSettings(), 0.0)
    one.note(state("listening"), 0.0)
    one.note(state(word), 10.0)
    assert one.due(10.0 + 2 * WAIT_S) is None
    one.note(state("listening"), 10_000.0)
    assert one.due(10_000.0 + QUIET_S / 2) in {None, "signal"}
    assert one.due(10_000.0 + QUIET_S) == "speaker"


def test_in_a_room_that_is_never_quiet_the_signal_has_to_do() -> None:
    one = SelfTestSchedule(SelfTestSettings(), 0.0)
    one.note(state("listening"), 0.0)
    for at_s in range(0, int(WAIT_S), 10):
        one.note(WindowScored(0.0, 0.1), float(at_s))
        assert one.due(float(at_s)) is None
    assert one.due(WAIT_S) == "signal"


def test_zero_hours_is_never() -> None:
    one = SelfTestSchedule(SelfTestSettings(every_h=0), 0.0)
    one.note(state("listening"), 0.0)
    assert one.due(1e9) is None
