"""MQTT client: aiomqtt's, with bounded packets, the reason codes of refused messages and the causes of hang-ups."""

import asyncio
import contextlib
import logging
import math
import ssl
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import aiomqtt
from paho.mqtt.client import MQTT_ERR_SUCCESS, ConnectFlags, DisconnectFlags
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from babycryd.core.printable import printable
from babycryd.core.rounds import next_round
from babycryd.mqtt.bounded_paho import LONGEST_PACKET, BoundedPaho
from babycryd.mqtt.incoming import IncomingQueue
from babycryd.mqtt.message import Message
from babycryd.mqtt.settings import MqttSettings

T = TypeVar("T")

_paho_log = logging.getLogger(f"{__name__}.paho")
_paho_log.setLevel(logging.CRITICAL)  # its errors are raised as exceptions too, and logged once
SESSION_EXPIRES_S: Final = 60  # an older command would surprise the person who gave it
UNSPECIFIED: Final = 0x80  # of DISCONNECT, section 3.14.2.1; paho's word for a connection that the other side closed
_PROTOCOL_ERROR: Final = 0x82  # the same; paho's word for a packet that is no MQTT
_MISC_EVERY_S: Final = 2.0  # less than half of the shortest mqtt.keepalive_s
_MOST_QUEUED: Final = 500  # received messages in the queue; more are dropped
_NEVER_TAKEN: Final = {0x90, 0x95, 0x99}  # topic name invalid, packet too large, payload format invalid
_PACKET_OVERHEAD: Final = 20  # bytes of a PUBLISH besides topic and payload, at most: headers, lengths, number, expiry


@dataclass(frozen=True, slots=True)
class Credentials:
    """Identity at the broker, and the protocol version."""

    identifier: str
    password: str | None
    protocol: aiomqtt.ProtocolVersion
    resumes: bool = False  # resumes the session, so that commands sent during a short absence arrive


class PublishRefused(aiomqtt.MqttError):  # named after the event
    """A message that the broker refuses. Only MQTT 5 reports it; an MQTT 3.1.1 broker drops it silently."""

    def __init__(self, topic: str, reason: str, remedy: str | None = None) -> None:
        """`remedy`: None where the user lacks the right to write to the topic; the same message may pass later then."""
        super().__init__(f"the broker does not let us publish to {printable(topic)} ({reason})")
        self.topic = topic
        self.remedy = remedy


class Unsendable(PublishRefused):
    """A message that MQTT cannot carry or the broker never takes, so that a second attempt is of no use."""


class NoWelcome(aiomqtt.MqttError):  # named after the event
    """A connection that ended before the broker answered our CONNECT. The text says how: `it hung up`."""


class Client(aiomqtt.Client):
    """aiomqtt client that stores what aiomqtt discards: reason codes, and why the connection ended."""

    loss: aiomqtt.MqttError | None = None  # why the connection was lost; None after our own disconnection
    hung_up = False  # whether the broker ended the connection without a word
    refusal: ReasonCode | None = None  # of the last message, of PUBACK, MQTT 5.0 section 3.4.2.1
    longest_packet: int | None = None  # bytes, of CONNACK, section 3.2.2.3.6; None: no limit given

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._client.__class__ = BoundedPaho  # aiomqtt takes no client of ours

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109  # aiomqtt's names
        """Like aiomqtt's, over `asyncio.timeout`: before Python 3.12 `asyncio.wait_for` loses a cancellation.

        It does so where `fut` is done in the same step of the loop; then the publisher would never end.
        """
        limit_s = self.timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(None if limit_s == math.inf else limit_s):
                return await fut
        except TimeoutError:
            raise aiomqtt.MqttError("Operation timed out") from None

    async def _misc_loop(self) -> None:
        """Like aiomqtt's, which looks every second whether a ping is due: a wake-up of a small computer each time."""
        while self._client.loop_misc() == MQTT_ERR_SUCCESS:
            await next_round(_MISC_EVERY_S)

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        """Write in the loop's next step, where the loop itself has something to write.

        aiomqtt's way, for calls from other threads, wakes the loop through a pipe and asks it whether the socket takes
        anything, for each message.
        """
        if _running_loop() is self._loop:
            self._loop.call_soon(self._write, client, userdata, sock)
        else:
            super()._on_socket_register_write(client, userdata, sock)

    def _write(self, client: Any, userdata: Any, sock: Any) -> None:
        if client.socket() is not sock:  # closed meanwhile
            return
        try:
            client.loop_write()
        except Exception as error:  # noqa: BLE001  # as aiomqtt: the connection has ended
            if not self._disconnected.done():
                self._disconnected.set_exception(error)
            return
        if client.socket() is sock and client.want_write():  # the socket is full
            super()._on_socket_register_write(client, userdata, sock)

    @property
    def incoming(self) -> IncomingQueue:
        """The queue of received messages."""
        return cast("IncomingQueue", self._queue)

    def _on_connect(
        self,
        client: Any,
        userdata: Any,
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.longest_packet = getattr(properties, "MaximumPacketSize", None)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: Any,
        userdata: Any,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if not self._connected.done():  # aiomqtt would wait for its timeout
            no_mqtt = reason_code.value == _PROTOCOL_ERROR
            self._connected.set_exception(NoWelcome("its answer was not MQTT" if no_mqtt else "it hung up"))
            self._connected.exception()  # marks it as retrieved, in case nothing waits for it any more
            return
        if self.loss is None and reason_code.is_failure:
            ended_for = cast("BoundedPaho", self._client).ended_for
            self.loss = ended_for or aiomqtt.MqttCodeError(reason_code)
            by_packet = flags.is_disconnect_packet_from_server
            self.hung_up = ended_for is None and not by_packet and reason_code.value == UNSPECIFIED
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        if reason_code.is_failure:
            self.refusal = reason_code
        super()._on_publish(client, userdata, mid, reason_code, properties)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of this thread, where one runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def client_for(
    mqtt: MqttSettings, who: Credentials, will: Message | None, tls_context: ssl.SSLContext | None
) -> Client:
    """Return a client that is not connected yet. `will`: None for a client that only reads."""
    session: dict[str, Any] = {}
    if who.protocol == aiomqtt.ProtocolVersion.V5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRES_S
        properties.MaximumPacketSize = LONGEST_PACKET
        session = {"clean_start": not who.resumes, "properties": properties}
    return Client(
        mqtt.host,
        mqtt.port,
        username=mqtt.username or None,
        password=who.password,
        identifier=who.identifier,
        protocol=who.protocol,
        will=will and aiomqtt.Will(will.topic, will.payload, will.qos, will.retain),
        timeout=mqtt.timeout_s,
        logger=_paho_log,
        keepalive=mqtt.keepalive_s,
        queue_type=IncomingQueue,
        max_queued_incoming_messages=_MOST_QUEUED,
        tls_context=tls_context,
        **session,
    )


async def send(client: Client, message: Message, protocol: aiomqtt.ProtocolVersion) -> None:
    """Publish one message; return once the broker has confirmed it (QoS 1) or it is written (QoS 0).

    No two calls at the same time.

    Raises PublishRefused (Unsendable), MqttError.
    """
    try:
        await _publish(client, message, protocol)
    except ValueError as error:  # a topic with a wildcard, NUL or half a surrogate pair, or too long
        raise Unsendable(message.topic, str(error), "it is dropped") from error
    if client.refusal is None:
        return
    if client.refusal.value in _NEVER_TAKEN:
        raise Unsendable(message.topic, str(client.refusal), "it is dropped")
    raise PublishRefused(message.topic, str(client.refusal))


async def _publish(client: Client, message: Message, protocol: aiomqtt.ProtocolVersion) -> None:
    """Publish one message, and store the broker's refusal in `client.refusal`. Raises ValueError, MqttError."""
    _check_length(message, client.longest_packet)
    properties = None
    if message.expires_s is not None and protocol == aiomqtt.ProtocolVersion.V5:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = message.expires_s
    client.refusal = None
    await client.publish(message.topic, message.payload, message.qos, message.retain, properties)


def _check_length(message: Message, most: int | None) -> None:
    """Raise Unsendable for a message that is too long: the broker would close the connection each time."""
    length = len(message.topic.encode()) + len(message.payload) + _PACKET_OVERHEAD
    if most is not None and length > most:
        reason = f"the message has {length} bytes, and the broker takes {most}"
        raise Unsendable(message.topic, reason, "raise that limit (mosquitto: max_packet_size)")


@contextlib.asynccontextmanager
async def connected(client: Client) -> AsyncIterator[Client]:
    """Connect the client; close its connection at the end in every case, which aiomqtt alone does not ensure."""
    was_connected = False
    try:
        async with client:
            was_connected = True
            yield client
    finally:
        if was_connected:
            with contextlib.suppress(aiomqtt.MqttError):
                await anext(client.messages)  # reads the stored error, or asyncio would report it as never retrieved
        else:
            client._client.disconnect()  # noqa: SLF001 - no public way; else a slow broker would still connect it
