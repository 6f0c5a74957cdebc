"""A command to a room that is away for a moment is obeyed when it is back, unless its session has expired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import paho.mqtt.client as paho
import pytest

from babycryd.core.commands import SetVolume
from tests.support.broker import Broker
from tests.support.fakes.road import Road
from tests.support.mqtt_client import leave
from tests.support.patience import until
from tests.support.publishing import RunningPublisher, expect, publishing, settings_for

pytestmark = pytest.mark.broker


@asynccontextmanager
async def away(broker: Broker, *, expires: bool = False) -> AsyncIterator[RunningPublisher]:
    """A room that was at the broker, was asked something while it was not, and is back.

    `expires`: after the broker has forgotten its session.
    """
    with broker.subscriber() as home:
        async with Road(broker.port) as road, publishing(replace(settings_for(broker), port=road.port)) as running:
            await expect(home, "status", "online")
            broker.publish("babycryd/nursery/volume/set", "30")
            await until(lambda: running.executed == [SetVolume(30.0)])
            road.cut()
            await expect(home, "status", "offline")
            await asyncio.to_thread(broker.publish, "babycryd/nursery/volume/set", "40")
            if expires:
                await until(lambda: "Expiring client babycryd-nursery due to timeout" in broker.log.read_text())
            await road.mend()
            await expect(home, "status", "online", times=2)
            yield running


async def test_a_command_of_a_moment_ago_is_obeyed(broker: Broker) -> None:
    async with away(broker) as running:
        await until(lambda: running.executed == [SetVolume(30.0), SetVolume(40.0)])


async def test_an_old_command_is_not(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.mqtt.client.SESSION_EXPIRES_S", 1)
    async with away(broker, expires=True) as running:
        await asyncio.to_thread(broker.publish, "babycryd/nursery/volume/set", "50")  # what was kept would come before
        await until(lambda: SetVolume(50.0) in running.executed)
        assert running.executed == [SetVolume(30.0), SetVolume(50.0)]


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
        leave(home)
