"""What no order of events may bring about, for every strategy; see issue 20."""

from collections.abc import Iterable
from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.core.events import (
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    Deaf,
    Event,
    Hearing,
    LevelMeasured,
    WindowScored,
)
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, NeedsYou
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.step_judge import QUIET_S
from babycryd.soothe.strategies import STRATEGIES
from babycryd.soothe.strategy import Action, FadeOut, Play, Tell, strategy_of
from tests.support.soothing_script import UTC_S, tracks

LULLABY = LullabySettings(calm_s=30, longest_s=300, cooldown_s=5, quiet_hours="12:00-13:00")
NOON, MORNING = time(12, 30), time(9)
KINDS = (
    *(
        "long cry",
        "long cry",
        "long cry",
        "calm",
        "cry",
        "cry",
        "goes on",
        "calm",
        "calm",
        "snoozed",
        "deaf",
        "hearing",
        "snooze",
        "window",
        "level",
        "tick",
    ),
    *("quiet hours", "day", "broken", "whole", "other track", "stop", "ask", "ask for b"),
)
LONG_S = 250.0
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from((0.5, 3.0, 20.0, 80.0, 130.0))), max_size=60)


class Law:
    """Carries out what a strategy does, and raises AssertionError where it breaks a law."""

    def __init__(self, name: str, softer_db: float, settle_s: float) -> None:
        soothing = SoothingSettings(strategy=name, first_step_softer_db=softer_db, let_it_settle_s=settle_s)
        self.strategy = strategy_of(LULLABY, tracks("abc"), soothing, seed=0)
        self.at_s = 0.0
        self.local = MORNING
        self.broken = False
        self.asked = False  # the action is one that was asked for
        self.sounds: str | None = None
        self.crying = False
        self.began_s = 0.0  # of the last cry
        self.quiet_since_s: float | None = 0.0  # heard quiet
        self.given_up = False

    def live(self, kind: str, pause_s: float) -> None:
        self.pass_time(pause_s)
        match kind:
            case "quiet hours" | "day":
                self.local = NOON if kind == "quiet hours" else MORNING
            case "broken" | "whole":
                self.broken = kind == "broken"
            case "stop":
                self.obey(self.strategy.stop(self.at_s))
            case "ask" | "ask for b":
                self.asked = True
                self.obey(self.strategy.ask(self.at_s, None if kind == "ask" else "b"))
                self.asked = False
            case "tick":
                pass
            case "long cry":  # long enough for the ladder to give up
                self.live("cry", 0.5)
                self.pass_time(LONG_S)
            case _:
                for event in self.events(kind):
                    self.send(event)

    def pass_time(self, pause_s: float) -> None:
        end_s = self.at_s + pause_s
        while self.at_s < end_s:
            self.at_s = min(end_s, self.at_s + 2.0)
            self.obey(self.strategy.tick(self.at_s, self.local))

    def events(self, kind: str) -> list[Event]:
        at_s = self.at_s
        if (kind in {"calm", "snoozed"}) != self.crying and kind in {"cry", "goes on", "calm", "snoozed"}:
            return []
        match kind:
            case "cry" | "goes on":
                self.crying, self.quiet_since_s, self.began_s = True, None, at_s
                return [CryStarted(at_s, UTC_S, "e", 0.9)] if kind == "cry" else [CryUpdated(at_s, "e", 0.0, 0.9)]
            case "calm" | "snoozed":
                self.crying, self.quiet_since_s = False, at_s
                return [
                    CryEnded(at_s, "e", UTC_S, 1, 0.9, at_s - self.began_s, "calm" if kind == "calm" else "snoozed")
                ]
            case "deaf":
                self.crying, self.quiet_since_s = False, None
                return [Deaf(at_s, "muted")]
            case "hearing":
                self.quiet_since_s = self.quiet_since_s if self.crying or self.quiet_since_s is not None else at_s
                return [Hearing(at_s, "mic")]
            case "snooze":
                return [ControlsChanged(at_s, 100, 0.5, at_s + 60, 1)]
            case "other track":
                return [LullabyStarted(at_s, "c")] if self.sounds else []
            case _:
                return [WindowScored(at_s, 0.9) if kind == "window" else LevelMeasured(at_s, -20, -60)]

    def send(self, event: Event) -> None:
        self.obey(self.strategy.update(event, self.at_s, self.local))

    def obey(self, actions: Iterable[Action]) -> None:
        if self.quiet_since_s is not None and not self.crying and self.at_s - self.quiet_since_s >= QUIET_S:
            self.given_up = False
        for action in actions:
            match action:
                case Play():
                    self.play(action)
                case FadeOut(longest_s=longest_s):
                    assert longest_s > 0
                    self.sounds = None
                case Tell(event=NeedsYou()):
                    assert self.crying
                    assert not self.given_up
                    self.given_up = True
                case Tell():
                    pass

    def play(self, play: Play) -> None:
        assert 0 < play.share <= 1, "louder than the cap"
        if not self.asked:
            assert self.sounds is None, "two sounds"
            assert self.local != NOON, "plays in quiet hours"
            assert not self.given_up, "plays after it gave up"
            assert self.crying, "plays without a cry"
        if self.broken:
            self.sounds = None
            self.send(LullabyFailed(self.at_s, play.track, "no speaker"))
        else:
            self.sounds = play.track
            self.send(LullabyStarted(self.at_s, play.track))


@pytest.mark.parametrize("name", STRATEGIES)
@given(
    steps=STEPS,
    softer_db=st.sampled_from((0.0, 6.0)),
    settle_s=st.sampled_from((0.0, 20.0)),
    local=st.sampled_from((MORNING, NOON)),
)
@settings(max_examples=60, deadline=None)
def test_no_order_of_events_breaks_a_law(name: str, steps: Any, softer_db: float, settle_s: float, local: time) -> None:
    law = Law(name, softer_db, settle_s)
    law.local = local
    for kind, pause_s in steps:
        law.live(kind, pause_s)


def test_the_laws_can_be_broken() -> None:
    law = Law("ladder", 0.0, 0.0)
    law.crying = law.given_up = True
    with pytest.raises(AssertionError, match="gave up"):
        law.play(Play(0.0, tracks("a"), repeat_one=True))
    law.given_up, law.sounds = False, "a"
    with pytest.raises(AssertionError, match="two sounds"):
        law.play(Play(0.0, tracks("a"), repeat_one=True))
