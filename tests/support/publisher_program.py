"""A room in a process of its own that may be killed at any moment: cries as it is told to on its standard input.

    python -m tests.support.publisher_program PORT USERNAME PASSWORD JOURNAL

`begin ID` and `end ID` are answered with `kept` once the journal has them, `deliver` with `delivered` once the broker
has confirmed everything. The end of the input is a clean stop.
"""

import asyncio
import logging
import sys
import time
from pathlib import Path

from babycryd.core.bus import Bus
from babycryd.core.commands import Command, CommandResult
from babycryd.core.events import CryEnded, CryStarted
from babycryd.mqtt import connection
from babycryd.mqtt.discovery import AnnouncedDevice
from babycryd.mqtt.outbox_store import OutboxStore
from babycryd.mqtt.publisher import MqttPublisher
from babycryd.mqtt.settings import MqttSettings
from tests.support.patience import HANG_S, until


class _Room:
    def __init__(self, mqtt: MqttSettings, password: str, journal: Path) -> None:
        self._bus = Bus()
        self._events = self._bus.subscribe("mqtt")
        self._store = OutboxStore(journal)
        home = AnnouncedDevice("nursery")
        self._publisher = MqttPublisher(mqtt, password, home, self._events, _obey_nothing, self._store)

    async def live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publisher.run())
            while line := await asyncio.to_thread(sys.stdin.readline):
                sys.stdout.write(f"{await self._do(*line.split())}\n")
                sys.stdout.flush()
            await self._publisher.close()

    async def _do(self, what: str, episode: str = "") -> str:
        if what == "deliver":
            await until(lambda: self._publisher.waiting == 0)
            return "delivered"
        if what == "begin":
            self._bus.publish(CryStarted(0.0, time.time(), episode, 0.9))
        else:
            self._bus.publish(CryEnded(0.0, episode, time.time(), 0.5, 0.9, 0.4, "calm"))
        await until(lambda: len(self._events) == 0)
        await self._store._store.written(HANG_S)  # all earlier writes are on the disk
        return "kept"


async def _obey_nothing(order: Command) -> CommandResult:
    raise NotImplementedError(order)


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    connection._LONGEST_PAUSE_S = 0.5  # type: ignore[misc]  # a test is shorter than a night
    connection._LIKELY_PAUSE_S = connection._TAKEN_OVER_PAUSE_S = 0.5  # a step of the nights takes its name
    port, username, password, journal = sys.argv[1:]
    mqtt = MqttSettings("127.0.0.1", int(port), username, timeout_s=1.0)
    asyncio.run(_Room(mqtt, password, Path(journal)).live())


if __name__ == "__main__":
    main()
