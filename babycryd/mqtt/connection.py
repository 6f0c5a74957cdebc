"""Connection to the broker: reconnects with backoff, and logs each cause once."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from babycryd.core.supervision import Backoff
from babycryd.mqtt.client import Client, Credentials, PublishRefused, client_for, connected
from babycryd.mqtt.error_texts import LOGIN_REFUSED, UNSUPPORTED_PROTOCOL, loss, refusal, remedy, rights
from babycryd.mqtt.message import Message
from babycryd.mqtt.preflight import preflight
from babycryd.mqtt.settings import MqttSettings

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S: Final = 30.0  # between two attempts
REFUSED_PAUSE_S = 30.0  # at least, where the password is wrong

Use = Callable[[Client], Awaitable[None]]


class Connection:
    """The connection to the broker under one client id."""

    def __init__(self, mqtt: MqttSettings, password: str | None, identifier: str, will: Message) -> None:
        self._mqtt = mqtt
        self._password = password
        self._identifier = identifier  # fixed, so that the broker ends our half-open old connection first
        self._will = will
        self.protocol = aiomqtt.ProtocolVersion.V5
        self._was_connected = False
        self._refused = False  # whether the login of the last attempt was refused
        self._complaint: str | None = None  # the last logged reason; None while connected
        self.trouble: str | None = "connecting"  # why there is no connection; None while there is

    async def keep(self, use: Use, stopping: asyncio.Event) -> None:
        """Connect and await `use(client)`, again and again, until `stopping` is set."""
        backoff = Backoff(highest_s=_LONGEST_PAUSE_S)
        clock = asyncio.get_running_loop().time
        while not stopping.is_set():
            started_s = clock()
            self._refused = False
            try:
                await self._once(use)
            except* (OSError, UnicodeError, aiomqtt.MqttError) as errors:
                self._complain(_first(errors))
            pause_s = backoff.pause_s(clock() - started_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause_s, REFUSED_PAUSE_S) if self._refused else pause_s):
                    await stopping.wait()

    async def _once(self, use: Use) -> None:
        context = await preflight(self._mqtt)
        who = Credentials(self._identifier, self._password, self.protocol, resumes=self._was_connected)
        async with connected(client_for(self._mqtt, who, self._will, context)) as client:
            log.info("connected to the MQTT broker at %s:%d", self._mqtt.host, self._mqtt.port)
            self._was_connected = True
            self._complaint = self.trouble = None
            await use(client)

    def _complain(self, error: Exception) -> None:
        """Log why there is no connection, unless the last log line said the same."""
        complaint = self._cause(error)
        if complaint != self._complaint:
            log.warning("no MQTT for now, trying again: %s", complaint)
        self._complaint = self.trouble = complaint

    def _cause(self, error: Exception) -> str:
        """Return the reason in words, and set protocol and pause for the next attempt."""
        if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
            if _too_new(error):
                self.protocol = aiomqtt.ProtocolVersion.V311
            self._refused = error.rc.value in LOGIN_REFUSED
        return why(error, self._mqtt)


@contextlib.asynccontextmanager
async def visit(
    mqtt: MqttSettings, password: str | None, identifier: str, will: Message, context: ssl.SSLContext | None
) -> AsyncIterator[tuple[Client, aiomqtt.ProtocolVersion]]:
    """Connect once, in MQTT 5 or else 3.1.1. Raises MqttError, OSError."""
    async with contextlib.AsyncExitStack() as stack:
        protocol = aiomqtt.ProtocolVersion.V5
        try:
            client = client_for(mqtt, Credentials(identifier, password, protocol), will, context)
            await stack.enter_async_context(connected(client))
        except aiomqtt.MqttCodeError as error:
            if not _too_new(error):
                raise
            protocol = aiomqtt.ProtocolVersion.V311
            client = client_for(mqtt, Credentials(identifier, password, protocol), will, context)
            await stack.enter_async_context(connected(client))
        yield client, protocol


def _too_new(error: Exception) -> bool:
    """Return whether the broker does not support our protocol version."""
    if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
        return bool(error.rc.value == UNSUPPORTED_PROTOCOL)
    return False


def why(error: Exception, mqtt: MqttSettings) -> str:
    """Return one sentence about an error of aiomqtt or the system, with the remedy."""
    if isinstance(error, PublishRefused):
        return f"{error}: {error.remedy or rights(mqtt)}"
    if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
        return refusal(error.rc.value, str(error.rc), mqtt)
    # aiomqtt's error repeats the text of its cause; for our own errors the error itself says more than the cause
    real = (error.__cause__ or error.__context__ or error) if isinstance(error, aiomqtt.MqttError) else error
    return loss(mqtt) if isinstance(real, aiomqtt.MqttCodeError) else remedy(real, mqtt)


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    """Return the first error of a group, at any depth."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
