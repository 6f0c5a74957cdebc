"""A publisher connected to a real broker, and the checks of its tests."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, CommandResult, Feedback
from babycryd.core.events import CryEnded, CryStarted, StateChanged
from babycryd.mqtt.discovery import AnnouncedDevice
from babycryd.mqtt.outbox_store import OutboxStore
from babycryd.mqtt.publisher import MqttPublisher
from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import PASSWORD, USERNAME, Broker, Subscriber
from tests.support.patience import HANG_S, Stopwatch, until

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
HOME = AnnouncedDevice("nursery", "Nursery", ("brahms", "rain"))
RETAINED_AT_START = 8  # status, cry, announcement, about, today, lullaby/state, lullaby/track and lullaby/title
LISTENING = StateChanged(1.0, "listening", 1_700_000_000.0)
LISTENING_JSON = '{"state":"listening","since":"2023-11-14T22:13:20.000+00:00","reason":null}'


def started(number: int) -> CryStarted:
    return CryStarted(float(number), 1_700_000_000.0 + number, f"e{number}", 0.9)


def ended(number: int) -> CryEnded:
    return CryEnded(number + 0.5, f"e{number}", 1_700_000_000.0 + number, 0.5, 0.9, 0.4, "calm")


def settings_for(broker: Broker, *, tls: bool = False, timeout_s: float = 20.0) -> MqttSettings:
    ca_file = broker.ca_file if tls else None
    return MqttSettings(broker.host, broker.port, USERNAME, tls=tls, ca_file=ca_file, timeout_s=timeout_s)


class RunningPublisher:
    """A publisher at work, and the bus that it follows."""

    def __init__(
        self, mqtt: MqttSettings, password: str, store: OutboxStore | None, home: AnnouncedDevice = HOME
    ) -> None:
        self.bus = Bus()
        self.publisher = MqttPublisher(mqtt, password, home, self.bus.subscribe("mqtt"), self.dispatch, store)
        self.executed: list[Command] = []
        self.task = asyncio.create_task(self.publisher.run())

    async def dispatch(self, command: Command) -> CommandResult:
        """As the feedback room does, which knows one episode."""
        if not isinstance(command, Feedback):
            self.executed.append(command)
            return {}
        if command.episode not in (None, "e1"):
            raise CommandError(f"no episode {command.episode!r}")
        self.executed.append(command)
        return {"episode": "e1", "cry": command.cry}

    async def close(self) -> float:
        """Returns how long it took, in own seconds (tests.support.patience)."""
        stopwatch = Stopwatch()
        await self.publisher.close()
        await self.task
        return stopwatch.elapsed_s()


@asynccontextmanager
async def publishing(
    mqtt: MqttSettings, password: str = PASSWORD, store: OutboxStore | None = None, home: AnnouncedDevice = HOME
) -> AsyncIterator[RunningPublisher]:
    running = RunningPublisher(mqtt, password, store, home)
    try:
        yield running
    finally:
        await running.close()


async def expect(subscriber: Subscriber, topic: str, payload: str, times: int = 1) -> None:
    await asyncio.to_thread(lambda: subscriber.expect(f"babycryd/nursery/{topic}", payload, times=times))


async def expect_episodes(subscriber: Subscriber, count: int) -> list[tuple[str, str]]:
    """(type, id) of the episode messages, once so many were heard."""
    payloads = await asyncio.to_thread(subscriber.expect_count, "/episode", count)
    return [(each["type"], each["id"]) for each in map(json.loads, payloads)]


async def logged(log: pytest.LogCaptureFixture, part: str, within_s: float = HANG_S) -> str:
    """The first log line with `part` in it, waiting for it."""
    await until(lambda: part in log.text, within_s)
    return next(message for message in log.messages if part in message)


async def ask(broker: Broker, payload: str, *, retain: bool = False) -> None:
    await asyncio.to_thread(lambda: broker.publish("babycryd/nursery/feedback/set", payload, retain=retain))


async def answers(subscriber: Subscriber, count: int) -> list[dict[str, Any]]:
    payloads = await asyncio.to_thread(subscriber.expect_count, "command/response", count)
    return [json.loads(payload) for payload in payloads]
