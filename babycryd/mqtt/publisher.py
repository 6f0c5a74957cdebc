"""Publisher of events over MQTT. It imports paho, which takes a while: import it only where there is a broker."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

import aiomqtt

from babycryd.core.bus import Subscription
from babycryd.core.commands import Dispatch
from babycryd.core.events import Event
from babycryd.mqtt.client import Client, PublishRefused, send
from babycryd.mqtt.command_receiver import CommandReceiver, subscribe
from babycryd.mqtt.connection import REFUSED_PAUSE_S, Connection, why
from babycryd.mqtt.daily_totals import DailyTotals
from babycryd.mqtt.discovery import AnnouncedDevice, birth_topic
from babycryd.mqtt.event_encoder import EventEncoder, interrupted_episode
from babycryd.mqtt.message import HEARTBEAT_S, Message, base_topic
from babycryd.mqtt.outbox import Outbox
from babycryd.mqtt.outbox_store import OutboxStore, StoredOutbox
from babycryd.mqtt.retained_state import RetainedState
from babycryd.mqtt.settings import MqttSettings

log = logging.getLogger(__name__)

_EVENTS_KEPT = 500  # a bad night has some 50 episodes of a few messages each; 500 take about 100 kB
_FAREWELL_S = 1.0  # to hand over what is left, and `stopped`
_LAST_WORD_S = 0.3  # for `offline` when cancelled
_TODAY: Final = "today"
_RETELL_WITHIN_S = 2.0  # of Home Assistant's start, each device at its own moment


class MqttPublisher:
    """Publishes the events of the bus and receives commands while `run` runs. A missing broker only delays messages.

    The commands of the home go to `dispatch`, and are answered.
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
        """Without a `store`, a crash loses what the broker has not got.

        `publish` takes the event of an episode in which an earlier run was killed.
        """
        base = base_topic(mqtt.base, home.device_id)
        self._events = subscription
        self._store = store
        self._publish = publish
        self._restored = False
        self._outbox = Outbox(_EVENTS_KEPT, store)
        self._encoder = EventEncoder(base, lambda: (len(self._outbox), self._outbox.dropped))
        self._totals = DailyTotals(base)
        prefix = mqtt.discovery_prefix if mqtt.discovery else None
        self._retained = RetainedState(prefix, home, base)
        self._receiver = CommandReceiver(base, dispatch, self._put)
        self._birth = birth_topic(prefix) if prefix else None
        self._connection = Connection(mqtt, password, f"babycryd-{home.device_id}", self._encoder.status("offline"))
        self._news = asyncio.Event()  # set when there is something to send, or to stop for
        self._stopping = asyncio.Event()
        self._deadline: asyncio.Timeout | None = None  # while running
        self._group: asyncio.TaskGroup | None = None  # tasks that outlive a connection
        self._ended = asyncio.Event()
        self._settled = False  # whether the outbox has been empty once
        self._mqtt = mqtt
        self._refused: set[str] = set()  # topics that the broker does not let us publish to

    @property
    def dropped(self) -> int:
        """Events lost because the broker was away for too long."""
        return self._outbox.dropped

    @property
    def waiting(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._outbox)

    @property
    def trouble(self) -> str | None:
        """Why there is no connection, and what helps; None while there is one."""
        return self._connection.trouble

    async def run(self) -> None:
        """Follows the bus and stays connected until `close`."""
        self._ended.clear()
        try:
            await self._begin()
            with contextlib.suppress(TimeoutError):  # the farewell took too long
                async with asyncio.timeout(None) as self._deadline, asyncio.TaskGroup() as self._group:
                    group = self._group
                    followers = [group.create_task(each(), name="mqtt") for each in (self._follow, self._beat)]
                    await self._connection.keep(self._use, self._stopping)
                    for follower in followers:
                        follower.cancel()
        finally:
            self._deadline = None
            self._ended.set()

    async def _begin(self) -> None:
        """Once: restores what the last run left, then puts the retained topics as they stand."""
        if self._restored:
            return
        left = await self._store.restore() if self._store else StoredOutbox([], None)
        self._restored = True
        self._outbox.restore(left.waiting)
        self._totals.restore(left.kept.get(_TODAY, b""))
        self._totals.begin(_local_day())
        self._store_values(self._retained.kept(left.kept))
        announced = self._retained.begin(left.kept)
        for message in (self._encoder.status("online"), self._encoder.cry(crying=False), *announced):
            self._put(message)
        for message in (self._totals.now(), *self._encoder.lullaby()):
            self._put(message)
        self._encoder.mark_published(left.last)
        if left.running is not None:
            self._put(self._encoder.interrupted(left.running))
            self._publish(interrupted_episode(left.running))

    def _store_values(self, values: dict[str, bytes]) -> None:
        if self._store:
            for key, value in values.items():
                self._store.keep(key, value)

    def _put(self, message: Message) -> None:
        none_yet = self._outbox.dropped == 0
        self._outbox.put(message, asyncio.get_running_loop().time())
        if none_yet and self._outbox.dropped:
            log.warning("%d messages wait for the broker; from now on the oldest are dropped", _EVENTS_KEPT)
        self._news.set()

    async def close(self) -> None:
        """Publish what is left, `cry` OFF and `stopped` if the broker is there; takes 1 s at most, then `run` ends."""
        await asyncio.sleep(0)  # lets the follower take what the bus has handed out already
        if self._encoder.crying:
            self._outbox.put(self._encoder.cry(crying=False))
        self._stopping.set()
        self._news.set()
        if self._deadline:
            self._deadline.reschedule(asyncio.get_running_loop().time() + _FAREWELL_S)
            await self._ended.wait()
        if self._store is not None:
            await self._store.close(_LAST_WORD_S)

    async def _follow(self) -> None:
        async for event in self._events:
            for message in self._encoder.encode(event):
                self._put(message)
            if news := self._totals.take(event, _local_day()):
                self._put(news)
                self._store_values({_TODAY: self._totals.kept()})

    async def _beat(self) -> None:
        """Repeats `cry`, which the broker forgets otherwise, and begins a new day."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._put(self._encoder.cry(crying=self._encoder.crying))
            if news := self._totals.begin(_local_day()):
                self._put(news)

    async def _use(self, client: Client) -> None:
        self._outbox.connected(asyncio.get_running_loop().time())
        try:
            # Subscribe first: a command may come as soon as `online` is read
            wanted = [*self._receiver.topics, *([self._birth] if self._birth else [])]
            await subscribe(client, self._connection.protocol, wanted)
            async with asyncio.TaskGroup() as group:
                assert self._group is not None
                receiving = self._receiver.run(
                    client, self._connection.protocol, self._group, lambda message: self._take(message, group)
                )
                receiver = group.create_task(receiving, name="mqtt-receive")
                await self._deliver(client)
                receiver.cancel()
        except asyncio.CancelledError:
            # The client is about to disconnect properly, and the broker then forgets our last will.
            if not self._stopping.is_set():
                await self._last_word(client)
            raise

    def _take(self, message: aiomqtt.Message, group: asyncio.TaskGroup) -> None:
        if message.payload == b"online":  # Home Assistant has started, and may have forgotten us
            group.create_task(self._retell(), name="mqtt-retell")

    async def _retell(self) -> None:
        await asyncio.sleep(random.uniform(0.0, _RETELL_WITHIN_S))  # noqa: S311  # not a secret
        self._outbox.retell()
        self._news.set()

    async def _deliver(self, client: Client) -> None:
        """Sends the messages of the outbox one after the other until `close`; then `stopped`."""
        clock = asyncio.get_running_loop().time
        while True:
            while message := self._outbox.first(clock()):
                await self._hand_over(client, message)
            if not self._settled:
                self._settled = True
                self._store_values(self._retained.clean())
            if self._stopping.is_set():
                break
            self._news.clear()
            await self._news.wait()
        await send(client, self._encoder.status("stopped"), self._connection.protocol)

    async def _hand_over(self, client: Client, message: Message) -> None:
        try:
            await send(client, message, self._connection.protocol)
        except PublishRefused as refused:
            if refused.topic not in self._refused:
                log.warning("%s", why(refused, self._mqtt))
            self._refused.add(refused.topic)
            loop = asyncio.get_running_loop()
            self._outbox.refused(message, loop.time() + REFUSED_PAUSE_S)
            loop.call_later(REFUSED_PAUSE_S, self._news.set)
        else:
            self._refused.discard(message.topic)
            self._outbox.arrived(message)

    async def _last_word(self, client: Client) -> None:
        with contextlib.suppress(TimeoutError, aiomqtt.MqttError):
            async with asyncio.timeout(_LAST_WORD_S):
                await send(client, self._encoder.status("offline"), self._connection.protocol)


def _local_day() -> date:
    return datetime.now().astimezone().date()
