"""The microphone is proven by the own speaker where that can be heard, else by its signal, and says which."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import HOP
from babycryd.audio.ring import RingBuffer
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError
from babycryd.core.commands import PlayLullaby, PlayTestTone
from babycryd.core.events import CryStarted, SelfTested, StateChanged, WindowScored
from babycryd.core.soothing_events import LullabyStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.monitoring.probe_signal import CHIRP, TONE, Sweep
from babycryd.monitoring.self_test import SelfTest
from babycryd.monitoring.self_test_schedule import SelfTestSettings
from babycryd.monitoring.self_test_task import SelfTestTask
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.tracks import list_tracks
from tests.support.fakes.quiet_room import HeardPlayer, QuietRoom
from tests.support.patience import patient, until

pytestmark = pytest.mark.real_time

LOUDEST_DBFS = -34.0
RATE_HZ = 16_000


@dataclass
class Nursery:
    bus: Bus
    room: QuietRoom
    player: HeardPlayer
    soothing: SoothingController
    test: SelfTest


@asynccontextmanager
async def nursery(echo: float = 0.1, at: time = time(12), **lullaby: object) -> AsyncIterator[Nursery]:
    """All but the sound card is real."""
    bus, room = Bus(), QuietRoom()
    player = HeardPlayer(room=room, echo=echo)
    settings = LullabySettings(**lullaby)  # type: ignore[arg-type]
    soothing = SoothingController(
        LullabyStrategy(settings, list_tracks(None)), player, bus.subscribe("soothe"), bus, lambda: at
    )
    capture = CaptureSupervisor(CaptureSettings(), bus, room)
    pipeline = Pipeline(DetectionSettings(), shipped_classifier())
    engine = DetectionEngine(capture, RingBuffer(10.0), pipeline, bus, lambda: None)
    listening = asyncio.create_task(engine.run())
    try:
        await until(lambda: engine.liveness().listening)
        yield Nursery(bus, room, player, soothing, SelfTest(engine, soothing, bus))
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        engine.close()


async def test_a_chirp_that_comes_back_proves_the_microphone_with_level_and_delay() -> None:
    heard_at_s: list[float] = []
    async with nursery(echo=0.1) as here:
        here.test.on_heard = heard_at_s.append
        tested = await here.test.probe(LOUDEST_DBFS)
    assert tested.verdict == "heard"
    assert 0 < heard_at_s[0] < tested.at_s
    assert tested.echo_db == pytest.approx(-20, abs=3)
    assert tested.played_dbfs == pytest.approx(-46, abs=0.5)
    assert tested.delay_s is not None
    assert 0 <= tested.delay_s < 0.5
    assert "dB below what was played" in tested.text
    assert len(here.player.peaks) == 1  # the softest was enough


async def test_it_becomes_louder_only_where_it_must_and_never_louder_than_allowed() -> None:
    async with nursery(echo=0.03) as here:
        tested = await here.test.probe(LOUDEST_DBFS)
    assert tested.verdict == "heard"
    dbfs = 20 * np.log10(here.player.peaks)
    assert dbfs == pytest.approx([-46, -40, -34, -34][: len(dbfs)], abs=0.5)
    assert len(dbfs) > 1


async def test_a_low_volume_is_never_exceeded() -> None:
    async with nursery(echo=0.5, max_volume=0.001) as here:
        await here.test.probe(LOUDEST_DBFS)
    assert max(here.player.peaks) <= 0.00101


async def test_where_nothing_can_be_written_the_caller_is_told_and_the_signal_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with nursery() as here:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        with pytest.raises(CommandError, match=r"cannot be written to a file: No such file"):
            await here.test.execute(PlayTestTone())
        tested = await here.test.probe(LOUDEST_DBFS)
    assert tested.verdict == "not_proven"
    assert "cannot be written" in tested.text


async def test_a_speaker_that_is_not_heard_is_not_deaf() -> None:
    async with nursery(echo=0.0) as here:
        tested = await here.test.probe(LOUDEST_DBFS)
    assert tested.verdict == "not_proven"
    assert tested.text.startswith("not proven by the speaker: the chirp was not heard")
    assert tested.level_dbfs == pytest.approx(-60, abs=2)
    assert tested.echo_db is None


@pytest.mark.parametrize(
    ("lullaby", "broken", "why"),
    [
        ({"enabled": False}, "", "lullaby.enabled is false"),
        ({"quiet_hours": "08:00-19:30"}, "", "lullaby.quiet_hours"),
        ({"max_volume": 0.0}, "", "the speaker's volume is 0"),
        ({}, "unplugged", "the speaker does not play: unplugged"),
    ],
)
async def test_why_the_speaker_has_no_part_in_it_is_said(lullaby: dict[str, object], broken: str, why: str) -> None:
    async with nursery(0.1, time(12), **lullaby) as here:
        here.player.broken = broken
        tested = await here.test.probe(LOUDEST_DBFS)
    assert tested.verdict == "not_proven"
    assert why in tested.text
    assert here.player.playing == ""


async def test_a_signal_that_is_no_room_fails() -> None:
    async with nursery(echo=0.0) as here:
        here.room.level = 1e-6  # of a converter without a microphone
        heard_s = here.test._engine.now_s
        await until(lambda: here.test._engine.now_s > heard_s + 3.2)  # nothing of before is judged
        tested = await here.test.probe(LOUDEST_DBFS)
    assert tested.verdict == "failed"
    assert "gain" in tested.text


async def test_the_tone_is_for_the_owner_and_answered_in_full() -> None:
    async with nursery(echo=0.1) as here:
        words = here.bus.subscribe("test")
        answer = await here.test.execute(PlayTestTone())
        here.player.echo = 0.0
        unheard = await here.test.execute(PlayTestTone())
    assert (answer["speaker"], answer["microphone"], answer["verdict"]) == ("played", "heard the tone", "heard")
    assert answer["echo_db"] == pytest.approx(-20, abs=1)
    assert here.player.peaks[0] == pytest.approx(0.2, abs=0.01)  # half of max_volume
    assert (unheard["microphone"], unheard["verdict"]) == ("did not hear the tone", "not_proven")
    told = [event for event in words._events if isinstance(event, SelfTested)]
    assert [event.verdict for event in told] == ["heard", "not_proven"]


async def test_one_test_at_a_time_and_none_over_a_lullaby() -> None:
    async with nursery() as here:
        first = asyncio.create_task(here.test.execute(PlayTestTone()))
        await until(here.test._lock.locked)
        with pytest.raises(CommandError, match="running already"):
            await here.test.execute(PlayTestTone())
        await first
        await here.soothing.execute(PlayLullaby())
        with pytest.raises(CommandError, match="a lullaby plays"):
            await here.test.execute(PlayTestTone())
        assert "a lullaby plays" in (await here.test.probe(LOUDEST_DBFS)).text


async def test_the_task_tests_by_itself_and_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.monitoring.self_test_schedule.QUIET_S", 0.0)
    async with nursery() as here:
        words = here.bus.subscribe("test")
        self_test_task = SelfTestTask(here.test, SelfTestSettings(), here.bus.subscribe("self-test"), here.bus)
        proving = asyncio.create_task(self_test_task.run())
        await asyncio.sleep(0)
        here.bus.publish(StateChanged(0.0, "listening", 0.0))
        async with patient():
            while not isinstance(event := await words.get(), SelfTested):
                pass
        proving.cancel()
    assert event.verdict == "heard"
    assert not any(isinstance(event, LullabyStarted) for event in words._events)


@pytest.mark.parametrize("noise_dbfs", [-70, -60, -50])
@pytest.mark.parametrize(("sweep", "peak_dbfs"), [(CHIRP, -24.0), (CHIRP, -34.0), (CHIRP, -46.0), (TONE, -14.0)])
def test_the_own_sounds_are_no_cry_even_at_full_echo(sweep: Sweep, peak_dbfs: float, noise_dbfs: float) -> None:
    room = 10 ** (noise_dbfs / 20) * np.random.default_rng(1).standard_normal(60 * RATE_HZ)
    sound = 10 ** (peak_dbfs / 20) * sweep.samples(RATE_HZ)
    for start_s in (40.0, 41.5, 43.0):  # three steps, one after the other
        room[round(start_s * RATE_HZ) :][: len(sound)] += sound
    pipeline = Pipeline(DetectionSettings(), shipped_classifier())
    events = pipeline.push(room[: len(room) // HOP * HOP].astype(np.float32), 0.0, 0.0)
    assert not any(isinstance(event, CryStarted) for event in events)
    scores = [event.score for event in events if isinstance(event, WindowScored) and event.at_s > 40]
    assert max(scores, default=0.0) < 0.1
    assert scores or peak_dbfs < -40  # else they open the gate
