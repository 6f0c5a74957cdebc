"""PURE. Values of commands: how a number and a text are checked, and the error that refuses a command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST_TEXT: Final = 128  # characters of a name in a command


class CommandError(Exception):
    """A refused command: nothing has changed. The text tells the owner why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Range of a number in a command."""

    subject: str  # begins the error message: "the volume must be a number from 0 to 100 (...)"
    low: float
    high: float
    step: float  # of a slider
    meaning: str  # the unit in words, for the error message
    unit: str | None = None  # the unit as a sign, for a dashboard

    @property
    def span(self) -> str:
        """The range in words, `0 to 100`."""
        return f"{self.low:g} to {self.high:g}"

    def check(self, value: object) -> float:
        """Return the number, low <= number <= high. Raises CommandError."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not self.low <= value <= self.high:  # type: ignore[operator]  # NaN is not between either
            allowed = f"a number from {self.span} ({self.meaning})"
            raise CommandError(f"{self.subject} must be {allowed}, got {shortened(str(value))}")
        return float(value)  # type: ignore[arg-type]


def name(fields: Mapping[str, Any], key: str) -> str | None:
    """Return a printable text of at most LONGEST_TEXT characters, or None without one. Raises CommandError."""
    value = fields.get(key)
    if value is None:
        return None
    # Half a surrogate pair is JSON, but cannot be sent back; a line break would forge a line of the log
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise CommandError(f'"{key}" must be a printable text of at most {LONGEST_TEXT} characters')
    return value


def shortened(text: str) -> str:
    """Quote a received text: without control characters, and cut after 60 characters."""
    return repr(text if len(text) <= 60 else text[:60] + "…").encode(errors="replace").decode()
