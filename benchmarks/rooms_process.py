"""A few hundred rooms in one process: the real publishers, fed with scripted episodes."""

import asyncio
import logging
import multiprocessing.queues
import multiprocessing.synchronize
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babycryd.core.bus import Bus
from babycryd.core.events import CryEnded, CryStarted, CryUpdated
from babycryd.mqtt.discovery import AnnouncedDevice
from babycryd.mqtt.outbox_store import OutboxStore
from babycryd.mqtt.publisher import MqttPublisher
from babycryd.mqtt.settings import MqttSettings
from babycryd.system.vitals import rss_mb

CHAPTERS: Final = ("night", "all at once", "restart")
EPISODES: Final = 2  # of each room in the night
_LOOK_EVERY_S: Final = 0.5
_RESTART_S = 4.0  # in which each room has one episode
_TYPES: Final = ("new", "update", "end")


@dataclass(frozen=True)
class Plan:
    """What one process does."""

    port: int
    password: str
    username: str
    folder: Path
    numbers: list[int]  # of its rooms
    night_s: float
    hosts: tuple[str, ...] = ("127.0.0.1",)  # of the broker; each room begins with another one
    chapters: tuple[str, ...] = CHAPTERS


@dataclass(frozen=True)
class Troubled:
    """What the owners of some rooms saw."""

    longest_s: dict[int, float]  # by room: the time that it had trouble, all together
    rooms: Counter[str]  # by words: how many rooms said so


@dataclass(frozen=True)
class Signals:
    """From the one who measures: what to begin. To it: megabytes, and what the owners saw."""

    events: dict[str, multiprocessing.synchronize.Event]
    memory: "multiprocessing.queues.Queue[float]"
    troubled: "multiprocessing.queues.Queue[Troubled] | None" = None


def device_of(number: int) -> str:
    return f"room-{number:04d}"


def expected_of(chapter: str, rooms: int) -> set[tuple[str, str, str]]:
    """Device, episode and type of every message that a chapter has."""
    episodes = range(EPISODES if chapter in {"night", "failover"} else 1)
    return {
        (device_of(number), f"{chapter}-{episode}", kind)
        for number in range(rooms)
        for episode in episodes
        for kind in _TYPES
    }


def work(plan: Plan, signals: Signals) -> None:
    """The whole life of a process."""
    logging.disable(logging.CRITICAL)  # a thousand complaints of a broker that is restarted on purpose
    asyncio.run(_live(plan, signals))


async def _live(plan: Plan, signals: Signals) -> None:
    empty_mb = rss_mb()
    rooms = [Room(plan, number) for number in plan.numbers]
    watch = asyncio.create_task(_watch(rooms, signals))
    for chapter in plan.chapters:
        await asyncio.to_thread(signals.events[chapter].wait)
        await asyncio.gather(*(room.live(chapter, plan.night_s) for room in rooms))
    await asyncio.to_thread(signals.events["stop"].wait)
    watch.cancel()
    used_mb = rss_mb() - empty_mb
    await asyncio.gather(*(room.close() for room in rooms))
    signals.memory.put(used_mb)


async def _watch(rooms: "list[Room]", signals: Signals) -> None:
    """Note every half a second what health and page would say, from the first chapter that is watched on."""
    if signals.troubled is None:
        return
    await asyncio.to_thread(signals.events["watch"].wait)
    longest_s, said = {room.number: 0.0 for room in rooms}, {room.number: set[str]() for room in rooms}
    try:
        while True:
            for room in rooms:
                if trouble := room.trouble:
                    longest_s[room.number] += _LOOK_EVERY_S
                    said[room.number].add(trouble)
            await asyncio.sleep(_LOOK_EVERY_S)
    finally:
        words = Counter(each for texts in said.values() for each in texts)
        signals.troubled.put(Troubled(longest_s, words))


class Room:
    """One publisher, at work from the start."""

    def __init__(self, plan: Plan, number: int) -> None:
        device = device_of(number)
        self.number = number
        self._random = random.Random(number)  # noqa: S311  # not a secret
        self._bus = Bus()
        first = number % len(plan.hosts)
        host, *others = plan.hosts[first:] + plan.hosts[:first]
        settings = MqttSettings(host, plan.port, plan.username, other_hosts=tuple(others))
        home, store = AnnouncedDevice(device, device), OutboxStore(plan.folder / device / "outbox.sqlite3")
        self._publisher = MqttPublisher(
            settings, plan.password, home, self._bus.subscribe("mqtt"), _obey_nothing, store
        )
        self._task = asyncio.create_task(self._publisher.run())

    async def live(self, chapter: str, night_s: float) -> None:
        """Its episodes of a chapter."""
        over_s, episodes = {
            "night": (night_s, EPISODES),
            "failover": (night_s, EPISODES),
            "all at once": (0.0, 1),
            "restart": (_RESTART_S, 1),
        }[chapter]
        for episode in range(episodes):
            share_s = over_s / episodes / len(_TYPES)
            await self._cry(f"{chapter}-{episode}", share_s)

    @property
    def trouble(self) -> str | None:
        """What page and health say of the broker."""
        return self._publisher.trouble

    async def close(self) -> None:
        await self._publisher.close()
        await self._task

    async def _cry(self, episode: str, share_s: float) -> None:
        await asyncio.sleep(self._random.uniform(0, share_s))
        began_utc_s = time.time()
        self._bus.publish(CryStarted(0.0, began_utc_s, episode, 0.9))
        await asyncio.sleep(self._random.uniform(0, share_s))
        self._bus.publish(CryUpdated(0.0, episode, time.time() - began_utc_s, 0.9))
        await asyncio.sleep(self._random.uniform(0, share_s))
        lasted_s = time.time() - began_utc_s
        self._bus.publish(CryEnded(0.0, episode, began_utc_s, lasted_s, 0.9, lasted_s, "calm"))


async def _obey_nothing(order: object) -> dict[str, object]:
    raise NotImplementedError(order)
