"""When the lullaby plays and when it stops."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.core.events import CryEnded, CryStarted, CryUpdated, Deaf, Event, LevelMeasured
from babycryd.core.setting import setting_of
from babycryd.core.soothing_events import LullabyFailed
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.retry import LONGEST_RETRY_S
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.strategy import Action, Play, Track
from babycryd.soothe.wishes import SoundWishes
from tests.support.soothing_script import short

A, B, C = (Track(name, Path(f"{name}.ogg")) for name in "abc")
NOON = time(12)
SETTINGS = LullabySettings(calm_s=60, longest_s=600, cooldown_s=30)


def strategy(**changes: object) -> LullabyStrategy:
    return LullabyStrategy(replace(SETTINGS, **changes), (A, B, C))  # type: ignore[arg-type]  # any setting


def started(at_s: float) -> CryStarted:
    return CryStarted(at_s, at_s, "e", 0.9)


def updated(at_s: float, duration_s: float) -> CryUpdated:
    return CryUpdated(at_s, "e", duration_s, 0.9)


def ended(at_s: float, settled_in_s: float) -> CryEnded:
    return CryEnded(at_s, "e", 0.0, settled_in_s + 5, 0.9, settled_in_s, "calm")


def failed(at_s: float) -> LullabyFailed:
    return LullabyFailed(at_s, "a", "no speaker")


def said(one: LullabyStrategy, events: Sequence[Event], until_s: float, local_time: time = NOON) -> list[Action]:
    """What `one` does on `events` with a tick a second up to `until_s`."""
    ticks = [LevelMeasured(float(at_s), -50.0, -60.0) for at_s in range(round(until_s) + 1)]
    actions: list[Action] = []
    for event in sorted([*events, *ticks], key=lambda each: each.at_s):
        actions += one.update(event, event.at_s, local_time)
    return actions


@pytest.mark.parametrize(
    ("changes", "events", "expected"),
    [
        pytest.param({}, [], [], id="a quiet night"),
        pytest.param(
            {}, [started(10.5), ended(40, 20)], [(10.5, "a"), (91, "calm")], id="calm counts from the last crying"
        ),
        pytest.param(
            {}, [started(10), ended(40, 20), started(80), ended(100, 12)], [(10, "a"), (152, "calm")],
            id="a new cry cancels the calm",
        ),
        pytest.param({}, [started(10)], [(10, "a"), (610, "longest")], id="it gives up"),
        pytest.param(
            {}, [started(10), ended(700, 690), started(710), ended(790, 70)],
            [(10, "a"), (610, "longest"), (730, "b"), (840, "calm")],
            id="having given up, it waits for the end and the cooldown",
        ),
        pytest.param(
            {"longest_s": 30}, [started(10), ended(20, 5), started(45)],
            [(10, "a"), (40, "longest"), (70, "b"), (100, "longest")],
            id="ending at the longest while the baby is quiet is no giving up",
        ),
        pytest.param(
            {"calm_s": 10}, [started(10), ended(20, 5), started(30), ended(70, 35)],
            [(10, "a"), (25, "calm"), (55, "b"), (75, "calm")],
            id="a cry within the cooldown waits for its end",
        ),
        pytest.param({"enabled": False}, [started(10)], [], id="switched off"),
        pytest.param(
            {}, [started(10), Deaf(30, "unplugged")], [(10, "a"), (90, "calm")], id="deaf, it plays on, then ends"
        ),
        pytest.param(
            {}, [started(10), Deaf(30, "unplugged"), updated(50, 40), ended(70, 50)], [(10, "a"), (120, "calm")],
            id="the cry goes on after deafness",
        ),
        pytest.param({}, [updated(30, 20), ended(40, 25)], [(30, "a"), (95, "calm")], id="the start was lost"),
        pytest.param({}, [ended(40, 20), Deaf(50, "x")], [], id="an end without a start"),
        pytest.param(
            {"calm_s": 5}, [started(10), failed(12), failed(20), ended(40, 28)],
            [(10, "a"), (14, "b"), (24, "c"), (43, "calm")],
            id="a failure is tried again, ever later",
        ),
    ],
)  # fmt: skip
def test_a_night(changes: dict[str, object], events: list[Event], expected: list[tuple[float, str]]) -> None:
    assert short(said(strategy(**changes), events, until_s=900)) == expected


def test_the_wait_after_failures_has_an_end() -> None:
    one = strategy()
    one.update(started(0), 0, NOON)
    at_s, waits_s = 0.0, []
    for _ in range(8):
        one.update(failed(at_s), at_s, NOON)
        failed_at_s = at_s
        while not one.tick(at_s, NOON):
            at_s += 1
        waits_s.append(at_s - failed_at_s)
    assert waits_s == [2, *[LONGEST_RETRY_S] * 7]


def test_a_failure_while_nothing_plays_changes_nothing() -> None:
    one = strategy()
    one.update(failed(1), 1, NOON)
    assert short(one.update(started(2), 2, NOON)) == [(2, "a")]


def test_a_new_episode_does_not_wait_for_the_old_failures() -> None:
    one = strategy()
    one.update(started(0), 0, NOON)
    one.update(failed(1), 1, NOON)
    one.update(ended(3, 1), 3, NOON)
    assert short(said(one, [started(6)], until_s=7)) == [(6, "b")]


@pytest.mark.parametrize(
    ("playlist", "first_tracks", "repeat_one"),
    [("rotate", [A, B, C, A], True), ("first", [A, A, A, A], True), ("through", [A, B, C, A], False)],
)
def test_which_track(playlist: str, first_tracks: list[Track], repeat_one: bool) -> None:  # noqa: FBT001  # a table
    one = strategy(playlist=playlist, calm_s=1, cooldown_s=0)
    events = [event for at_s in (0, 10, 20, 30) for event in (started(at_s), ended(at_s + 2, 1))]
    plays = [each for each in said(one, events, until_s=40) if isinstance(each, Play)]
    assert [each.tracks[0] for each in plays] == first_tracks
    assert {each.repeat_one for each in plays} == {repeat_one}
    assert all(set(each.tracks) == {A, B, C} for each in plays)


def test_switching_off_while_it_plays_ends_it_and_on_again_starts_it() -> None:
    one = strategy(cooldown_s=2)
    one.update(started(0), 0, NOON)
    one.configure(replace(SETTINGS, enabled=False, cooldown_s=2))
    assert short(one.tick(1, NOON)) == [(1, "asked")]
    one.configure(SETTINGS)
    assert short(one.tick(2, NOON) + one.tick(3, NOON)) == [(3, "b")]


def test_quiet_hours_end_while_the_baby_cries() -> None:
    one = strategy(quiet_hours="22:00-06:00")
    assert one.update(started(0), 0, time(5, 59, 59)) == []
    assert short(one.tick(1, time(6))) == [(1, "a")]


def test_what_plays_goes_on_into_quiet_hours() -> None:
    one = strategy(quiet_hours="22:00-06:00")
    one.update(started(0), 0, time(21, 59, 59))
    assert one.tick(1, time(22)) == []


def test_unreadable_quiet_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="'22:00-06:00'"):
        LullabySettings(quiet_hours="late")


def test_every_setting_is_declared_and_its_default_in_range() -> None:
    for name, field in LullabySettings.__dataclass_fields__.items():
        about, value = setting_of(field), getattr(LullabySettings(), name)
        assert about is not None, name
        assert about.low is None or about.low <= value <= (about.high or value), name


# Any night at all: each step is some seconds and what happens after them.
NIGHTS = st.lists(
    st.tuples(st.floats(0.1, 40), st.sampled_from(["cry", "calm", "deaf", "failed", "nothing", "nothing"])), max_size=30
)
BRIEF = replace(SETTINGS, longest_s=50, calm_s=12, cooldown_s=7, quiet_hours="23:59-00:01")


@dataclass(frozen=True)
class Moment:
    at_s: float
    local_time: time
    event: Event | None  # None: a tick
    crying: bool
    actions: list[Action]


class Night:
    """Lives a night that begins at 23:58, with a tick a second, and remembers each moment."""

    def __init__(self, steps: list[tuple[float, str]]) -> None:
        self._strategy = LullabyStrategy(BRIEF, (A, B))
        self._cry_since_s: float | None = None
        self.moments: list[Moment] = []
        end_s = 0.0
        for seconds, what in [*steps, (1.0, "calm"), (60.0, "nothing")]:
            begin_s, end_s = end_s, end_s + seconds
            for second in range(1, math.ceil(seconds)):
                self._live(begin_s + second, None)
            self._live(end_s, self._event(what, end_s))

    def _event(self, what: str, at_s: float) -> Event:
        since_s = self._cry_since_s
        match what:
            case "cry" if since_s is None:
                self._cry_since_s = at_s
                return started(at_s)
            case "calm" if since_s is not None:
                self._cry_since_s = None
                return ended(at_s, at_s - since_s)
            case "deaf":
                self._cry_since_s = None
                return Deaf(at_s, "unplugged")
            case "failed":
                return failed(at_s)
        return LevelMeasured(at_s, -50, -60)

    def _live(self, at_s: float, event: Event | None) -> None:
        local_time = (datetime(2024, 1, 1, 23, 58) + timedelta(seconds=at_s)).time()  # noqa: DTZ001  # any day
        one = self._strategy
        actions = one.update(event, at_s, local_time) if event else one.tick(at_s, local_time)
        self.moments.append(Moment(at_s, local_time, event, self._cry_since_s is not None, actions))


@settings(deadline=None)  # the machine may be busy
@given(NIGHTS)
def test_on_any_night_it_starts_for_a_crying_baby_outside_quiet_hours(steps: list[tuple[float, str]]) -> None:
    for moment in Night(steps).moments:
        if any(isinstance(action, Play) for action in moment.actions):
            assert moment.crying
            assert time(0, 1) <= moment.local_time < time(23, 59)


@settings(deadline=None)  # the machine may be busy
@given(NIGHTS)
def test_on_any_night_it_ends_in_time(steps: list[tuple[float, str]]) -> None:
    playing_since_s: float | None = None
    last_cry_s = 0.0
    for moment in Night(steps).moments:
        last_cry_s = moment.at_s if moment.crying else last_cry_s
        if isinstance(moment.event, LullabyFailed):
            playing_since_s = None
        for action in moment.actions:
            assert isinstance(action, Play) == (playing_since_s is None)  # they alternate
            playing_since_s = moment.at_s if isinstance(action, Play) else None
        if playing_since_s is not None:
            assert moment.at_s - playing_since_s < BRIEF.longest_s
            assert moment.at_s - last_cry_s < BRIEF.calm_s + 1  # the last cry is known to a second
    assert playing_since_s is None  # every night here ends with a minute of calm


@settings(deadline=None)  # the machine may be busy
@given(NIGHTS)
def test_the_same_night_gives_the_same_actions(steps: list[tuple[float, str]]) -> None:
    assert Night(steps).moments == Night(steps).moments


def test_the_owner_s_first_sound_leads_and_a_muted_one_plays_only_when_asked_for() -> None:
    soothing = strategy()
    soothing.wishes = SoundWishes("c", frozenset({"a"}))
    (play,) = soothing.update(started(0.0), 0.0, NOON)
    assert isinstance(play, Play)
    assert [each.name for each in play.tracks] == ["c", "b"]
    asked = soothing.ask(1.0, "a")[0]
    assert isinstance(asked, Play)
    assert asked.track == "a"
