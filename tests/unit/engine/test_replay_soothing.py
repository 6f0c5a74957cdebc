"""A replay soothes as the daemon does, and says at which step it is."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from babycryd.core.event_json import as_json
from babycryd.core.events import CryStarted, Event, LevelMeasured
from babycryd.core.soothing_events import LullabyStarted, LullabyStopped, NeedsYou, SoothingStep
from babycryd.engine.replay import replay
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.strategy import strategy_of
from tests.support.soothing_script import tracks


class CryingPipeline:
    """A pipeline that hears a cry from second 0 on."""

    def push(self, piece: Any, start_s: float, utc_s: float) -> Sequence[Event]:
        level = LevelMeasured(start_s, -20.0, -60.0)
        return [level] if start_s else [CryStarted(start_s, utc_s, "e", 0.9), level]

    def flush(self) -> Sequence[Event]:
        return []

    def finish(self, reason: str) -> Sequence[Event]:
        return []


def replayed(name: str, seconds: int = 260) -> list[Event]:
    strategy = strategy_of(LullabySettings(), tracks("abcd"), SoothingSettings(strategy=name), seed=0)
    pieces = [np.zeros(16_000, np.float32)] * seconds
    return list(replay(pieces, cast("Any", CryingPipeline()), strategy))


def test_the_steps_of_the_ladder_are_events_of_the_replay() -> None:
    events = replayed("ladder")
    begun = [each.track for each in events if isinstance(each, LullabyStarted)]
    ended = [each.reason for each in events if isinstance(each, LullabyStopped)]
    assert (begun, ended) == (["a", "b", "c"], ["next", "next", "given_up"])
    assert [each.sounds for each in events if isinstance(each, NeedsYou)] == [("a", "b", "c")]
    steps = [as_json(each) for each in events if isinstance(each, SoothingStep)]
    assert steps[0] == {
        "event": "soothing_step",
        "at_s": 0.0,
        "since_utc_s": 0.0,
        "strategy": "ladder",
        "phase": "playing",
        "episode": "e",
        "step": 1,
        "sound": "a",
        "level_percent": 100.0,
    }
    assert [each["phase"] for each in steps] == ["playing", "waiting"] * 2 + ["playing", "given_up"]


def test_chance_is_the_same_in_every_replay() -> None:
    assert replayed("learning") == replayed("learning")
