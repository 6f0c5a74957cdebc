"""Removal of every message that a broker retains of a device."""

import asyncio

import aiomqtt

from babycryd.mqtt.client import PublishRefused, send
from babycryd.mqtt.discovery import discovery_topic
from babycryd.mqtt.login import visit
from babycryd.mqtt.message import Message, base_topic, retained
from babycryd.mqtt.preflight import preflight
from babycryd.mqtt.retained_state import retained_topics
from babycryd.mqtt.settings import MqttSettings

_STATUS_WAIT_S = 1.0  # for the retained status, which comes at once if there is one


class StillRunning(Exception):  # noqa: N818  # named after the fact
    """The daemon runs: it would publish all retained topics again."""


async def unpublish(mqtt: MqttSettings, password: str | None, device_id: str, *, force: bool = False) -> int:
    """Clear every retained topic, the announcement to Home Assistant first; return the number of topics.

    Raises StillRunning, OSError, MqttError.
    """
    context = await preflight(mqtt)
    base = base_topic(mqtt.base, device_id)
    name, will = f"babycryd-{device_id}-unpublish", Message(f"{base}/doctor/set", b"", qos=0, retain=False)
    topics = [discovery_topic(mqtt.discovery_prefix, device_id), *sorted(retained_topics(base))]
    messages = [retained(topic, b"") for topic in topics]
    async with visit(mqtt, password, name, will, context) as login:
        if not force and await _status(login.client, f"{base}/status") == b"online":
            raise StillRunning
        refusals = []
        for message in messages:
            try:
                await send(login.client, message, login.protocol)
            except PublishRefused as refused:
                refusals.append(refused)
        if refusals:  # the other topics are cleared all the same
            raise refusals[0]
    return len(messages)


async def _status(client: aiomqtt.Client, topic: str) -> object:
    await client.subscribe(topic, qos=1)
    try:
        async with asyncio.timeout(_STATUS_WAIT_S):
            return (await anext(client.messages)).payload
    except TimeoutError:
        return None
