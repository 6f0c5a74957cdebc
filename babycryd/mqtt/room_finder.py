"""Finder of the home's rooms at the broker: reads the topics of every device, and publishes nothing."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol

import aiomqtt

from babycryd.core.supervision import Backoff
from babycryd.core.token_bucket import TokenBucket
from babycryd.mqtt.bounded_paho import PacketTooLong
from babycryd.mqtt.client import Client
from babycryd.mqtt.command_parser import Rate
from babycryd.mqtt.error_texts import too_long
from babycryd.mqtt.login import first_error, visit, why
from babycryd.mqtt.preflight import preflight
from babycryd.mqtt.settings import MqttSettings

log = logging.getLogger(__name__)

_STATUS: Final = "status"
_DEVICE: Final = "{device_id}"
_AT_ONCE: Final = 80  # topics that are subscribed to together: the queue of received messages holds 500
_STRANGERS: Final = 2000.0  # messages at once of devices that the table does not take
_STRANGERS_PER_S: Final = 20.0  # the same in the long run
_LONGEST_PAUSE_S: Final = 30.0
_ANSWER_S: Final = 60.0  # for the answer to a subscription, which may come behind thousands of retained messages
_NO_LEVEL: Final = f"rooms cannot be found: mqtt.base must have {_DEVICE} as a level of its own"


class FoundRooms(Protocol):
    """Table that the finder fills."""

    connected: bool

    def has(self, device: str) -> bool:
        """Return whether a device is in the table."""

    def begin(self, at_s: float) -> None:
        """Note a new connection."""

    def take(self, device: str, leaf: str, payload: bytes, *, retained: bool, at_s: float) -> bool:
        """Note a message of a device; return whether the device is new."""

    def leave_out(self, device: str, why: str) -> None:
        """Note that a topic of a device is not read any more."""


class RoomFinder:
    """Finder of rooms, with a connection of its own: what happens on it delays nothing that the daemon publishes.

    It subscribes to the `status` of every device, and to the other topics of those that the table takes. A topic in a
    flood, or with a message that is too long, is not read again.
    """

    def __init__(
        self,
        mqtt: MqttSettings,
        password: Callable[[], str | None],
        identifier: str,
        leaves: Iterable[str],
        rooms: FoundRooms,
        known: Iterable[str] = (),
    ) -> None:
        """`password`: reads it, may raise ValueError; `leaves`: the topics of a device, below its base.

        `known`: devices that are found in any case, also where a flood ends the finding of others.
        """
        self._mqtt = mqtt
        self._password = password
        self._identifier = identifier
        self._leaves = tuple(leaf for leaf in leaves if leaf != _STATUS)
        self._rooms = rooms
        self._known = tuple(known)
        self._levels = mqtt.base.strip("/").split("/")
        self._left_out: dict[str, str] = {}  # by topic or filter: why it is not read
        self._changed = asyncio.Event()  # whether `_to_read` or `_to_leave` have grown
        self._to_read: deque[str] = deque()
        self._to_leave: deque[str] = deque()
        self._devices: list[str] = []  # that the table took
        self._rates: defaultdict[str, Rate] = defaultdict(Rate)  # of their topics
        self._strangers = TokenBucket(_STRANGERS, 1 / _STRANGERS_PER_S)
        self.trouble: str | None = None
        self.connected_s: float | None = None

    async def run(self) -> None:
        """Follow the rooms until cancelled; connect again whenever the connection is lost."""
        if self._levels.count(_DEVICE) != 1:
            self.trouble = _NO_LEVEL
            return
        backoff, clock = Backoff(highest_s=_LONGEST_PAUSE_S), asyncio.get_running_loop().time
        try:
            while True:
                began_s, before = clock(), self.trouble
                self.trouble = await self._connect()
                self.connected_s, self._rooms.connected = None, False
                if self.trouble != before:
                    log.warning("the rooms are not found for now: %s", self.trouble)
                await asyncio.sleep(backoff.pause_s(clock() - began_s))
        finally:
            self.connected_s, self._rooms.connected = None, False

    async def _connect(self) -> str:
        """Follow the rooms over one connection; return why it ended."""
        client: Client | None = None
        try:
            password = await asyncio.to_thread(self._password)
        except ValueError as error:
            return str(error)
        ended: Exception = aiomqtt.MqttError("it ended")
        try:
            context = await preflight(self._mqtt)
            async with visit(self._mqtt, password, self._identifier, None, context) as login:
                client = login.client
                await self._follow(client)
        except* (OSError, ValueError, aiomqtt.MqttError) as errors:
            ended = first_error(errors)
        loss = client.loss if client else None
        if isinstance(loss, PacketTooLong):
            topic = self._every if self._leaf_of(loss.topic) == _STATUS else loss.topic
            self._left_out[topic] = too_long(loss.topic, loss.length)
        return why(loss or ended, self._mqtt)

    async def _follow(self, client: Client) -> None:
        self._begin()
        async with asyncio.TaskGroup() as group:
            subscribing = group.create_task(self._subscribe(client), name="overview-subscribe")
            async for message in client.messages:
                topic = str(message.topic)
                if self._take(topic, message):
                    self._read(self._device_of(topic))
                if self._floods(topic):
                    self._end_flood(topic)
            subscribing.cancel()

    async def _subscribe(self, client: Client) -> None:
        """Subscribe to the topics in `_to_read`, some at a time, and leave those in `_to_leave`.

        The messages are taken meanwhile: thousands may come before the broker answers.
        """
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._to_leave or self._to_read:
                if self._to_leave:
                    await client.unsubscribe([self._to_leave.popleft()], timeout=_ANSWER_S)
                some = [self._to_read.popleft() for _ in range(min(_AT_ONCE, len(self._to_read)))]
                if wanted := [(topic, 0) for topic in some if topic not in self._left_out]:
                    await client.subscribe(wanted, timeout=_ANSWER_S)

    def _read(self, *devices: str, status: bool = False) -> None:
        """Read the topics of devices, of those with `status` that topic too, which the filter of all brings as well."""
        for device in devices:
            leaves = (_STATUS, *self._leaves) if status else self._leaves
            self._to_read.extend(self._topic(device, leaf) for leaf in leaves)
        self._changed.set()

    def _begin(self) -> None:
        self._to_leave.clear()
        self._to_read.clear()
        self._read(*self._known, status=True)
        self._read(*self._devices)
        self._to_read.append(self._every)
        self._rates.clear()
        self._strangers = TokenBucket(_STRANGERS, 1 / _STRANGERS_PER_S)
        at_s = asyncio.get_running_loop().time()
        self._rooms.begin(at_s)
        self.trouble, self.connected_s = self._left_out.get(self._every), at_s

    def _take(self, topic: str, message: aiomqtt.Message) -> bool:
        """Hand a message on; return whether its device is new."""
        if topic in self._left_out:
            return False
        device, at_s = self._device_of(topic), asyncio.get_running_loop().time()
        payload = message.payload if isinstance(message.payload, bytes) else b""
        is_new = self._rooms.take(device, self._leaf_of(topic), payload, retained=bool(message.retain), at_s=at_s)
        if is_new:
            self._devices.append(device)
            for other, reason in self._left_out.items():
                if self._device_of(other) == device:
                    self._rooms.leave_out(device, reason)
        return is_new

    def _floods(self, topic: str) -> bool:
        """Count a message; return whether its topic, or all devices that are not in the table, are in a flood."""
        at_s = asyncio.get_running_loop().time()
        if not self._rooms.has(self._device_of(topic)):
            return not self._strangers.take(at_s) and self._every not in self._left_out
        self._rates[topic].take(at_s)
        return self._rates[topic].flooded and topic not in self._left_out

    def _end_flood(self, topic: str) -> None:
        """Read a topic no more. A `status` comes by the filter of all devices: then no further device is found."""
        known = self._rooms.has(self._device_of(topic))
        reason = f"a flood of messages comes on {topic if known else self._every}"
        log.warning("the overview of the rooms reads less: %s", reason)
        self._left_out[topic] = reason
        self._rooms.leave_out(self._device_of(topic), reason)
        self._to_leave.append(topic)
        if self._leaf_of(topic) == _STATUS:
            self._left_out[self._every] = self.trouble = reason
            self._to_leave.append(self._every)
            self._to_read.extend(self._topic(each, _STATUS) for each in self._devices)
        self._changed.set()

    @property
    def _every(self) -> str:
        """The filter for the `status` of every device."""
        return self._topic("+", _STATUS)

    def _topic(self, device: str, leaf: str) -> str:
        return "/".join([*(device if level == _DEVICE else level for level in self._levels), leaf])

    def _device_of(self, topic: str) -> str:
        levels = topic.split("/")
        return levels[self._levels.index(_DEVICE)] if len(levels) > len(self._levels) else ""

    def _leaf_of(self, topic: str) -> str:
        return "/".join(topic.split("/")[len(self._levels) :])
