"""What the daemon says it is doing, for every order in which things may happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.events import (
    ClockSet,
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    Deaf,
    Event,
    Hearing,
    LevelMeasured,
    StateChanged,
    WindowScored,
)
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.core.state import StateTracker
from babycryd.core.stirring_events import StirringEnded, StirringStarted

HEARING = Hearing(1.0, "mic")
DEAF = Deaf(1.0, "unplugged")
CRY = CryStarted(1.0, 101.0, "e1", 0.9)
CALM = CryEnded(1.0, "e1", 101.0, 5.0, 0.9, 4.0, "calm")
STIRS = StirringStarted(1.0)
STILL = StirringEnded(1.0, 12.0)
PLAYING = LullabyStarted(1.0, "brahms")
STOPPED = LullabyStopped(1.0, "brahms", "calm")
FAILED = LullabyFailed(1.0, "brahms", "no speaker")
SNOOZED = ControlsChanged(1.0, 100, 0.77, 700.0, 10)
AWAKE = ControlsChanged(1.0, 100, 0.77, None, 0)
NOTHING = (LevelMeasured(1.0, -50, -60), WindowScored(1.0, 0.4), CryUpdated(1.0, "e1", 2.0, 0.9))

EVENTS: tuple[Event, ...] = (HEARING, DEAF, CRY, CALM, STIRS, STILL, PLAYING, STOPPED, FAILED, SNOOZED, AWAKE, *NOTHING)


def after(*events: Event) -> StateChanged:
    tracker = StateTracker(utc_s=100.0)
    for event in events:
        tracker.update(event, 100.0 + event.at_s)
    return tracker.current


@pytest.mark.parametrize(
    ("events", "state", "reason"),
    [
        ((), "deaf", "starting"),
        ((PLAYING,), "deaf", "starting"),
        ((HEARING,), "listening", None),
        ((HEARING, *NOTHING), "listening", None),
        ((HEARING, STIRS), "stirring", None),
        ((HEARING, STIRS, STILL), "listening", None),
        ((HEARING, STIRS, CRY), "crying", None),
        ((HEARING, STIRS, CRY, STILL, CALM), "listening", None),
        ((HEARING, CRY, STIRS, CALM), "stirring", None),
        ((HEARING, STIRS, PLAYING), "soothing", None),
        ((HEARING, STIRS, PLAYING, STOPPED), "stirring", None),
        ((HEARING, STIRS, SNOOZED), "snoozed", None),
        ((HEARING, STIRS, DEAF), "deaf", "unplugged"),
        ((HEARING, CRY), "crying", None),
        ((HEARING, CRY, PLAYING), "crying", None),
        ((HEARING, CRY, PLAYING, CALM), "soothing", None),
        ((HEARING, CRY, PLAYING, CALM, STOPPED), "listening", None),
        ((HEARING, CRY, PLAYING, CALM, FAILED), "listening", None),
        ((HEARING, CRY, PLAYING, FAILED), "crying", None),
        ((HEARING, CRY, PLAYING, CALM, CRY), "crying", None),
        ((HEARING, CRY, PLAYING, DEAF), "deaf", "unplugged"),
        ((HEARING, CRY, PLAYING, DEAF, CALM), "deaf", "unplugged"),
        ((HEARING, CRY, PLAYING, DEAF, CALM, HEARING), "soothing", None),
        ((HEARING, CRY, SNOOZED), "snoozed", None),
        ((HEARING, SNOOZED, CRY, CALM, PLAYING), "snoozed", None),
        ((HEARING, SNOOZED, DEAF), "deaf", "unplugged"),
        ((HEARING, SNOOZED, AWAKE), "listening", None),
        ((HEARING, SNOOZED, CRY, AWAKE), "crying", None),
    ],
)
def test_the_state_after(events: tuple[Event, ...], state: str, reason: str | None) -> None:
    assert (after(*events).state, after(*events).reason) == (state, reason)


def test_since_is_when_the_state_began() -> None:
    tracker = StateTracker(utc_s=100.0)
    assert tracker.current == StateChanged(0.0, "deaf", 100.0, "starting")
    assert tracker.update(Hearing(2.0, "mic"), 102.0) == StateChanged(2.0, "listening", 102.0)
    assert tracker.update(Hearing(3.0, "mic"), 103.0) is None
    assert tracker.current.since_utc_s == 102.0


def test_a_new_reason_for_the_same_deafness_keeps_its_beginning() -> None:
    tracker = StateTracker(utc_s=100.0)
    changed = tracker.update(Deaf(4.0, "no microphone"), 104.0)
    assert changed == StateChanged(4.0, "deaf", 100.0, "no microphone")


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_changes_are_changes_and_precedence_holds(events: list[Event]) -> None:
    tracker = StateTracker(utc_s=0.0)
    deaf, crying, stirs, lullaby, snoozed = True, False, False, False, False
    for utc_s, event in enumerate(events, start=1):
        before = tracker.current
        changed = tracker.update(event, float(utc_s))
        deaf = (deaf or event is DEAF) and event is not HEARING
        crying = (crying or event is CRY) and event is not CALM
        stirs = (stirs or event is STIRS) and event is not STILL
        lullaby = (lullaby or event is PLAYING) and event not in (STOPPED, FAILED)
        snoozed = (snoozed or event is SNOOZED) and event is not AWAKE
        calm = "soothing" if lullaby else "stirring" if stirs else "listening"
        expected = "deaf" if deaf else "snoozed" if snoozed else "crying" if crying else calm
        assert tracker.current.state == expected
        assert (tracker.current.reason is not None) == deaf
        if changed is None:
            assert tracker.current is before
        else:
            assert (changed.state, changed.reason) != (before.state, before.reason)
            assert changed.since_utc_s == (before.since_utc_s if changed.state == before.state else utc_s)


def test_when_the_clock_is_set_the_state_began_by_the_new_clock() -> None:
    tracker = StateTracker(20.0)
    change = tracker.update(ClockSet(5.0, 1000.0), 25.0)
    assert change == StateChanged(5.0, "deaf", 1020.0, "starting")
    assert tracker.update(Hearing(6.0, "USB"), 1026.0) == StateChanged(6.0, "listening", 1026.0)
