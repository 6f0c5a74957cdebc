"""The broadcast: with consent only, for a few listeners, none of whom holds up another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from babycryd.audio.block import AudioBlock
from babycryd.audio.format import HOP, HOP_S
from babycryd.audio.ring import RingBuffer
from babycryd.core.live_sound import ListenersChanged, LiveSoundError
from babycryd.detect.gate import GateSettings
from babycryd.listen_in import broadcast as module
from babycryd.listen_in.broadcast import Broadcast, Listener
from babycryd.listen_in.encoder import EncoderError
from babycryd.listen_in.settings import CONSENT, ListenInSettings
from tests.support.patience import patient, until

ON = ListenInSettings(enabled=True, consent=CONSENT, max_listeners=2)


class Room:
    """A broadcast and its ring."""

    def __init__(self, settings: ListenInSettings = ON) -> None:
        self.ring = RingBuffer(3.0)
        self.told: list[int] = []
        self.hops = 0
        self.broadcast = Broadcast(settings, self.ring, self._note, GateSettings())

    def hear(self, hops: int = 1) -> None:
        for _ in range(hops):
            noise = np.random.default_rng(self.hops).normal(0, 0.1, HOP).astype(np.float32)
            self.ring.append(AudioBlock(noise, self.hops * HOP_S, 0.0))
            self.hops += 1

    def _note(self, event: ListenersChanged) -> None:
        self.told.append(event.listeners)


@asynccontextmanager
async def running(settings: ListenInSettings = ON) -> AsyncIterator[Room]:
    room = Room(settings)
    task = asyncio.create_task(room.broadcast.run())
    await asyncio.sleep(0)
    yield room
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def heard(room: Room, listener: Listener) -> int:
    """Bytes that a listener gets of two hops."""
    room.hear(2)
    async with patient(60):
        taken = await listener.take()
    assert taken
    return len(taken)


async def test_listeners_hear_and_are_counted() -> None:
    async with running() as room:
        assert room.told == [0]  # replaces what a killed run left
        first, second = room.broadcast.listen("a", gated=False), room.broadcast.listen("b", gated=True)
        await asyncio.sleep(0)
        assert await heard(room, first)
        assert await heard(room, second)
        assert room.broadcast.listeners == 2
        with pytest.raises(LiveSoundError, match="2 listen already"):
            room.broadcast.listen("c", gated=False)
        first.close()
        first.close()
        second.close()
        assert room.told == [0, 1, 2, 1, 0]


async def test_without_consent_there_is_no_sound() -> None:
    async with running(ListenInSettings()) as room:
        assert not room.broadcast.enabled
        with pytest.raises(LiveSoundError, match=r"listen_in\.consent"):
            room.broadcast.listen("a", gated=False)


async def test_withdrawn_consent_ends_every_listener_at_once() -> None:
    async with running() as room:
        listener = room.broadcast.listen("a", gated=False)
        await asyncio.sleep(0)
        await heard(room, listener)
        room.hear(2)
        room.broadcast.configure(replace(ON, enabled=False))
        assert await listener.take() is None
        with pytest.raises(LiveSoundError):
            room.broadcast.listen("a", gated=False)


async def test_a_slow_listener_is_dropped_and_holds_up_no_other() -> None:
    async with running() as room:
        slow, quick = room.broadcast.listen("slow", gated=False), room.broadcast.listen("quick", gated=False)
        await asyncio.sleep(0)
        for _ in range(14):
            await heard(room, quick)
        await until(lambda: room.broadcast.dropped == 1)
        assert await slow.take() is None
        assert await heard(room, quick)


async def test_the_end_of_the_daemon_ends_the_listeners() -> None:
    async with running() as room:
        listener = room.broadcast.listen("a", gated=False)
        await asyncio.sleep(0)
    assert await listener.take() is None


async def test_an_encoder_that_fails_ends_the_listeners_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise EncoderError("no MP3")

    monkeypatch.setattr(module, "Mp3Encoder", fail)
    room = Room()
    listener = room.broadcast.listen("a", gated=False)
    task = asyncio.create_task(room.broadcast.run())
    await asyncio.sleep(0)
    room.hear(2)
    async with patient(60):
        assert await listener.take() is None
    with pytest.raises(EncoderError):
        await task
