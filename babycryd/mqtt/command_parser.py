"""PURE. What arrives on the command topics: understood, or refused with a reason."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from babycryd.core.commands import (
    Command,
    CommandError,
    name,
    shortened,
    to_feedback,
    to_lullaby,
    to_snooze,
    to_test,
    to_threshold,
    to_volume,
)
from babycryd.core.token_bucket import TokenBucket

LONGEST_PAYLOAD: Final = 2048  # bytes
MOST_AT_ONCE: Final = 10.0
MOST_PER_S: Final = 2.0
FLOOD: Final = 50  # refused in a row: somebody's program runs wild

_Fields = dict[str, Any]
VALUES: Final[Mapping[str, Callable[[object], Command]]] = {  # by topic: a bare value, or {"value": …}
    "lullaby/set": to_lullaby,
    "volume/set": to_volume,
    "snooze/set": to_snooze,
    "threshold/set": to_threshold,
    "command/test": to_test,
}
FEEDBACK: Final = "feedback/set"
COMMANDS: Final = (*VALUES, FEEDBACK)


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """One message on a command topic."""

    command: str  # `lullaby` for `lullaby/set`
    transaction: str | int | None  # the caller's own mark, for finding the answer
    order: Command | CommandError


class CommandParser:
    """Takes what arrives, at most MOST_PER_S in the long run. No payload can raise."""

    def __init__(self, base: str) -> None:
        """`base` is the topic that every other one begins with, without a slash at its end."""
        self._leaves = {f"{base}/{leaf}": leaf for leaf in COMMANDS}
        self._limit = TokenBucket(MOST_AT_ONCE, 1 / MOST_PER_S)
        self._refused = 0  # because there were too many, since one was taken

    @property
    def topics(self) -> list[str]:
        """What to subscribe to."""
        return list(self._leaves)

    @property
    def flooded(self) -> bool:
        """It would be better not to listen for a while."""
        return self._refused >= FLOOD

    def forgive(self) -> None:
        """The flood may be over."""
        self._refused = 0

    def take(self, topic: str, payload: bytes, *, retained: bool, at_s: float) -> ReceivedCommand | None:
        """What a message asks for; None for the clearing of a retained one, and in a flood already complained of.

        `topic` is one of `topics`; `at_s` are seconds of any clock that never goes back.
        """
        if retained and not payload:
            return None
        leaf = self._leaves[topic]
        if not self._limit.take(at_s):
            self._refused += 1
            too_many = CommandError(f"too many commands; {MOST_PER_S:g} a second are heard")
            return None if self._refused > 1 else ReceivedCommand(_command(leaf), None, too_many)
        self._refused = 0
        return _understood(leaf, payload, retained=retained)


def _command(leaf: str) -> str:
    return leaf.removesuffix("/set").removeprefix("command/")


def _understood(leaf: str, payload: bytes, *, retained: bool) -> ReceivedCommand:
    transaction: str | int | None = None
    try:
        fields = _fields(leaf, payload)
        transaction = _transaction(fields)
        fields.pop("transaction", None)
        order: Command | CommandError = _refused_retained() if retained else _order(leaf, fields)
    except CommandError as refused:
        order = refused
    return ReceivedCommand(_command(leaf), transaction, order)


def _order(leaf: str, fields: _Fields) -> Command:
    return to_feedback(fields) if leaf == FEEDBACK else VALUES[leaf](_value(fields))


def _refused_retained() -> CommandError:
    # The broker would repeat it at every connection
    return CommandError("a retained command is not obeyed; publish it without retain, and clear this one")


def _transaction(fields: _Fields) -> str | int | None:
    given = fields.get("transaction")
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**63:
        return given
    return name(fields, "transaction")


def _value(fields: _Fields) -> object:
    if unknown := sorted(fields.keys() - {"value"}):
        raise CommandError(f'unknown {shortened(str(unknown[0]))}; "value" and "transaction" are known')
    return fields.get("value")


def _fields(leaf: str, payload: bytes) -> _Fields:
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
    if leaf != FEEDBACK:
        plain = read is None or leaf == "lullaby/set"  # a track may be called 12
        return {"value": text if plain else read}
    if not isinstance(read, bool):
        raise CommandError(f'expected true, false or {{"cry": true, "episode": "…"}}, got {shortened(text)}')
    return {"cry": read}
