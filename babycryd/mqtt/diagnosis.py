"""Diagnosis of the connection to the broker, step by step, for `babycryd doctor`."""

import asyncio
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import aiomqtt

from babycryd.core.check_result import CheckResult
from babycryd.mqtt.client import PublishRefused, send
from babycryd.mqtt.error_texts import OLDER_LACKS
from babycryd.mqtt.login import visit, why
from babycryd.mqtt.message import Message, base_topic
from babycryd.mqtt.preflight import close_tls, tls_context
from babycryd.mqtt.settings import MqttSettings
from babycryd.mqtt.subscriptions import refused
from babycryd.system.worker_thread import WorkerThread

T = TypeVar("T")
_NEXT_STEP = {"broker: login": "broker: subscribe", "broker: subscribe": "broker: publish"}
_PROTOCOL_NAMES = {aiomqtt.ProtocolVersion.V5: "MQTT 5", aiomqtt.ProtocolVersion.V311: "MQTT 3.1.1"}


async def diagnose(mqtt: MqttSettings, password: str | None, device_id: str) -> AsyncIterator[CheckResult]:
    """Check DNS, TCP, TLS, login, subscribe and publish; end with the first failure. Disturbs no running daemon."""
    where = f"{mqtt.host}:{mqtt.port}"
    try:
        step = "broker: name"
        addresses = await _in_thread(lambda: socket.getaddrinfo(mqtt.host, mqtt.port, type=socket.SOCK_STREAM), mqtt)
        yield CheckResult(step, good=True, text=f"{mqtt.host} is {addresses[0][4][0]}")
        step = "broker: connection"
        await _in_thread(lambda: _connect(mqtt).close(), mqtt)
        yield CheckResult(step, good=True, text=f"{where} answers")
        step = "broker: TLS"
        if mqtt.tls:
            yield CheckResult(step, good=True, text=await _in_thread(lambda: _tls_handshake(mqtt), mqtt))
        else:
            yield CheckResult(step, good=None, text="mqtt.tls is false; safe only within your own network")
        step = "broker: login"
        async for result in _mqtt_checks(mqtt, password, device_id):
            step = _NEXT_STEP.get(result.what, step)
            yield result
    except (OSError, UnicodeError, aiomqtt.MqttError) as error:
        yield CheckResult(step, good=False, text=why(error, mqtt))


async def _mqtt_checks(mqtt: MqttSettings, password: str | None, device_id: str) -> AsyncIterator[CheckResult]:
    base = base_topic(mqtt.base, device_id)
    name, context = f"babycryd-{device_id}-doctor", tls_context(mqtt) if mqtt.tls else None
    topic, nonce = f"{base}/doctor/set", uuid.uuid4().hex.encode()
    will = Message(topic, b"", qos=0, retain=False)
    async with visit(mqtt, password, name, will, context) as login:
        client, protocol = login.client, login.protocol
        user = f"user '{mqtt.username}'" if mqtt.username else "a client without a user name"
        because = f" ({login.because}): {OLDER_LACKS}" if login.because else ""
        welcome = f"it welcomes {user}, in {_PROTOCOL_NAMES[protocol]}{because}"
        yield CheckResult("broker: login", good=True, text=welcome)
        [granted] = await client.subscribe(topic, qos=1)
        denied = refused(granted)
        rights = f"the broker's ACL must let {user} write and read below {base}/"
        yield CheckResult("broker: subscribe", good=not denied, text=rights if denied else f"below {base}/")
        if denied:
            return
        try:
            await send(client, Message(topic, nonce, qos=1, retain=False), protocol)
        except PublishRefused as no:
            yield CheckResult("broker: publish", good=False, text=f"{no}: {rights}")
            return
        returned = await _returns(client, nonce, mqtt.timeout_s)
        lost = f"the test message did not come back: {rights}"
        yield CheckResult("broker: publish", good=returned, text="the test message came back" if returned else lost)


async def _returns(client: aiomqtt.Client, nonce: bytes, limit_s: float) -> bool:
    try:
        async with asyncio.timeout(limit_s):
            async for message in client.messages:
                if message.payload == nonce:
                    return True
    except TimeoutError:
        pass
    return False


def _connect(mqtt: MqttSettings) -> socket.socket:
    return socket.create_connection((mqtt.host, mqtt.port), timeout=mqtt.timeout_s)


def _tls_handshake(mqtt: MqttSettings) -> str:
    with _connect(mqtt) as plain:
        secret = tls_context(mqtt).wrap_socket(plain, server_hostname=mqtt.host)
        version, certificate = secret.version(), secret.getpeercert() or {}
        close_tls(secret)
    until = str(certificate.get("notAfter", "unknown"))
    return f"{version}, the certificate is trusted and good until {_day(until)}"


def _day(until: str) -> str:
    """Shorten a time to its day: `Nov 25 10:00:00 2026 GMT` -> `Nov 25 2026`."""
    try:
        ssl.cert_time_to_seconds(until)
    except ValueError:
        return until
    month, day, _, year, _ = until.split()
    return f"{month} {day} {year}"


async def _in_thread(work: Callable[[], T], mqtt: MqttSettings) -> T:
    worker = WorkerThread("mqtt-diagnosis")
    try:
        return await worker.call(work, mqtt.timeout_s)
    finally:
        worker.end()
