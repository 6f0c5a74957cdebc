"""The controller with the ladder: steps on the bus, a softer first sound, a cry that is told before any sound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time

import pytest

from babycryd.core.bus import Bus, Subscription
from babycryd.core.commands import StopLullaby
from babycryd.core.events import CryStarted, Event
from babycryd.core.soothing_events import (
    LullabyFailed,
    LullabyStarted,
    LullabyStopped,
    NeedsYou,
    SoothingStep,
    SoundJudged,
)
from babycryd.soothe import controller as module
from babycryd.soothe import ladder_strategy
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.ladder_strategy import LadderStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from tests.support.fakes.player import FakePlayer
from tests.support.patience import patient
from tests.support.soothing_script import tracks

CRY = CryStarted(100.0, 100.0, "e", 0.9)


@dataclass
class Nursery:
    soothing: SoothingController
    player: FakePlayer
    bus: Bus
    heard: Subscription

    async def next(self, kind: type[Event]) -> Event:
        async with patient():
            while not isinstance(event := await self.heard.get(), kind):
                pass
        return event


@asynccontextmanager
async def nursery(step_s: float = 0.1, softer_db: float = 0.0, sounds: int = 3) -> AsyncIterator[Nursery]:
    bus, player = Bus(), FakePlayer()
    soothing = SoothingSettings(step_s=step_s, sounds=sounds, first_step_softer_db=softer_db)
    strategy = LadderStrategy(LullabySettings(max_volume=0.4), tracks("abc"), soothing)
    controller = SoothingController(strategy, player, bus.subscribe("soothe"), bus, lambda: time(12))
    one = Nursery(controller, player, bus, bus.subscribe("test"))
    running = asyncio.create_task(controller.run())
    try:
        yield one
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_S", 0.02)
    monkeypatch.setattr(ladder_strategy, "CHANGE_FADE_S", 0.02)


async def test_every_step_is_on_the_bus_and_at_last_that_the_baby_needs_its_parents() -> None:
    async with nursery() as one:
        one.bus.publish(CRY)
        needs = await one.next(NeedsYou)
    assert isinstance(needs, NeedsYou)
    assert (needs.episode, needs.sounds) == ("e", ("a", "b", "c"))
    assert needs.at_s >= CRY.at_s  # stream time, not the loop's
    played = [call for call in one.player.calls if call.startswith("play")]
    assert played == [f"play {each} fade 3 repeat" for each in "abc"]


async def test_the_events_of_a_step_come_in_their_order() -> None:
    async with nursery(sounds=1) as one:
        one.bus.publish(CRY)
        await one.next(NeedsYou)
        first = await one.next(LullabyStopped)
    assert isinstance(first, LullabyStopped)
    assert (first.track, first.reason) == ("a", "given_up")


async def test_the_cry_is_on_the_bus_before_any_sound() -> None:
    async with nursery() as one:
        one.bus.publish(CRY)
        async with patient():
            events = [await one.heard.get() for _ in range(3)]
    assert [type(each) for each in events] == [CryStarted, LullabyStarted, SoothingStep]


async def test_the_first_sound_is_softer_and_never_louder_than_the_cap() -> None:
    async with nursery(softer_db=6.0) as one:
        one.bus.publish(CRY)
        await one.next(LullabyStarted)
        soft = one.player.volume
        await one.next(LullabyStarted)
        full = one.player.volume
    assert soft == pytest.approx(0.4 * 10 ** (-6 / 20))
    assert full == 0.4
    assert one.soothing.volume <= 0.4


async def test_a_speaker_that_vanishes_in_a_step_spoils_its_judgement_only() -> None:
    async with nursery(step_s=60.0) as one:
        one.bus.publish(CRY)
        await one.next(LullabyStarted)
        one.player.broken = "the speaker is gone"
        failed = await one.next(LullabyFailed)
        judged = await one.next(SoundJudged)
    assert isinstance(failed, LullabyFailed)
    assert isinstance(judged, SoundJudged)
    assert (judged.sound, judged.outcome) == ("a", "unknown")


async def test_a_track_that_ends_by_itself_is_told_and_the_next_one_is_judged() -> None:
    async with nursery(step_s=60.0) as one:
        one.bus.publish(CRY)
        await one.next(LullabyStarted)
        one.player.playing = "c"
        stopped = await one.next(LullabyStopped)
        begun = await one.next(LullabyStarted)
        judged = await one.next(SoundJudged)
    assert isinstance(stopped, LullabyStopped)
    assert (stopped.track, stopped.reason) == ("a", "next")
    assert isinstance(begun, LullabyStarted)
    assert begun.track == "c"
    assert isinstance(judged, SoundJudged)
    assert (judged.sound, judged.outcome) == ("a", "unknown")


async def test_a_stop_by_command_is_a_parent() -> None:
    async with nursery(step_s=60.0) as one:
        one.bus.publish(CRY)
        await one.next(LullabyStarted)
        await one.soothing.execute(StopLullaby())
        judged = await one.next(SoundJudged)
    assert isinstance(judged, SoundJudged)
    assert judged.outcome == "parent"
