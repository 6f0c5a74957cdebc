"""A command to a room that is away for a moment is obeyed when it is back, unless its session has expired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import paho.mqtt.client as paho
import pytest

from babycryd.core.commands import SetVolume
from tests.support.broker import Broker
from tests.support.fakes.loopback_server import LoopbackServer
from tests.support.patience import until
from tests.support.publishing import RunningPublisher, expect, publishing, settings_for

pytestmark = pytest.mark.broker


class Road(LoopbackServer):
    """A port of loopback that leads to another, unless it is cut."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._open = True
        self._ends: list[asyncio.StreamWriter] = []

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        self.cut()

    def cut(self) -> None:
        self._open = False
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    def mend(self) -> None:
        self._open = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._ends += [writer, back]
        await asyncio.gather(_travel(reader, back), _travel(there, writer))


async def _travel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()


@asynccontextmanager
async def away(broker: Broker, for_s: float) -> AsyncIterator[RunningPublisher]:
    """A room that was at the broker, was asked something while it was not, and is back."""
    with broker.subscriber() as home:
        async with Road(broker.port) as road, publishing(replace(settings_for(broker), port=road.port)) as running:
            await expect(home, "status", "online")
            broker.publish("babycryd/nursery/volume/set", "30")
            await until(lambda: running.executed == [SetVolume(30.0)])
            road.cut()
            await expect(home, "status", "offline")
            await asyncio.to_thread(broker.publish, "babycryd/nursery/volume/set", "40")
            await asyncio.sleep(for_s)
            road.mend()
            await expect(home, "status", "online", times=2)
            yield running


async def test_a_command_of_a_moment_ago_is_obeyed(broker: Broker) -> None:
    async with away(broker, 0.0) as running:
        await until(lambda: running.executed == [SetVolume(30.0), SetVolume(40.0)])


async def test_an_old_command_is_not(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.mqtt.client.SESSION_EXPIRES_S", 1)
    async with away(broker, 4.0) as running:
        await asyncio.sleep(0.5)
        assert running.executed == [SetVolume(30.0)]


async def test_what_is_asked_the_moment_it_is_online_is_obeyed(broker: Broker) -> None:
    """As an automation does that sets the volume whenever the room comes back."""

    def answer(home: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        if message.payload == b"online":
            home.publish("babycryd/nursery/volume/set", b"30", qos=1)

    home = broker.client().paho("automation")
    home.on_message = answer
    home.connect(broker.host, broker.port)
    home.subscribe("babycryd/nursery/status", qos=1)
    home.loop_start()
    try:
        async with publishing(settings_for(broker)) as running:
            await until(lambda: running.executed == [SetVolume(30.0)])
    finally:
        home.disconnect()
        home.loop_stop()
