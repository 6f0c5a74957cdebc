"""Events in, player driven, words on the bus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from babycryd.core.bus import Bus, Subscription
from babycryd.core.events import CryEnded, CryStarted, Deaf, Event, LevelMeasured
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.soothe import controller as module
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.strategy import Action, Track
from tests.support.fakes.player import FakePlayer
from tests.support.patience import patient, until

pytestmark = pytest.mark.usefixtures("virtual_time")
TRACKS = (Track("a", Path("a.ogg")), Track("b", Path("b.ogg")))
SETTINGS = LullabySettings(calm_s=0.1, cooldown_s=0.0, fade_in_s=3, fade_out_s=8, longest_s=60)
CRY = CryStarted(100.0, 100.0, "e", 0.9)
CALM = CryEnded(100.2, "e", 100.0, 0.2, 0.9, 0.1, "calm")


class Nursery:
    """A running controller with a fake player, and what it says on the bus."""

    def __init__(self, settings: LullabySettings = SETTINGS, player: FakePlayer | None = None) -> None:
        self.bus = Bus()
        self.player = player or FakePlayer()
        self.soothing = SoothingController(
            LullabyStrategy(settings, TRACKS), self.player, self.bus.subscribe("soothe"), self.bus, lambda: time(12)
        )
        self._heard: Subscription = self.bus.subscribe("test")

    async def said(self) -> Event:
        """The soother's next word."""
        async with patient():
            while True:
                event = await self._heard.get()
                if isinstance(event, LullabyStarted | LullabyStopped | LullabyFailed):
                    return event


@asynccontextmanager
async def running(nursery: Nursery) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(nursery.soothing.run())
        try:
            yield
        finally:
            task.cancel()


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_S", 0.02)


async def test_a_cry_starts_it_and_calm_fades_it() -> None:
    nursery = Nursery()
    async with running(nursery):
        nursery.bus.publish(CRY)
        begun = await nursery.said()
        nursery.bus.publish(CALM)
        ended = await nursery.said()
    assert isinstance(begun, LullabyStarted)
    assert isinstance(ended, LullabyStopped)
    assert (begun.track, ended.track, ended.reason) == ("a", "a", "calm")
    assert begun.at_s == pytest.approx(CRY.at_s, abs=0.5)  # stream time, not the loop's
    assert nursery.player.calls == ["prepare", "play a fade 3 repeat", "fade 8"]


async def test_without_any_event_time_still_goes_by() -> None:
    nursery = Nursery()
    async with running(nursery):
        nursery.bus.publish(CRY)
        await nursery.said()
        nursery.bus.publish(Deaf(100.1, "unplugged"))
        ended = await nursery.said()
    assert isinstance(ended, LullabyStopped)
    assert ended.reason == "calm"
    assert ended.at_s >= 100.1 + SETTINGS.calm_s


async def test_no_speaker_is_an_event_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.soothe.lullaby_strategy.FIRST_RETRY_S", 0.05)
    nursery = Nursery()
    async with running(nursery):
        nursery.player.broken = "no speaker"
        nursery.bus.publish(CRY)
        failed = await nursery.said()
        nursery.player.broken = ""
        begun = await nursery.said()
    assert failed == LullabyFailed(failed.at_s, "a", "no speaker")
    assert isinstance(begun, LullabyStarted)


async def test_a_failure_that_goes_on_is_told_once_until_its_reason_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.soothe.lullaby_strategy.FIRST_RETRY_S", 0.02)
    monkeypatch.setattr("babycryd.soothe.lullaby_strategy.LONGEST_RETRY_S", 0.02)
    nursery = Nursery()
    async with running(nursery):
        words: list[Event] = []
        for broken in ("no speaker", "stalled"):
            nursery.player.broken = broken
            nursery.bus.publish(replace(CRY, episode="e") if not words else LevelMeasured(1.0, -50.0, -60.0))
            words.append(await nursery.said())
            await asyncio.sleep(0.3)  # it is tried many times
        nursery.player.broken = ""
        words.append(await nursery.said())
    assert [getattr(word, "error", "plays") for word in words] == ["no speaker", "stalled", "plays"]


async def test_a_speaker_lost_while_it_plays_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.soothe.lullaby_strategy.FIRST_RETRY_S", 0.05)
    nursery = Nursery()
    async with running(nursery):
        nursery.bus.publish(CRY)
        words = [await nursery.said()]
        nursery.player.broken = "the speaker is gone"
        words.append(await nursery.said())
        nursery.player.broken = ""
        words.append(await nursery.said())
    assert [type(word) for word in words] == [LullabyStarted, LullabyFailed, LullabyStarted]


async def test_a_speaker_lost_while_it_fades_is_no_reason_to_play_again() -> None:
    nursery = Nursery(replace(SETTINGS, longest_s=5.0, calm_s=0.05))
    async with running(nursery):
        nursery.bus.publish(CRY)
        await nursery.said()
        nursery.player.broken = "the speaker is gone"
        nursery.bus.publish(CALM)
        failed = await nursery.said()
        nursery.player.broken = ""
        await asyncio.sleep(0.1)
    assert isinstance(failed, LullabyFailed)
    assert nursery.player.calls == ["prepare", "play a fade 3 repeat"]


async def test_new_settings_reach_the_sounding_lullaby() -> None:
    nursery = Nursery()
    async with running(nursery):
        nursery.bus.publish(CRY)
        await nursery.said()
        nursery.soothing.configure(replace(SETTINGS, max_volume=0.1))
        await until(lambda: nursery.player.volume == 0.1)
        nursery.soothing.configure(replace(SETTINGS, enabled=False))
        ended = await nursery.said()
    assert isinstance(ended, LullabyStopped)
    assert ended.reason == "asked"


async def test_closing_fades_what_sounds_and_ends_all_soothing() -> None:
    nursery = Nursery()
    async with running(nursery):
        nursery.bus.publish(CRY)
        await nursery.said()
        await nursery.soothing.close(0.5)
        ended = await nursery.said()
        nursery.bus.publish(replace(CRY, at_s=101.0))
        await asyncio.sleep(0.1)
    assert isinstance(ended, LullabyStopped)
    assert ended.reason == "stopped"
    assert nursery.player.calls == ["prepare", "play a fade 3 repeat", "fade 0.25", "close"]


async def test_closing_when_silent_lets_the_speaker_go() -> None:
    nursery = Nursery()
    await nursery.soothing.close()
    assert nursery.player.calls == ["close"]


class StuckPlayer(FakePlayer):
    async def fade_out(self, fade_s: float) -> None:
        await asyncio.sleep(fade_s + 3600)


async def test_closing_does_not_wait_for_a_stuck_speaker() -> None:
    nursery = Nursery(player=StuckPlayer())
    async with running(nursery):
        nursery.bus.publish(CRY)
        await nursery.said()
        async with patient():
            await nursery.soothing.close(0.1)
    assert isinstance(await nursery.said(), LullabyStopped)


async def test_a_broken_sound_system_does_not_end_it() -> None:
    nursery = Nursery()
    nursery.player.broken = "pygame-ce cannot be loaded"
    async with running(nursery):
        nursery.bus.publish(CRY)
        assert isinstance(await nursery.said(), LullabyFailed)
        await nursery.soothing.close(0.1)


class Counted(LullabyStrategy):
    """Counts how often it is asked to decide."""

    asked = 0

    def tick(self, at_s: float, local_time: time) -> list[Action]:
        self.asked += 1
        return super().tick(at_s, local_time)


async def test_in_quiet_it_wakes_for_events_only() -> None:
    nursery, strategy = Nursery(), Counted(SETTINGS, TRACKS)
    nursery.soothing = SoothingController(strategy, nursery.player, nursery.bus.subscribe("soothe"), nursery.bus)
    async with running(nursery):
        await asyncio.sleep(100 * module.TICK_S)
        nursery.bus.publish(LevelMeasured(100.0, -60.0, -62.0))
        await asyncio.sleep(module.TICK_S)
        assert strategy.asked == 0
        nursery.bus.publish(CRY)
        assert isinstance(await nursery.said(), LullabyStarted)
        before = strategy.asked
        await until(lambda: strategy.asked > before + 3)  # a deaf microphone sends no event
