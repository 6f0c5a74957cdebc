"""PURE. What arrives on the command topics: understood, or refused with a reason."""

import json
from dataclasses import dataclass
from typing import Any, Final

from babycryd.orders import Order, OrderError, name, shortened, to_feedback

LONGEST_PAYLOAD: Final = 2048  # bytes
MOST_AT_ONCE: Final = 10.0
MOST_PER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message on a command topic."""

    command: str  # as in its topic
    transaction: str | None  # the caller's own mark, for finding the answer
    order: Order | OrderError


class Counter:
    """Takes what arrives, at most MOST_PER_S in the long run. No payload can raise."""

    def __init__(self, base: str) -> None:
        """`base` is the topic that every other one begins with, without a slash at its end."""
        self.topics = [f"{base}/feedback/set"]
        self._left = MOST_AT_ONCE
        self._at_s = 0.0
        self._told = False  # that there were too many

    def take(self, payload: bytes, *, retained: bool, at_s: float) -> Arrived | None:
        """What a message asks for; None for the clearing of a retained one, and in a flood already complained of.

        `at_s` are seconds of any clock that never goes back.
        """
        if retained and not payload:
            return None
        self._left = min(MOST_AT_ONCE, self._left + (at_s - self._at_s) * MOST_PER_S)
        self._at_s = at_s
        if self._left < 1:
            told, self._told = self._told, True
            too_many = OrderError(f"too many commands; {MOST_PER_S:g} a second are heard")
            return None if told else Arrived("feedback", None, too_many)
        self._left, self._told = self._left - 1, False
        return _feedback(payload, retained=retained)


def _feedback(payload: bytes, *, retained: bool) -> Arrived:
    transaction: str | None = None
    try:
        fields = _fields(payload)
        transaction = name(fields, "transaction")
        if retained:  # the broker would repeat it at every connection
            unwanted = OrderError("a retained command is not obeyed; publish it without retain, and clear this one")
            return Arrived("feedback", transaction, unwanted)
        fields.pop("transaction", None)
        return Arrived("feedback", transaction, to_feedback(fields))
    except OrderError as refused:
        return Arrived("feedback", transaction, refused)


def _fields(payload: bytes) -> dict[str, Any]:
    if len(payload) > LONGEST_PAYLOAD:
        raise OrderError(f"the payload has {len(payload)} bytes; {LONGEST_PAYLOAD} are the most")
    try:
        text = payload.decode().strip()
        read = json.loads(text.lower() if len(text) <= len("false") else text)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        read = None
    fields = {"cry": read} if isinstance(read, bool) else read
    if not isinstance(fields, dict):
        got = shortened(payload.decode(errors="replace"))
        raise OrderError(f'expected true, false or {{"cry": true, "episode": "…", "transaction": "…"}}, got {got}')
    return fields
