"""PURE. Commands of the home. Unlike an event, a command is answered (`CommandResult`) or refused (`CommandError`).

`core/command_table.py` has the table of all of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST_TEXT: Final = 128  # characters of a name in a command


class CommandError(Exception):
    """A refused command: nothing has changed. The text tells the owner why."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The owner's mark: whether an episode was a cry of the baby."""

    cry: bool
    episode: str | None = None  # its id; None: the last one


@dataclass(frozen=True, slots=True)
class PlayLullaby:
    """Play a lullaby now, whether or not the baby cries."""

    track: str | None = None  # None: the next one of the playlist


@dataclass(frozen=True, slots=True)
class StopLullaby:
    """Stop the lullaby, and start none for as long as this crying lasts."""


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Volume of this lullaby and of those to come."""

    percent: float  # 0..100 of `lullaby.max_volume`


@dataclass(frozen=True, slots=True)
class Snooze:
    """Pause alarm and lullaby for a while, because a person is with the baby."""

    minutes: float  # 0..720; 0 ends the snooze


@dataclass(frozen=True, slots=True)
class SetThreshold:
    """Score from which a window counts as crying, in place of `detection.threshold`."""

    threshold: float  # 0.05..0.99


@dataclass(frozen=True, slots=True)
class PlayTestTone:
    """Play the probe signal and answer whether the microphone heard it."""


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """A parent has seen the alert: repeat it no more."""


Command = Feedback | PlayLullaby | StopLullaby | SetVolume | Snooze | SetThreshold | PlayTestTone | AcknowledgeAlert
CommandResult = Mapping[str, Any]  # JSON-ready
Dispatch = Callable[[Command], Awaitable[CommandResult]]  # raises CommandError


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


VOLUME: Final = Limits("the volume", 0, 100, 1, "percent of lullaby.max_volume", unit="%")
SNOOZE: Final = Limits("a snooze", 0, 720, 1, "minutes, 0 to end it", unit="min")
THRESHOLD: Final = Limits("the threshold", 0.05, 0.99, 0.01, "a score")


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
