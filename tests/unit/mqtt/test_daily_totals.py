"""Crying today, as the home sees it: by the day, without what was not the baby, across a restart."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.events import ClockSet, CryEnded, CryStarted, CryUpdated, EpisodesMarked, Event
from babycryd.mqtt.daily_totals import DailyTotals
from babycryd.mqtt.message import Message
from tests.support.broker import Broker
from tests.support.publishing import ended, expect, publishing, settings_for, started

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def begun(episode: str) -> CryStarted:
    return CryStarted(0.0, 0.0, episode, 0.9)


def runs(episode: str, duration_s: float) -> CryUpdated:
    return CryUpdated(0.0, episode, duration_s, 0.9)


def over(episode: str, duration_s: float) -> CryEnded:
    return CryEnded(0.0, episode, 0.0, duration_s, 0.9, duration_s, "calm")


def crying_minutes(totals: DailyTotals) -> tuple[str, float, int]:
    fields = json.loads(totals.now().payload)
    return fields["date"], fields["crying_minutes"], fields["episodes"]


def test_a_start_before_the_clock_is_set_loses_nothing_of_today() -> None:
    totals, unset = DailyTotals("b"), date(1970, 1, 1)
    totals.take(begun("e1"), MONDAY)
    totals.take(over("e1", 60.0), MONDAY)
    again = DailyTotals("b")
    again.restore(totals.dump())
    assert again.begin(unset) is None
    again.take(begun("e2"), unset)
    again.take(over("e2", 120.0), unset)
    again.take(ClockSet(9.0, 1e9), MONDAY)
    assert crying_minutes(again) == ("2026-11-23", 3.0, 2)
    assert again.begin(TUESDAY) is not None


def test_without_a_day_from_before_the_cries_move_with_the_clock() -> None:
    totals = DailyTotals("b")
    totals.take(begun("e1"), date(1970, 1, 1))
    totals.take(over("e1", 60.0), date(1970, 1, 1))
    assert totals.take(ClockSet(9.0, 1e9), MONDAY) is not None
    assert crying_minutes(totals) == ("2026-11-23", 1.0, 1)


def marked(episode: str, *, baby: bool | None) -> EpisodesMarked:
    return EpisodesMarked(0.0, ((episode, baby),))


def follow(totals: DailyTotals, *events: Event, day: date = MONDAY) -> None:
    for event in events:
        totals.take(event, day)


def figures(message: Message | None) -> tuple[str, float, int]:
    assert message is not None
    fields = json.loads(message.payload)
    return fields["date"], fields["crying_minutes"], fields["episodes"]


def test_an_episode_that_was_not_the_baby_does_not_count_until_the_mark_is_taken_back() -> None:
    totals = DailyTotals("b")
    follow(totals, begun("a"), over("a", 60), begun("b"), over("b", 120))
    assert figures(totals.now()) == ("2026-11-23", 3.0, 2)
    assert figures(totals.take(marked("a", baby=False), MONDAY)) == ("2026-11-23", 2.0, 1)
    assert totals.take(marked("a", baby=False), MONDAY) is None
    assert totals.take(marked("of long ago", baby=False), MONDAY) is None
    assert figures(totals.take(marked("a", baby=None), MONDAY)) == ("2026-11-23", 3.0, 2)
    assert totals.take(marked("a", baby=True), MONDAY) is None


def test_a_mark_holds_while_the_episode_goes_on() -> None:
    totals = DailyTotals("b")
    follow(totals, begun("a"), runs("a", 30), marked("a", baby=False), runs("a", 60), over("a", 90))
    assert figures(totals.now()) == ("2026-11-23", 0.0, 0)
    follow(totals, marked("a", baby=True))
    assert figures(totals.now()) == ("2026-11-23", 1.5, 1)


def test_marks_and_seconds_survive_a_restart() -> None:
    before, after = DailyTotals("b"), DailyTotals("b")
    follow(before, begun("a"), over("a", 60), begun("b"), over("b", 120), marked("a", baby=False))
    after.restore(before.dump())
    assert after.begin(MONDAY) is None
    assert figures(after.now()) == ("2026-11-23", 2.0, 1)
    everything_known = EpisodesMarked(0.0, (("older", False), ("a", True), ("b", False)))  # as at each start
    assert figures(after.take(everything_known, MONDAY)) == ("2026-11-23", 1.0, 1)


def test_an_episode_over_midnight_belongs_to_both_days_and_so_does_its_mark() -> None:
    totals = DailyTotals("b")
    follow(totals, begun("a"), runs("a", 60))
    assert figures(totals.begin(TUESDAY)) == ("2026-11-24", 0.0, 0)
    follow(totals, over("a", 180), day=TUESDAY)
    assert figures(totals.now()) == ("2026-11-24", 2.0, 0)
    follow(totals, marked("a", baby=False), day=TUESDAY)
    assert figures(totals.now()) == ("2026-11-24", 0.0, 0)


def test_a_mark_of_before_midnight_holds_after_it() -> None:
    totals = DailyTotals("b")
    follow(totals, begun("a"), runs("a", 60), marked("a", baby=False))
    follow(totals, over("a", 180), day=TUESDAY)
    assert figures(totals.now()) == ("2026-11-24", 0.0, 0)


def test_the_sums_that_an_earlier_version_kept_go_on() -> None:
    totals = DailyTotals("b")
    totals.restore(b'{"date":"2026-11-23","crying_s":90.0,"episodes":2}')
    follow(totals, begun("c"), over("c", 30))
    assert figures(totals.now()) == ("2026-11-23", 2.0, 3)
    again = DailyTotals("b")
    again.restore(totals.dump())
    assert again.now() == totals.now()


@given(
    st.binary(max_size=60) | st.sampled_from([b"[]", b'{"date":"2026-11-23"}', b'{"date":"2026-11-23","cries":[1]}'])
)
def test_what_makes_no_sense_is_ignored(kept: bytes) -> None:
    totals = DailyTotals("b")
    totals.restore(kept)
    assert figures(totals.begin(MONDAY)) == ("2026-11-23", 0.0, 0)


@pytest.mark.broker
async def test_a_mark_on_the_bus_reaches_the_home(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.mqtt.publisher._local_day", lambda: MONDAY)

    def said(episodes: int) -> str:
        return f'{{"date":"2026-11-23","crying_minutes":0.0,"episodes":{episodes}}}'

    with broker.subscriber() as listener:
        async with publishing(settings_for(broker)) as running:
            await expect(listener, "today", said(0))
            running.bus.publish(started(1))
            running.bus.publish(ended(1))
            await expect(listener, "today", said(1))
            running.bus.publish(marked("e1", baby=False))
            await expect(listener, "today", said(0), times=2)
