"""aiomqtt's client as we want it."""

import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from babycryd.publish.messages import Message
from babycryd.publish.settings import MqttSettings

_paho_log = logging.getLogger(f"{__name__}.paho")
_paho_log.setLevel(logging.CRITICAL)  # its errors reach us as exceptions too, and one line is enough
SESSION_EXPIRES_S: Final = 60  # a command that is older than that would surprise whoever gave it
_COMMANDS_KEPT = 50  # that nobody has looked at yet; more are dropped


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to the broker, and in which language."""

    identifier: str
    password: str | None
    protocol: aiomqtt.ProtocolVersion
    resumes: bool = False  # what came for us while we were away for a moment is welcome


def client_for(mqtt: MqttSettings, who: Login, will: Message, tls_context: ssl.SSLContext | None) -> aiomqtt.Client:
    """Not yet connected."""
    session: dict[str, Any] = {}
    if who.protocol == aiomqtt.ProtocolVersion.V5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRES_S
        session = {"clean_start": not who.resumes, "properties": properties}
    return aiomqtt.Client(
        mqtt.host,
        mqtt.port,
        username=mqtt.username or None,
        password=who.password,
        identifier=who.identifier,
        protocol=who.protocol,
        will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain),
        timeout=mqtt.timeout_s,
        logger=_paho_log,
        keepalive=mqtt.keepalive_s,
        max_queued_incoming_messages=_COMMANDS_KEPT,
        tls_context=tls_context,
        **session,
    )


async def send(client: aiomqtt.Client, message: Message, protocol: aiomqtt.ProtocolVersion) -> None:
    """Returns once the broker has confirmed it (QoS 1), or it has been written (QoS 0)."""
    properties = None
    if message.expires_s is not None and protocol == aiomqtt.ProtocolVersion.V5:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = message.expires_s
    await client.publish(message.topic, message.payload, message.qos, message.retain, properties)


@contextlib.asynccontextmanager
async def connected(client: aiomqtt.Client) -> AsyncIterator[aiomqtt.Client]:
    """The client, connected; afterwards it is gone for good, which aiomqtt alone does not see to."""
    was_connected = False
    try:
        async with client:
            was_connected = True
            yield client
    finally:
        if was_connected:
            with contextlib.suppress(aiomqtt.MqttError):
                await anext(client.messages)  # reads why it was lost, or asyncio would report an unread error
        else:
            client._client.disconnect()  # noqa: SLF001 - no public way; else a slow broker still lets it in
