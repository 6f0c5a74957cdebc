"""Listening to the command topics, with ears that close when somebody shouts."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from babycryd.core.commands import CommandError, CommandResult, Dispatch
from babycryd.mqtt.command_parser import CommandParser, ReceivedCommand

log = logging.getLogger(__name__)

FLOOD_PAUSE_S: Final = 30.0
_REFUSED: Final = 0x80  # reason codes from here on, MQTT 5.0 section 2.4


async def subscribe(client: aiomqtt.Client, protocol: aiomqtt.ProtocolVersion, topics: Iterable[str]) -> None:
    """To all in one packet. A topic that the broker does not allow is named in the log. Raises MqttError."""
    wanted = list(topics)
    if protocol == aiomqtt.ProtocolVersion.V5:
        # As published: only so can a command that was retained by mistake be told from others
        granted = await client.subscribe([(topic, SubscribeOptions(1, retainAsPublished=True)) for topic in wanted])
    else:
        granted = await client.subscribe([(topic, 1) for topic in wanted])
    for topic, code in zip(wanted, list[int | ReasonCode](granted), strict=False):
        if refused(code):
            log.warning("the broker does not let us subscribe to %s: nothing is heard there", topic)


def refused(granted: int | ReasonCode) -> bool:
    """Whether a subscription was."""
    return int(granted.value if isinstance(granted, ReasonCode) else granted) >= _REFUSED


async def hear(
    client: aiomqtt.Client, protocol: aiomqtt.ProtocolVersion, counter: CommandParser
) -> AsyncIterator[ReceivedCommand | aiomqtt.Message]:
    """Commands as they arrive, and messages on other topics as they are. Raises MqttError when all is lost."""
    clock = asyncio.get_running_loop().time
    commands = set(counter.topics)
    left_over = 0  # of a flood
    async for message in client.messages:
        topic = str(message.topic)
        left_over = max(0, left_over - 1)
        if topic not in commands:
            yield message
            continue
        if left_over:
            continue
        payload = message.payload if isinstance(message.payload, bytes) else b""
        if arrived := counter.take(topic, payload, retained=message.retain, at_s=clock()):
            yield arrived
        if counter.flooded:
            log.warning("a flood of commands over MQTT: none is heard for %.0f s", FLOOD_PAUSE_S)
            await client.unsubscribe(list(commands))
            await asyncio.sleep(FLOOD_PAUSE_S)
            left_over = len(client.messages) + 1  # it wanted something half a minute ago
            counter.forgive()
            await subscribe(client, protocol, commands)


async def outcome_of(arrived: ReceivedCommand, obey: Dispatch) -> CommandResult | CommandError:
    """What whoever asked is to be told."""
    if isinstance(arrived.order, CommandError):
        return arrived.order  # refused here or later: the same to whoever asked
    try:
        return await obey(arrived.order)
    except CommandError as error:
        return error
    except Exception:  # whatever it is: neither the connection nor whoever asked has to suffer
        log.exception("a %s command over MQTT failed", arrived.command)
        return CommandError("it failed; the log of babycryd says why")
