"""Receiver of messages: dispatches the commands and answers them, and hands on the others; each topic by itself."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping

import aiomqtt

from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, CommandResult, Dispatch
from babycryd.mqtt import command_parser
from babycryd.mqtt.client import Client
from babycryd.mqtt.command_parser import CommandParser, Rate, ReceivedCommand, answer
from babycryd.mqtt.message import Message
from babycryd.mqtt.subscriptions import Subscriptions

log = logging.getLogger(__name__)

Receive = Callable[[aiomqtt.Message], None]


class CommandReceiver:
    """Receiver that dispatches the commands of a connection and puts their answers into the outbox.

    A topic neither delays nor displaces another: each has a rate and a queue of its own, and one in a flood is
    unsubscribed for a while.
    """

    def __init__(
        self, base: str, dispatch: Dispatch, put: Callable[[Message], None], others: Mapping[str, Receive]
    ) -> None:
        """`base`: as in CommandParser; `put`: queues an answer for the broker.

        `others`: what is called with the messages of further topics, by topic.
        """
        self._base = base
        self._dispatch = dispatch
        self._put = put
        self._others = others
        self._parser = CommandParser(base)
        topics = (*self._parser.topics, *others)
        self.subscriptions = Subscriptions(topics, as_published=self._parser.topics)
        self._rates = {topic: Rate() for topic in topics}
        self._last: dict[str, asyncio.Task[None]] = {}  # by topic: the task of its newest command
        self._unanswered: Counter[str] = Counter()  # commands by topic

    async def run(self, client: Client, protocol: aiomqtt.ProtocolVersion, tasks: asyncio.TaskGroup) -> None:
        """Process the messages of `client` until the connection is lost. Raises MqttError then.

        `tasks` outlives the connection, so that a command that has begun is finished and answered later; otherwise a
        lullaby could play without an answer to the home.
        """
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as pauses:
            self.subscriptions.resume(client, protocol, pauses)
            async for message in client.messages:
                topic = str(message.topic)
                if topic not in self._rates or topic in self.subscriptions.paused:
                    continue
                self._take(topic, message, clock(), tasks)
                if self._rates[topic].flooded:
                    self._rates[topic].refused = 0
                    self.subscriptions.flooded(topic, client, protocol, pauses)

    def _take(self, topic: str, message: aiomqtt.Message, at_s: float, tasks: asyncio.TaskGroup) -> None:
        """Hand on a message, or answer its command; of several beyond the rate in a row only the first."""
        rate = self._rates[topic]
        within = rate.take(at_s)
        if topic in self._others:
            self._others[topic](message)
            return
        if rate.refused > 1:
            return
        too_many = not within or self._unanswered[topic] >= command_parser.MOST_AT_ONCE
        payload = message.payload if isinstance(message.payload, bytes) else b""
        parsed = self._parser.parse(topic, payload, retained=message.retain)
        received = self._parser.too_many(topic) if too_many else parsed
        if received is None:
            return
        if isinstance(received.command, CommandError):
            self._answer(received, received.command)
            return
        self._unanswered[topic] += 1
        executing = self._execute(topic, received, received.command, self._last.get(topic))
        self._last[topic] = tasks.create_task(executing, name="mqtt-command")

    async def _execute(
        self, topic: str, received: ReceivedCommand, command: Command, before: asyncio.Task[None] | None
    ) -> None:
        """Execute and answer a command, after the one `before` it on the same topic."""
        if before:
            await asyncio.wait([before])
        try:
            self._answer(received, await self._outcome(received.name, command))
        finally:
            self._unanswered[topic] -= 1

    def _answer(self, received: ReceivedCommand, outcome: CommandResult | CommandError) -> None:
        if isinstance(outcome, CommandError):
            log.warning("refused a %s command over MQTT: %s", received.name, outcome)
        else:
            log.info("executed a command over MQTT: %s", received.command)
        self._put(answer(self._base, received, outcome))

    async def _outcome(self, name: str, command: Command) -> CommandResult | CommandError:
        try:
            return await self._dispatch(command)
        except CommandError as error:
            return error
        except Exception:  # a defect ends neither the connection nor the answer
            log.exception("a %s command over MQTT failed", name)
            return CommandError("it failed; the log of babycryd says why")
