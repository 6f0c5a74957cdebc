"""Publisher of events over MQTT. Import it only where there is a broker: it imports paho, which is slow."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

import aiomqtt

from babycryd.core.bus import Subscription
from babycryd.core.commands import Dispatch
from babycryd.core.events import ClockSet, Event
from babycryd.mqtt.birth_watch import BirthWatch
from babycryd.mqtt.bounded_paho import PacketTooLong
from babycryd.mqtt.client import Client, send
from babycryd.mqtt.command_receiver import CommandReceiver
from babycryd.mqtt.connection import Connection
from babycryd.mqtt.daily_totals import DailyTotals
from babycryd.mqtt.delivery import Delivery
from babycryd.mqtt.discovery import AnnouncedDevice, birth_topic
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.mqtt.message import HEARTBEAT_S, Message, base_topic
from babycryd.mqtt.outbox import Outbox
from babycryd.mqtt.outbox_store import OutboxStore, StoredOutbox
from babycryd.mqtt.payloads import interrupted_episode
from babycryd.mqtt.retained_state import RetainedState
from babycryd.mqtt.settings import MqttSettings

log = logging.getLogger(__name__)

_EVENTS_QUEUED = 500  # a bad night has some 50 episodes of a few messages each; 500 take about 100 kB
_CLOSE_LIMIT_S = 1.0  # to publish the waiting messages and `stopped`
_OFFLINE_LIMIT_S = 0.3  # to publish `offline` when cancelled
_STORE_LIMIT_S = 0.3  # to close the store
_TODAY: Final = "today"


class MqttPublisher:
    """Publisher of the bus's events, and receiver of commands, while `run` runs. A missing broker delays messages only.

    The commands go to `dispatch`, and are answered.
    """

    def __init__(
        self,
        mqtt: MqttSettings,
        password: str | None,
        home: AnnouncedDevice,
        subscription: Subscription,
        dispatch: Dispatch,
        store: OutboxStore | None = None,
        publish: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """`store`: None: a crash loses the messages that the broker has not confirmed.

        `publish`: called with the event of an episode in which an earlier run was killed.
        """
        base = base_topic(mqtt.base, home.device_id)
        self._events = subscription
        self._store = store
        self._publish = publish
        self._restored = False
        self._outbox = Outbox(_EVENTS_QUEUED, store)
        self._encoder = EventEncoder(base, lambda: (len(self._outbox), self._outbox.dropped), home.language)
        self._totals = DailyTotals(base)
        prefix = mqtt.discovery_prefix if mqtt.discovery else None
        self._retained = RetainedState(prefix, home, base)
        self._delivery = Delivery(self._outbox, mqtt, base)
        self._birth = BirthWatch(self._delivery.resend)
        others = {f"{base}/status": self._delivery.hear} | ({birth_topic(prefix): self._birth.take} if prefix else {})
        self._receiver = CommandReceiver(base, dispatch, self._put, others)
        self._connection = Connection(mqtt, password, f"babycryd-{home.device_id}", self._encoder.status("offline"))
        self._stopping = asyncio.Event()
        self._deadline: asyncio.Timeout | None = None  # of `run`, while it runs
        self._group: asyncio.TaskGroup | None = None  # tasks that outlive a connection
        self._ended = asyncio.Event()
        self._all_sent = False  # whether the outbox has been empty once
        self._overflowed = False  # whether the outbox was full once
        self._failed: set[type[Event]] = set()  # kinds of events that could not be encoded

    @property
    def dropped(self) -> int:
        """Events dropped because the outbox was full."""
        return self._outbox.dropped

    @property
    def waiting(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._outbox)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, over which something may yet not arrive."""
        return self._connection.trouble is None

    @property
    def trouble(self) -> str | None:
        """Why there is no connection, or what does not arrive over it, and the remedy; None: all is well."""
        return self._connection.trouble or self._delivery.trouble or self._receiver.subscriptions.trouble

    def use_tracks(self, tracks: tuple[str, ...]) -> None:
        """Announce that these tracks can be chosen from now on."""
        messages = self._retained.use_tracks(tracks)
        for message in messages if self._restored else []:  # else the first announcement names them
            self._put(message)

    async def run(self) -> None:
        """Follow the bus and stay connected until `close`."""
        self._ended.clear()
        try:
            await self._restore()
            with contextlib.suppress(TimeoutError):  # closing took too long
                async with asyncio.timeout(None) as self._deadline, asyncio.TaskGroup() as self._group:
                    group = self._group
                    followers = [group.create_task(each(), name="mqtt") for each in (self._follow, self._repeat_cry)]
                    await self._connection.keep(self._use, self._stopping)
                    for follower in followers:
                        follower.cancel()
        finally:
            self._deadline = None
            self._ended.set()

    async def _restore(self) -> None:
        """Restore once what the last run stored, then put the retained topics with their present values."""
        if self._restored:
            return
        stored = await self._store.restore() if self._store else StoredOutbox([], None)
        self._restored = True
        self._outbox.restore(stored.waiting)
        self._outbox.dropped += stored.dropped
        self._totals.restore(stored.values.get(_TODAY, b""))
        self._totals.begin(_local_day())
        self._store_values(self._retained.values_at_start(stored.values))
        announced = self._retained.begin(stored.values)
        for message in (self._encoder.status("online"), self._encoder.cry(crying=False), *announced):
            self._put(message)
        for message in (self._retained.about, self._totals.now(), *self._encoder.lullaby()):
            self._put(message)
        self._encoder.mark_published(stored.last)
        if stored.running is not None:
            self._put(self._encoder.interrupted(stored.running))
            with contextlib.suppress(ValueError):  # its figures are damaged; only the other components lack it then
                self._publish(interrupted_episode(stored.running))

    def _store_values(self, values: dict[str, bytes]) -> None:
        if self._store:
            for key, value in values.items():
                self._store.keep(key, value)

    def _put(self, message: Message) -> None:
        dropped = self._outbox.dropped
        self._outbox.put(message, asyncio.get_running_loop().time())
        if self._outbox.dropped > dropped and not self._overflowed:
            self._overflowed = True
            log.warning("%d messages wait for the broker; from now on the oldest are dropped", _EVENTS_QUEUED)
        self._delivery.wake()

    async def close(self) -> None:
        """Publish the waiting messages, `cry` OFF and `stopped` if connected; then `run` ends. Takes 1 s at most."""
        await asyncio.sleep(0)  # lets the follower take the events that the bus has published already
        if self._encoder.crying:
            self._outbox.put(self._encoder.cry(crying=False))
        self._stopping.set()
        self._delivery.wake()
        if self._deadline:
            self._deadline.reschedule(asyncio.get_running_loop().time() + _CLOSE_LIMIT_S)
            await self._ended.wait()
        if self._store is not None:
            await self._store.close(_STORE_LIMIT_S)

    async def reload(self) -> None:
        """Try again at once where there is no connection; connect again where the certificates were renewed."""
        if await self._connection.reload():
            log.info("the certificates of mqtt were renewed; connecting to the broker again")
            self._delivery.wake()

    async def _follow(self) -> None:
        async for event in self._events:
            try:
                self._take(event)
            except Exception:  # a defect costs one event, neither the connection nor the events behind it
                if type(event) not in self._failed:
                    log.exception("an event of the kind %s cannot be published and is dropped", type(event).__name__)
                self._failed.add(type(event))
                self._outbox.dropped += 1

    def _take(self, event: Event) -> None:
        if isinstance(event, ClockSet):
            self._outbox.move(event.step_s)
        for message in self._encoder.encode(event):
            self._put(message)
        if today := self._totals.take(event, _local_day()):
            self._put(today)
            self._store_values({_TODAY: self._totals.dump()})

    async def _repeat_cry(self) -> None:
        """Repeat `cry` before it expires, and begin a new day."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._put(self._encoder.cry(crying=self._encoder.crying))
            if today := self._totals.begin(_local_day()):
                self._put(today)

    async def _use(self, client: Client) -> None:
        self._outbox.connected(asyncio.get_running_loop().time())
        protocol = self._connection.protocol
        try:
            # Subscribe first: a command may come as soon as `online` is published
            await self._receiver.subscriptions.begin(client, protocol)
            async with asyncio.TaskGroup() as group:
                assert self._group is not None
                receiving = self._receiver.run(client, protocol, self._group)
                others = [
                    group.create_task(each, name="mqtt-receive")
                    for each in (receiving, self._delivery.check(), self._birth.run())
                ]
                await self._delivery.run(client, protocol, self._is_over, self._note_all_sent)
                for other in others:
                    other.cancel()
            if self._stopping.is_set():
                await send(client, self._encoder.status("stopped"), protocol)
        except asyncio.CancelledError:
            # The client is about to disconnect properly, and the broker then discards our last will.
            if not self._stopping.is_set():
                await self._publish_offline(client)
            raise
        finally:
            self._delivery.ended(client)
            if isinstance(client.loss, PacketTooLong):
                self._receiver.subscriptions.too_long(client.loss.topic, client.loss.length)

    def _is_over(self) -> bool:
        return self._stopping.is_set() or self._connection.outdated

    def _note_all_sent(self) -> None:
        if not self._all_sent:
            self._all_sent = True
            self._store_values(self._retained.values_once_published())

    async def _publish_offline(self, client: Client) -> None:
        with contextlib.suppress(TimeoutError, aiomqtt.MqttError):
            async with asyncio.timeout(_OFFLINE_LIMIT_S):
                await send(client, self._encoder.status("offline"), self._connection.protocol)


def _local_day() -> date:
    return datetime.now().astimezone().date()
