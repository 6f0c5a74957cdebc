"""What the supervisor does differently for a source in the network."""

import asyncio

import numpy as np
import pytest

from babycryd.audio.block import Mono
from babycryd.capture import supervisor
from babycryd.capture.arrival import ArrivalWatch
from babycryd.capture.signal_watch import SignalWatch
from babycryd.capture.source import CaptureError, SourceTraits
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Hearing
from babycryd.core.health_parts import StreamHealth
from tests.unit.capture.test_supervisor import QUICK, RANDOM, Run, ScriptedSource, sound

REMOTE = SourceTraits(
    live=True, can_be_muted=True, hears_speaker=False, remote=True, least_stall_s=4.5, least_zeros_s=60.0
)


def sample_second() -> Mono:
    return (RANDOM.standard_normal(16_000) / 10).astype(np.float32)


class RemoteSource(ScriptedSource):
    traits = REMOTE
    overflows = 2


@pytest.mark.parametrize(
    ("traits", "asked_s", "stall_s", "zeros_s"),
    [
        (REMOTE, 2.0, 4.5, 60.0),
        (REMOTE, 100.0, 100.0, 100.0),
        (REMOTE, 0.0, 4.5, float("inf")),
        (SourceTraits(live=True, can_be_muted=True, hears_speaker=True), 2.0, 2.0, 2.0),
        (SourceTraits(live=True, can_be_muted=False, hears_speaker=True), 2.0, 2.0, float("inf")),
    ],
)
def test_a_network_may_be_silent_for_longer(
    traits: SourceTraits, asked_s: float, stall_s: float, zeros_s: float
) -> None:
    assert (traits.stall_s(asked_s), traits.zeros_s(asked_s)) == (stall_s, zeros_s)


def test_a_stall_is_told_within_five_seconds_and_bursts_are_no_wrong_rate() -> None:
    watch = SignalWatch("cam", 0.0, stall_s=4.5, zeros_s=60.0, remote=True)
    for second in range(60):  # a second at once, each three seconds late by turns
        watch.update(second + 3 * (second % 2), sample_second())
        assert watch.check(second + 3.0) is None
    last_s = 59 + 3.0
    assert watch.check(last_s + 4.4) is None
    assert watch.check(last_s + 4.5) == "no sound for 4.5 s from cam: is it switched on and in this network?"


async def test_losses_and_reopenings_are_in_its_health() -> None:
    run = await Run(
        RemoteSource([sound()], [sound(lost=16_000)], CaptureError("gone"), [sound()], [sound()])
    ).to_the_end()
    assert [type(event) for event in run.events] == [Hearing, Deaf, Hearing]
    assert run.capture.stream_health == StreamHealth(drift_ppm=None, lost_s=1.0, gaps=2, reopened=1)


async def test_sound_that_the_network_dropped_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(RemoteSource(*[[sound()] for _ in range(4)]))
    arrival = run.capture._arrival
    assert arrival is not None
    found = iter([0, 32_000, 0, 0])
    monkeypatch.setattr(arrival, "take_lost", lambda: next(found))
    await run.to_the_end()
    assert [block.start_s for block in run.blocks] == [0.0, 2.08, 2.16, 2.24]


async def test_a_local_source_has_no_such_health() -> None:
    assert (await Run(ScriptedSource([sound()])).to_the_end()).capture.stream_health is None


async def test_a_long_opening_is_told_as_deaf_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LONG_OPENING_S", 0.01)
    told = asyncio.Event()

    class SlowSource(RemoteSource):
        async def open(self) -> None:
            await told.wait()
            await super().open()

    bus = Bus()
    events = bus.subscribe("test")
    capture = CaptureSupervisor(QUICK, bus, SlowSource([sound()]))

    async def listen() -> None:
        async for _ in capture.blocks():
            pass

    listening = asyncio.ensure_future(listen())
    event = await events.get()
    assert isinstance(event, Deaf)
    assert event.reason == "script does not answer yet"
    told.set()
    await listening
    assert isinstance(await events.get(), Hearing)
    assert capture.reopened == 0


async def test_a_wrong_rate_is_a_trouble_and_no_deafness(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(RemoteSource([sound()], [sound()]))
    monkeypatch.setattr(ArrivalWatch, "trouble", lambda _, name: f"{name} is too fast")
    await run.to_the_end()
    told = [getattr(event, "trouble", None) for event in run.events]
    assert "script is too fast" in told
