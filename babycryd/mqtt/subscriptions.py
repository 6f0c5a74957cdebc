"""Subscriptions: the topics that the receiver listens to, of which one in trouble is left out for a while."""

import asyncio
import logging
from collections.abc import Collection, Iterable
from typing import Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from babycryd.mqtt.client import Client

log = logging.getLogger(__name__)

FLOOD_PAUSE_S: Final = 30.0
TOO_LONG_PAUSE_S: Final = 3600.0  # each attempt may cost the connection, where the message is retained
_REFUSED: Final = 0x80  # reason codes from here on, MQTT 5.0 section 2.4


class Subscriptions:
    """The topics to subscribe to; those in `paused` are left out on this connection and the next until their time."""

    def __init__(self, topics: Iterable[str], as_published: Collection[str]) -> None:
        """`as_published`: topics whose messages keep the retain flag that their publisher set (MQTT 5)."""
        self._topics = tuple(topics)
        self._as_published = as_published
        self._reasons: dict[str, str] = {}  # of each paused topic
        self.paused: dict[str, float] = {}  # until when, of the loop's clock
        self.refused: set[str] = set()  # topics that the broker does not let us subscribe to

    @property
    def trouble(self) -> str | None:
        """Why messages of a topic do not arrive; None: all do."""
        if self.refused:
            return f"the broker does not let us subscribe to {min(self.refused)}: no message of it arrives"
        return next((f"{topic} is left out for a while: {why}" for topic, why in self._reasons.items()), None)

    async def begin(self, client: Client, protocol: aiomqtt.ProtocolVersion) -> None:
        """Subscribe to every topic that is not paused. Raises MqttError."""
        if self.paused:  # a resumed session may still have them
            await client.unsubscribe(list(self.paused))
        self.refused.clear()
        await self._subscribe(client, protocol, [each for each in self._topics if each not in self.paused])

    def resume(self, client: Client, protocol: aiomqtt.ProtocolVersion, group: asyncio.TaskGroup) -> None:
        """Subscribe to the paused topics when it is time, in tasks of `group`, whose life is that of the connection."""
        for topic in self.paused:
            group.create_task(self._resume(topic, client, protocol), name="mqtt-pause")

    def too_long(self, topic: str, length: int) -> None:
        """Leave out a topic whose message of `length` bytes ended the connection."""
        if topic in self._topics:
            self._pause(topic, TOO_LONG_PAUSE_S, f"a message of {length / 1e6:.1f} MB is on it")

    def flooded(self, topic: str, client: Client, protocol: aiomqtt.ProtocolVersion, group: asyncio.TaskGroup) -> None:
        """Leave out a topic whose messages come too fast; `group` as in `resume`."""
        self._pause(topic, FLOOD_PAUSE_S, "a flood of messages came on it")
        group.create_task(self._leave_out(topic, client, protocol), name="mqtt-pause")

    def _pause(self, topic: str, for_s: float, why: str) -> None:
        self.paused[topic], self._reasons[topic] = asyncio.get_running_loop().time() + for_s, why
        log.warning("no message on %s is received for %.0f s: %s", topic, for_s, why)

    async def _leave_out(self, topic: str, client: Client, protocol: aiomqtt.ProtocolVersion) -> None:
        await client.unsubscribe(topic)
        await self._resume(topic, client, protocol)

    async def _resume(self, topic: str, client: Client, protocol: aiomqtt.ProtocolVersion) -> None:
        await asyncio.sleep(self.paused[topic] - asyncio.get_running_loop().time())
        del self.paused[topic], self._reasons[topic]
        await self._subscribe(client, protocol, [topic])
        log.info("messages on %s are received again; %d were dropped so far", topic, client.incoming.dropped[topic])

    async def _subscribe(self, client: Client, protocol: aiomqtt.ProtocolVersion, topics: list[str]) -> None:
        """Subscribe to the topics in one packet; log each one that the broker does not allow. Raises MqttError."""
        if protocol == aiomqtt.ProtocolVersion.V5:
            # As published: else a command that was retained by mistake looks like any other
            options = [SubscribeOptions(1, retainAsPublished=topic in self._as_published) for topic in topics]
            granted = await client.subscribe(list(zip(topics, options, strict=True)))
        else:
            # In 3.1.1 our session ends with the connection, so QoS 1 would bring no more messages. NATS would make a
            # replicated store of each such subscription
            granted = await client.subscribe([(topic, 0) for topic in topics])
        for topic, code in zip(topics, list[int | ReasonCode](granted), strict=False):
            if refused(code):
                self.refused.add(topic)
                log.warning("the broker does not let us subscribe to %s: no message of it arrives", topic)


def refused(granted: int | ReasonCode) -> bool:
    """Return whether a code of SUBACK refuses the subscription."""
    return int(granted.value if isinstance(granted, ReasonCode) else granted) >= _REFUSED
