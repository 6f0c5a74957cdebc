"""The connection to the broker. Importing this takes a while (paho), so only those who have a broker do."""

import asyncio
import contextlib
import logging
import ssl

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from babycryd.bus import Subscription
from babycryd.orders import Obey, OrderError
from babycryd.publish.client import Login, client_for, connected, send
from babycryd.publish.journal import Scribe
from babycryd.publish.messages import HEARTBEAT_S, Message, Speaker, base_topic
from babycryd.publish.orders import Arrived, Counter
from babycryd.publish.outbox import Outbox
from babycryd.publish.reach import reach
from babycryd.publish.remedies import UNSUPPORTED_PROTOCOL, loss, refusal, remedy
from babycryd.publish.settings import MqttSettings
from babycryd.supervision import Backoff

log = logging.getLogger(__name__)

_EVENTS_KEPT = 500  # a bad night has some 50 episodes of a few messages each; 500 take about 100 kB
_FAREWELL_S = 1.0  # to hand over what is left, and `stopped`
_LAST_WORD_S = 0.3  # for `offline` when cancelled
_REFUSED = 0x80  # reason codes from here on, MQTT 5.0 section 2.4
_LONGEST_PAUSE_S = 30.0  # between two attempts: a broker that is back should not wait for long


class MqttPublisher:
    """Tells the broker what comes from the bus, for as long as `run` runs; a missing broker only delays it.

    What the home asks for is handed to `obey`, and answered.
    """

    def __init__(
        self,
        mqtt: MqttSettings,
        password: str | None,
        device_id: str,
        subscription: Subscription,
        obey: Obey,
        scribe: Scribe | None = None,
    ) -> None:
        """Without a `scribe`, a crash loses what the broker has not got."""
        self._mqtt = mqtt
        self._password = password
        self._identifier = f"babycryd-{device_id}"  # fixed: the broker then ends our half-open old connection first
        self._events = subscription
        self._obey = obey
        self._speaker = Speaker(base_topic(mqtt.base, device_id))
        self._counter = Counter(base_topic(mqtt.base, device_id))
        self._scribe = scribe
        self._restored = scribe is None
        self._outbox = Outbox(_EVENTS_KEPT, scribe)
        self._news = asyncio.Event()  # something to send, or to stop for
        self._stopping = False
        self._deadline: asyncio.Timeout | None = None  # while running
        self._ended = asyncio.Event()
        self._protocol = aiomqtt.ProtocolVersion.V5
        self._complaint: str | None = None  # the last one logged, None while connected
        self._outbox.put(self._speaker.status("online"))
        self._outbox.put(self._speaker.cry(crying=False))

    @property
    def dropped(self) -> int:
        """Events lost because the broker was away for too long."""
        return self._outbox.dropped

    @property
    def waiting(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._outbox)

    async def run(self) -> None:
        """Follow the bus and stay connected until `close`."""
        self._ended.clear()
        try:
            await self._restore()
            with contextlib.suppress(TimeoutError):  # the farewell took too long
                async with asyncio.timeout(None) as self._deadline, asyncio.TaskGroup() as group:
                    followers = [group.create_task(each(), name="mqtt") for each in (self._follow, self._beat)]
                    await self._stay_connected()
                    for follower in followers:
                        follower.cancel()
        finally:
            self._deadline = None
            self._ended.set()

    async def _restore(self) -> None:
        """Once: what the last run could not say, and the end of what it was saying when it was killed."""
        if self._restored or self._scribe is None:
            return
        left = await self._scribe.restore()
        self._restored = True
        self._outbox.restore(left.waiting)
        if left.running is not None:
            self._put(self._speaker.interrupted(left.running))

    def _put(self, message: Message) -> None:
        self._outbox.put(message, asyncio.get_running_loop().time())
        self._news.set()

    async def close(self) -> None:
        """Publish what is left, `cry` OFF and `stopped` if the broker is there; takes 1 s at most, then `run` ends."""
        await asyncio.sleep(0)  # lets the follower take what the bus has handed out already
        if self._speaker.crying:
            self._outbox.put(self._speaker.cry(crying=False))
        self._stopping = True
        self._news.set()
        if self._deadline:
            self._deadline.reschedule(asyncio.get_running_loop().time() + _FAREWELL_S)
            await self._ended.wait()
        if self._scribe is not None:
            await self._scribe.close(_LAST_WORD_S)

    async def _follow(self) -> None:
        async for event in self._events:
            for message in self._speaker.say(event):
                self._put(message)

    async def _beat(self) -> None:
        """What is not repeated, the home stops believing."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._put(self._speaker.cry(crying=self._speaker.crying))

    async def _stay_connected(self) -> None:
        backoff = Backoff(highest_s=_LONGEST_PAUSE_S)
        clock = asyncio.get_running_loop().time
        while not self._stopping:
            started_s = clock()
            try:
                await self._connect_and_deliver()
            except* (OSError, UnicodeError, aiomqtt.MqttError) as errors:
                self._complain(_first(errors))
            await self._pause(backoff.pause_s(clock() - started_s))

    async def _pause(self, pause_s: float) -> None:
        """Wait, but not for longer than until `close`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                while not self._stopping:
                    self._news.clear()
                    await self._news.wait()

    async def _connect_and_deliver(self) -> None:
        async with connected(self._client(await reach(self._mqtt))) as client:
            log.info("connected to the MQTT broker at %s:%d", self._mqtt.host, self._mqtt.port)
            self._complaint = None
            self._outbox.connected(asyncio.get_running_loop().time())
            try:
                async with asyncio.TaskGroup() as group:
                    watcher = group.create_task(self._hear(client), name="mqtt-hear")
                    await self._deliver(client)
                    watcher.cancel()
            except asyncio.CancelledError:
                # The client is about to disconnect properly, and the broker then forgets our last will.
                if not self._stopping:
                    await self._last_word(client)
                raise

    def _client(self, tls_context: ssl.SSLContext | None) -> aiomqtt.Client:
        who = Login(self._identifier, self._password, self._protocol)
        return client_for(self._mqtt, who, self._speaker.status("offline"), tls_context)

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        # As published: only so can a command that was retained by mistake be told from others
        options = SubscribeOptions(qos=1, retainAsPublished=True)
        for topic in self._counter.topics:
            if self._protocol == aiomqtt.ProtocolVersion.V5:
                granted = await client.subscribe(topic, options=options)
            else:
                granted = await client.subscribe(topic, qos=1)
            if any(int(one.value if isinstance(one, ReasonCode) else one) >= _REFUSED for one in granted):
                log.warning("the broker does not let %r subscribe to %s: no commands", self._mqtt.username, topic)

    async def _hear(self, client: aiomqtt.Client) -> None:
        """Raises MqttError when the connection is lost."""
        await self._subscribe(client)
        clock = asyncio.get_running_loop().time
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            if arrived := self._counter.take(payload, retained=message.retain, at_s=clock()):
                await self._answer(arrived)

    async def _answer(self, arrived: Arrived) -> None:
        try:
            if isinstance(arrived.order, OrderError):
                raise arrived.order  # refused here or later: the same to whoever asked
            message = self._speaker.answer(arrived, await self._obey(arrived.order))
            log.info("done, as asked over MQTT: %s", arrived.order)
        except OrderError as error:
            message = self._speaker.answer(arrived, error)
            log.warning("a %s command over MQTT changed nothing: %s", arrived.command, error)
        self._put(message)

    async def _deliver(self, client: aiomqtt.Client) -> None:
        """Send whatever is in the outbox, as it comes, each once the one before has arrived; then say goodbye."""
        while True:
            while message := self._outbox.first():
                await send(client, message, self._protocol)
                self._outbox.arrived(message)
            if self._stopping:
                break
            self._news.clear()
            await self._news.wait()
        await send(client, self._speaker.status("stopped"), self._protocol)

    async def _last_word(self, client: aiomqtt.Client) -> None:
        with contextlib.suppress(TimeoutError, aiomqtt.MqttError):
            async with asyncio.timeout(_LAST_WORD_S):
                await send(client, self._speaker.status("offline"), self._protocol)

    def _complain(self, error: Exception) -> None:
        """Log why there is no connection, unless that was the last thing logged."""
        complaint = self._why(error)
        if complaint != self._complaint:
            log.warning("no MQTT for now, trying again: %s", complaint)
        self._complaint = complaint

    def _why(self, error: Exception) -> str:
        if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
            if error.rc.value == UNSUPPORTED_PROTOCOL:
                self._protocol = aiomqtt.ProtocolVersion.V311
            return refusal(error.rc.value, str(error.rc), self._mqtt)
        # aiomqtt repeats the text of the real error, which stands behind its own
        real = error.__cause__ or error.__context__ or error
        return loss(self._mqtt) if isinstance(real, aiomqtt.MqttCodeError) else remedy(real, self._mqtt)


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    """The first error of a group, however deep."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
