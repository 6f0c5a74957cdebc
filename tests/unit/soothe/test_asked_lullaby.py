"""A lullaby that the home asks for, or asks to end: what the strategy decides, and what the controller answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError
from babycryd.core.commands import PlayLullaby, StopLullaby
from babycryd.core.events import ControlsChanged, CryEnded, CryStarted, LevelMeasured
from babycryd.soothe import controller as module
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.strategy import Track
from tests.support.fakes.player import FakePlayer
from tests.support.patience import until as wait_for
from tests.support.soothing_script import short

pytestmark = pytest.mark.usefixtures("virtual_time")
TRACKS = (Track("a", Path("a.ogg")), Track("b", Path("b.ogg")))
NOON = time(12)
SETTINGS = LullabySettings(calm_s=10, longest_s=100, cooldown_s=5)


def cry(at_s: float) -> CryStarted:
    return CryStarted(at_s, at_s, "e", 0.9)


def calm(at_s: float) -> CryEnded:
    return CryEnded(at_s, "e", 0.0, 5.0, 0.9, 3.0, "calm")


def snooze(at_s: float) -> ControlsChanged:
    return ControlsChanged(at_s, 100, 0.77, at_s + 600, 10)


def until(strategy: LullabyStrategy, start_s: int, end_s: int) -> list[tuple[float, str]]:
    """What it does on a tick a second."""
    return [each for at_s in range(start_s, end_s) for each in short(strategy.tick(at_s, NOON))]


def test_it_plays_without_a_cry_until_its_longest() -> None:
    strategy = LullabyStrategy(SETTINGS, TRACKS)
    assert short(strategy.ask(5, None)) == [(5, "a")]
    assert until(strategy, 6, 200) == [(105, "longest")]


def test_a_name_chooses_the_track_and_changes_what_plays() -> None:
    strategy = LullabyStrategy(SETTINGS, TRACKS)
    assert short(strategy.ask(0, None) + strategy.ask(1, "b") + strategy.ask(2, None)) == [(0, "a"), (1, "b")]


def test_an_unknown_name_changes_nothing() -> None:
    strategy = LullabyStrategy(SETTINGS, TRACKS)
    with pytest.raises(KeyError):
        strategy.ask(0, "metal")
    assert until(strategy, 1, 10) == []


@pytest.mark.parametrize("changes", [{"enabled": False}, {"quiet_hours": "00:00-23:59"}])
def test_it_plays_where_a_cry_would_not_start_one(changes: dict[str, object]) -> None:
    strategy = LullabyStrategy(replace(SETTINGS, **changes), TRACKS)  # type: ignore[arg-type]  # any setting
    assert short(strategy.ask(0, None)) == [(0, "a")]
    assert until(strategy, 1, 50) == []


def test_what_a_cry_started_and_somebody_wants_outlives_the_calm() -> None:
    strategy = LullabyStrategy(SETTINGS, TRACKS)
    strategy.update(cry(0), 0, NOON)
    strategy.ask(1, None)
    strategy.update(calm(5), 5, NOON)
    assert until(strategy, 6, 200) == [(100, "longest")]


def test_stopped_it_stays_quiet_until_another_cry() -> None:
    strategy = LullabyStrategy(SETTINGS, TRACKS)
    strategy.update(cry(0), 0, NOON)
    assert short(strategy.stop(3)) == [(3, "asked")]
    assert until(strategy, 4, 100) == []
    strategy.update(calm(100), 100, NOON)
    assert short(strategy.update(cry(110), 110, NOON)) == [(110, "b")]


def test_stopping_nothing_is_nothing() -> None:
    assert LullabyStrategy(SETTINGS, TRACKS).stop(0) == []


def test_a_snooze_ends_what_a_cry_started_but_not_what_was_asked_for() -> None:
    strategy = LullabyStrategy(SETTINGS, TRACKS)
    strategy.update(cry(0), 0, NOON)
    assert short(strategy.update(snooze(2), 2, NOON)) == [(2, "asked")]
    strategy.update(calm(3), 3, NOON)
    strategy.ask(20, "a")
    assert strategy.update(snooze(21), 21, NOON) == []


@asynccontextmanager
async def running(monkeypatch: pytest.MonkeyPatch, player: FakePlayer) -> AsyncIterator[tuple[SoothingController, Bus]]:
    monkeypatch.setattr(module, "TICK_S", 0.02)
    bus = Bus()
    soothing = SoothingController(LullabyStrategy(SETTINGS, TRACKS), player, bus.subscribe("soothe"), bus, lambda: NOON)
    task = asyncio.create_task(soothing.run())
    try:
        yield soothing, bus
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_the_soother_answers_with_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    player = FakePlayer()
    async with running(monkeypatch, player) as (soothing, _):
        assert await soothing.execute(PlayLullaby("b")) == {"lullaby": "ON", "track": "b"}
        assert player.playing == "b"
        assert await soothing.execute(StopLullaby()) == {"lullaby": "OFF"}
        assert player.playing == ""


async def test_the_soother_names_the_tracks_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    player = FakePlayer()
    async with running(monkeypatch, player) as (soothing, _):
        with pytest.raises(CommandError, match="no track 'metal'; there are: a, b"):
            await soothing.execute(PlayLullaby("metal"))
    assert player.playing == ""


async def test_a_speaker_that_does_not_play_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    player = FakePlayer()
    async with running(monkeypatch, player) as (soothing, _):
        await asyncio.sleep(0.05)
        player.broken = "no speaker"
        with pytest.raises(CommandError, match="cannot be played: no speaker"):
            await soothing.execute(PlayLullaby())


async def test_a_share_of_the_volume_reaches_what_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    player = FakePlayer()
    async with running(monkeypatch, player) as (soothing, bus):
        await soothing.execute(PlayLullaby())
        soothing.set_share(0.5)
        bus.publish(LevelMeasured(1.0, -50, -60))
        await wait_for(lambda: player.volume == SETTINGS.max_volume / 2)
    assert f"volume {SETTINGS.max_volume / 2:g}" in player.calls


async def test_a_test_sound_does_not_disturb_a_lullaby(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch, FakePlayer()) as (soothing, _):
        await soothing.execute(PlayLullaby())
        with pytest.raises(CommandError, match="a lullaby plays"):
            await soothing.play_once(TRACKS[0], 0.1)
