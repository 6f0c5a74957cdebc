"""Login at the broker, in MQTT 5 or else 3.1.1, and the causes of its failure in words."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from babycryd.mqtt import error_texts
from babycryd.mqtt.bounded_paho import PacketTooLong
from babycryd.mqtt.client import (
    UNSPECIFIED,
    Client,
    Credentials,
    NoWelcome,
    PublishRefused,
    client_for,
    connected,
)
from babycryd.mqtt.message import Message
from babycryd.mqtt.settings import MqttSettings

_V5, _V311 = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311


@dataclass(frozen=True, slots=True)
class Login:
    """A connected client, and the protocol version that the broker speaks."""

    client: Client
    protocol: aiomqtt.ProtocolVersion
    because: str = ""  # why it is not MQTT 5, where that was tried


@contextlib.asynccontextmanager
async def log_in(
    client: Callable[[aiomqtt.ProtocolVersion], Client], *, newer: bool = True, silence_is_old: bool = True
) -> AsyncIterator[Login]:
    """Connect a client in MQTT 5; where the broker refuses that or hangs up, in 3.1.1. Raises MqttError, OSError.

    `newer`: False tries 3.1.1 only. `silence_is_old`: a broker that does not answer at all may know 3.1.1 only, too.
    """
    async with contextlib.AsyncExitStack() as stack:
        because = ""
        if newer:
            try:
                entered = await stack.enter_async_context(connected(client(_V5)))
            except aiomqtt.MqttError as error:
                because = _too_new(error, silence_is_old=silence_is_old)
                if not because:
                    raise
        protocol = _V311 if because or not newer else _V5
        if protocol == _V311:
            entered = await stack.enter_async_context(connected(client(_V311)))
        yield Login(entered, protocol, because)


@contextlib.asynccontextmanager
async def visit(
    mqtt: MqttSettings, password: str | None, identifier: str, will: Message | None, context: ssl.SSLContext | None
) -> AsyncIterator[Login]:
    """Connect once, under an id of its own. Raises MqttError, OSError."""

    def client(protocol: aiomqtt.ProtocolVersion) -> Client:
        return client_for(mqtt, Credentials(identifier, password, protocol), will, context)

    async with log_in(client) as login:
        yield login


def _too_new(error: aiomqtt.MqttError, *, silence_is_old: bool) -> str:
    """Return how the broker shows that it may not know MQTT 5; empty where it does not."""
    if isinstance(error, NoWelcome):
        return f"in MQTT 5 {error}"
    if reason_of(error) in error_texts.TOO_NEW:
        return "in MQTT 5 it refused"
    if silence_is_old and isinstance(error.__context__, TimeoutError):
        return "in MQTT 5 it did not answer"
    return ""


def reason_of(error: BaseException) -> int | None:
    """Return the reason code of CONNACK or DISCONNECT that is the cause of an error; None: there is none."""
    for each in (error, error.__cause__):
        if isinstance(each, aiomqtt.MqttCodeError) and isinstance(each.rc, ReasonCode):
            return int(each.rc.value)
    return None


def first_error(errors: BaseExceptionGroup[Exception]) -> Exception:
    """Return the first error of a group, at any depth."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error


def why(error: BaseException, mqtt: MqttSettings) -> str:
    """Return one sentence about an error of aiomqtt or the system, with the remedy."""
    match error:
        case PublishRefused():
            return f"{error}: {error.remedy or error_texts.rights(mqtt)}"
        case PacketTooLong():
            return error_texts.too_long(error.topic, error.length)
        case NoWelcome():
            return error_texts.no_welcome(str(error), mqtt)
        case MqttConnectError() if isinstance(error.rc, ReasonCode):
            return error_texts.refusal(error.rc.value, str(error.rc), mqtt)
        case aiomqtt.MqttCodeError():
            return _loss(error, mqtt)
    # aiomqtt's error repeats the text of its cause; for our own errors the error itself says more than the cause
    real = (error.__cause__ or error.__context__ or error) if isinstance(error, aiomqtt.MqttError) else error
    return why(real, mqtt) if isinstance(real, aiomqtt.MqttCodeError) else error_texts.remedy(real, mqtt)


def _loss(error: aiomqtt.MqttCodeError, mqtt: MqttSettings) -> str:
    """Return one sentence about a lost connection, with the reason where the broker or paho gave one."""
    if isinstance(error.rc, ReasonCode) and error.rc.value > UNSPECIFIED:
        return error_texts.loss(mqtt, str(error.rc))
    return error_texts.loss(mqtt)
