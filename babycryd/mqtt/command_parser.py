"""PURE. Parser of commands over MQTT, which refuses those beyond a rate, and the message that answers a command."""

import json
from dataclasses import dataclass
from typing import Any, Final

from babycryd.core.command_table import COMMANDS, CommandSpec
from babycryd.core.command_values import CommandError, name, shortened
from babycryd.core.commands import Command, CommandResult
from babycryd.core.token_bucket import TokenBucket
from babycryd.mqtt.message import Message, json_bytes

LONGEST_PAYLOAD: Final = 2048  # bytes
MOST_AT_ONCE: Final = 10.0
MOST_PER_S: Final = 2.0
FLOOD: Final = 50  # messages beyond the rate in a row, as of a program in a loop


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """One message on a command topic: its command, or why it is refused."""

    name: str  # `lullaby` for `lullaby/set`
    transaction: str | int | None  # the caller's id for the answer
    command: Command | CommandError


class Rate:
    """Rate of the messages of one topic: MOST_AT_ONCE, then MOST_PER_S; FLOOD beyond it in a row are a flood."""

    def __init__(self) -> None:
        self._limit = TokenBucket(MOST_AT_ONCE, 1 / MOST_PER_S)
        self.refused = 0  # messages beyond the rate since the last one within it

    @property
    def flooded(self) -> bool:
        """Whether FLOOD messages in a row were beyond the rate."""
        return self.refused >= FLOOD

    def take(self, at_s: float) -> bool:
        """Count a message; return whether it is within the rate. `at_s`: seconds of a clock that never goes back."""
        within = self._limit.take(at_s)
        self.refused = 0 if within else self.refused + 1
        return within


class CommandParser:
    """Parser of command messages. No payload makes it raise."""

    def __init__(self, base: str) -> None:
        """`base`: the prefix of every topic, without a slash at its end."""
        self._specs = {f"{base}/{spec.topic}": spec for spec in COMMANDS}

    @property
    def topics(self) -> list[str]:
        """The command topics to subscribe to."""
        return list(self._specs)

    def parse(self, topic: str, payload: bytes, *, retained: bool) -> ReceivedCommand | None:
        """Parse a message on one of `topics`. None: it clears a retained command."""
        if retained and not payload:
            return None
        return _read(self._specs[topic], payload, retained=retained)

    def too_many(self, topic: str) -> ReceivedCommand:
        """Return what stands for the first command of a topic that is beyond its rate."""
        error = CommandError(f"too many commands; {MOST_PER_S:g} a second are executed")
        return ReceivedCommand(self._specs[topic].name, None, error)


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
