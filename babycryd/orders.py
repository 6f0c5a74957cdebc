"""PURE. What the home may ask of the daemon, whichever way it asks. An order is answered; it is no event."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST_TEXT: Final = 128  # characters of a name in an order


class OrderError(Exception):
    """It was not obeyed and nothing has changed; the text says why, in the owner's words."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The owner says whether an episode was a cry."""

    cry: bool
    episode: str | None = None  # its id; None: the last one


Order = Feedback
Answer = Mapping[str, Any]  # JSON-ready
Obey = Callable[[Order], Awaitable[Answer]]  # raises OrderError


def to_feedback(fields: Mapping[str, Any]) -> Feedback:
    """`{"cry": false}`, perhaps with "episode", as it comes from outside. Raises OrderError."""
    if not isinstance(fields.get("cry"), bool):
        raise OrderError('"cry" must be true (it was the baby) or false (it was not)')
    if unknown := sorted(fields.keys() - {"cry", "episode"}):
        raise OrderError(f'unknown {shortened(str(unknown[0]))}; "cry" and "episode" are known')
    return Feedback(fields["cry"], name(fields, "episode"))


def name(fields: Mapping[str, Any], key: str) -> str | None:
    """A short text that may be shown and sent back, or None. Raises OrderError."""
    value = fields.get(key)
    if value is None:
        return None
    # Half a surrogate pair is JSON, but cannot be sent back; a line break would forge a line of the log
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise OrderError(f'"{key}" must be a printable text of at most {LONGEST_TEXT} characters')
    return value


def shortened(text: str) -> str:
    """In quotes and without control characters, at most 60 characters of it: for messages about what came in."""
    return repr(text if len(text) <= 60 else text[:60] + "…").encode(errors="replace").decode()
