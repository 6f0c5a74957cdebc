"""Receiver of commands over MQTT: parses, rate-limits, dispatches and answers them."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from babycryd.core.commands import (
    COMMANDS,
    Command,
    CommandError,
    CommandResult,
    CommandSpec,
    Dispatch,
    PlayTestTone,
    name,
    shortened,
)
from babycryd.core.token_bucket import TokenBucket
from babycryd.mqtt.message import Message, json_bytes

log = logging.getLogger(__name__)

LONGEST_PAYLOAD: Final = 2048  # bytes
MOST_AT_ONCE: Final = 10.0
MOST_PER_S: Final = 2.0
FLOOD: Final = 50  # commands refused in a row, as of a program in a loop
FLOOD_PAUSE_S: Final = 30.0
_REFUSED: Final = 0x80  # reason codes from here on, MQTT 5.0 section 2.4


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """One message on a command topic: its command, or why it is refused."""

    name: str  # `lullaby` for `lullaby/set`
    transaction: str | int | None  # the caller's id for the answer
    command: Command | CommandError


class CommandParser:
    """Parser of command messages, which refuses those beyond the rate MOST_PER_S. No payload makes it raise."""

    def __init__(self, base: str) -> None:
        """`base`: the prefix of every topic, without a slash at its end."""
        self._specs = {f"{base}/{spec.topic}": spec for spec in COMMANDS}
        self._limit = TokenBucket(MOST_AT_ONCE, 1 / MOST_PER_S)
        self._refused = 0  # commands beyond the rate since the last one within it

    @property
    def topics(self) -> list[str]:
        """The command topics to subscribe to."""
        return list(self._specs)

    @property
    def flooded(self) -> bool:
        """Whether FLOOD commands were refused in a row, so that the receiver is to unsubscribe for a while."""
        return self._refused >= FLOOD

    def reset_refused(self) -> None:
        """Reset the count of refused commands."""
        self._refused = 0

    def parse(self, topic: str, payload: bytes, *, retained: bool, at_s: float) -> ReceivedCommand | None:
        """Parse a message. None: it clears a retained command, or is not the first one beyond the rate.

        `topic`: one of `topics`; `at_s`: seconds of any clock that never goes back.
        """
        if retained and not payload:
            return None
        spec = self._specs[topic]
        if not self._limit.take(at_s):
            self._refused += 1
            too_many = CommandError(f"too many commands; {MOST_PER_S:g} a second are executed")
            return None if self._refused > 1 else ReceivedCommand(spec.name, None, too_many)
        self._refused = 0
        return _read(spec, payload, retained=retained)


class CommandReceiver:
    """Receiver that dispatches the commands of a connection and puts their answers into the outbox."""

    def __init__(self, base: str, dispatch: Dispatch, put: Callable[[Message], None]) -> None:
        """`base`: as in CommandParser; `put`: queues an answer for the broker."""
        self._base = base
        self._dispatch = dispatch
        self._put = put
        self._parser = CommandParser(base)

    @property
    def topics(self) -> list[str]:
        """The command topics to subscribe to."""
        return self._parser.topics

    async def run(
        self,
        client: aiomqtt.Client,
        protocol: aiomqtt.ProtocolVersion,
        tasks: asyncio.TaskGroup,
        other: Callable[[aiomqtt.Message], None],
    ) -> None:
        """Process the messages of `client` until the connection is lost. Raises MqttError then.

        `tasks` outlives the connection, so that a command that has begun is finished and answered later; otherwise a
        lullaby could play without an answer to the home. `other`: called with each message on any other topic.
        """
        clock = asyncio.get_running_loop().time
        topics = set(self.topics)
        left_over = 0  # queued messages of a flood
        async for message in client.messages:
            left_over = max(0, left_over - 1)
            topic = str(message.topic)
            if topic not in topics:
                other(message)
                continue
            if left_over:
                continue
            payload = message.payload if isinstance(message.payload, bytes) else b""
            if received := self._parser.parse(topic, payload, retained=message.retain, at_s=clock()):
                answering = tasks.create_task(self._answer(received), name="mqtt-command")
                if not isinstance(received.command, PlayTestTone):  # it takes seconds; the others do not wait
                    await asyncio.wait([answering])
            if self._parser.flooded:
                log.warning("a flood of commands over MQTT: none is executed for %.0f s", FLOOD_PAUSE_S)
                await client.unsubscribe(list(topics))
                await asyncio.sleep(FLOOD_PAUSE_S)
                left_over = len(client.messages) + 1  # which are half a minute old now
                self._parser.reset_refused()
                await subscribe(client, protocol, topics)

    async def _answer(self, received: ReceivedCommand) -> None:
        outcome = await self._outcome(received)
        if isinstance(outcome, CommandError):
            log.warning("refused a %s command over MQTT: %s", received.name, outcome)
        else:
            log.info("executed a command over MQTT: %s", received.command)
        self._put(answer(self._base, received, outcome))

    async def _outcome(self, received: ReceivedCommand) -> CommandResult | CommandError:
        if isinstance(received.command, CommandError):
            return received.command  # the caller's answer is the same as for a refusal by the dispatcher
        try:
            return await self._dispatch(received.command)
        except CommandError as error:
            return error
        except Exception:  # a defect ends neither the connection nor the answer
            log.exception("a %s command over MQTT failed", received.name)
            return CommandError("it failed; the log of babycryd says why")


async def subscribe(client: aiomqtt.Client, protocol: aiomqtt.ProtocolVersion, topics: Iterable[str]) -> None:
    """Subscribe to all topics in one packet; log each one that the broker does not allow. Raises MqttError."""
    wanted = list(topics)
    if protocol == aiomqtt.ProtocolVersion.V5:
        # As published: else a command that was retained by mistake looks like any other
        granted = await client.subscribe([(topic, SubscribeOptions(1, retainAsPublished=True)) for topic in wanted])
    else:
        granted = await client.subscribe([(topic, 1) for topic in wanted])
    for topic, code in zip(wanted, list[int | ReasonCode](granted), strict=False):
        if refused(code):
            log.warning("the broker does not let us subscribe to %s: no message of it arrives", topic)


def refused(granted: int | ReasonCode) -> bool:
    """Return whether a code of SUBACK refuses the subscription."""
    return int(granted.value if isinstance(granted, ReasonCode) else granted) >= _REFUSED


def answer(base: str, received: ReceivedCommand, outcome: CommandResult | CommandError) -> Message:
    """Return the message on `command/response` with the outcome of a command."""
    rest = {"error": str(outcome)} if isinstance(outcome, CommandError) else outcome
    fields = {"command": received.name, "transaction": received.transaction, "ok": rest is outcome, **rest}
    return Message(f"{base}/command/response", json_bytes(fields), qos=1, retain=False)


def _read(spec: CommandSpec, payload: bytes, *, retained: bool) -> ReceivedCommand:
    transaction: str | int | None = None
    try:
        fields = _fields(spec, payload)
        transaction = _transaction(fields)
        fields.pop("transaction", None)
        command = _retained_error() if retained else spec.read(fields, spec.mqtt_key, ("transaction",))
    except CommandError as error:
        return ReceivedCommand(spec.name, transaction, error)
    return ReceivedCommand(spec.name, transaction, command)


def _retained_error() -> CommandError:
    # The broker would send it again at every connection
    return CommandError("a retained command is refused; publish it without retain, and clear this one")


def _transaction(fields: dict[str, Any]) -> str | int | None:
    given = fields.get("transaction")
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**63:
        return given
    return name(fields, "transaction")


def _fields(spec: CommandSpec, payload: bytes) -> dict[str, Any]:
    """Return the JSON object of a payload; a bare value becomes the command's value. Raises CommandError."""
    if len(payload) > LONGEST_PAYLOAD:
        raise CommandError(f"the payload has {len(payload)} bytes; {LONGEST_PAYLOAD} are the most")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise CommandError("the payload is not UTF-8 text") from None
    try:
        read = json.loads(text.lower() if len(text) <= len("false") else text)
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, dict):
        return read
    if spec.kind == "flag" and not isinstance(read, bool):
        example = "".join(f', "{each}": "…"' for each in spec.options)
        raise CommandError(f'expected true, false or {{"{spec.mqtt_key}": true{example}}}, got {shortened(text)}')
    is_plain = read is None or spec.kind == "text"  # a track may be called 12
    return {spec.mqtt_key: text if is_plain else read}
