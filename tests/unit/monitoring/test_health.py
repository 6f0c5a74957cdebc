"""How the daemon says it is: what it measures of itself, and which microphone and speaker it believes in."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Event, HealthMeasured, Hearing, MicrophoneTroubled
from babycryd.core.health_parts import StreamHealth
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted
from babycryd.monitoring import health
from babycryd.monitoring.health import HealthMonitor, OptionalHealth
from babycryd.system.vitals import CpuMeter, rss_mb
from tests.support.patience import HANG_S, patient

STREAM = StreamHealth(drift_ppm=40.0, lost_s=0.5, gaps=2, reopened=1)


@asynccontextmanager
async def watching(monkeypatch: pytest.MonkeyPatch, *events: Event) -> AsyncIterator[list[HealthMeasured]]:
    """What it measures, every 20 ms, once it has heard of `events`."""
    monkeypatch.setattr(health, "EVERY_S", 0.02)
    monkeypatch.setattr(health, "_FIRST_AFTER_S", 0.02)
    bus, measured, first = Bus(), list[HealthMeasured](), asyncio.Event()
    capture = cast("Any", SimpleNamespace(source=SimpleNamespace(dropped_blocks=3), stream_health=STREAM))
    listening = SimpleNamespace(listening=True)
    heard = {"now_s": 12.5, "last_window_utc_s": 99.0, "take_lag_s": lambda: 0.25, "liveness": lambda: listening}
    listener = cast("Any", SimpleNamespace(**heard))
    optional = OptionalHealth(disk=lambda: "full", broker=lambda: "read only")
    watch = HealthMonitor(capture, listener, "USB speaker", bus.subscribe("health"), bus, optional)
    words = bus.subscribe("test")
    for event in events:
        bus.publish(event)

    async def note() -> None:
        async for event in words:
            if isinstance(event, HealthMeasured):
                measured.append(event)
                first.set()

    tasks = [asyncio.create_task(watch.run()), asyncio.create_task(note())]
    try:
        async with patient():
            await first.wait()
        yield measured
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_it_tells_what_others_count_and_what_it_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(monkeypatch) as measured:
        first = measured[0]
    assert (first.at_s, first.lag_s, first.dropped_blocks, first.last_window_utc_s) == (12.5, 0.25, 3, 99.0)
    assert first.listening
    assert (first.route, first.offloaded_segments) == ("local", 0)
    assert (first.disk, first.broker) == ("full", "read only")
    assert first.stream == STREAM
    assert first.rss_mb > 10
    assert first.utc_s == pytest.approx(time.time(), abs=HANG_S)
    assert 0 < first.uptime_s < HANG_S


@pytest.mark.parametrize(
    ("events", "microphone", "speaker"),
    [
        ((), None, "USB speaker"),
        ((Hearing(1, "mic"),), "mic", "USB speaker"),
        ((Hearing(1, "mic"), Deaf(2, "unplugged")), None, "USB speaker"),
        ((LullabyFailed(1, "a", "no speaker"),), None, None),
        ((LullabyFailed(1, "a", "no speaker"), LullabyStarted(2, "a")), None, "USB speaker"),
    ],
)
async def test_it_names_only_devices_that_work(
    monkeypatch: pytest.MonkeyPatch, events: tuple[Event, ...], microphone: str | None, speaker: str | None
) -> None:
    async with watching(monkeypatch, *events) as measured:
        assert (measured[0].microphone, measured[0].speaker) == (microphone, speaker)


async def test_it_tells_of_a_strained_microphone_until_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(monkeypatch, MicrophoneTroubled(1, "it clips")) as measured:
        assert measured[0].microphone_trouble == "it clips"
    async with watching(monkeypatch, MicrophoneTroubled(1, "it clips"), MicrophoneTroubled(9, None)) as measured:
        assert measured[0].microphone_trouble is None


def test_the_cpu_meter_sees_work_and_rest() -> None:
    meter = CpuMeter()
    end_s = time.process_time() + 0.2
    while time.process_time() < end_s:
        pass
    busy = meter.percent()
    time.sleep(0.2)
    assert meter.percent() < busy


def test_memory_is_that_of_a_python_process() -> None:
    assert 5 < rss_mb() < 2_000
