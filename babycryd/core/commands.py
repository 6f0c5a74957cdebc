"""PURE. What the home may ask of the daemon, whichever way it asks. An order is answered; it is no event."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST_TEXT: Final = 128  # characters of a name in an order
LONGEST_SNOOZE_MIN: Final = 720.0
LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.05, 0.99


class CommandError(Exception):
    """It was not obeyed and nothing has changed; the text says why, in the owner's words."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The owner says whether an episode was a cry."""

    cry: bool
    episode: str | None = None  # its id; None: the last one


@dataclass(frozen=True, slots=True)
class PlayLullaby:
    """Now, whether or not the baby cries."""

    track: str | None = None  # None: the next one of the playlist


@dataclass(frozen=True, slots=True)
class StopLullaby:
    """And none more for as long as this crying lasts."""


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Of this lullaby and those to come."""

    percent: float  # 0..100 of `lullaby.max_volume`


@dataclass(frozen=True, slots=True)
class Snooze:
    """Somebody is with the baby: neither alarm nor lullaby for a while."""

    minutes: float  # 0 ends it


@dataclass(frozen=True, slots=True)
class SetThreshold:
    """In place of `detection.threshold`."""

    threshold: float  # 0.05..0.99


@dataclass(frozen=True, slots=True)
class PlayTestTone:
    """Play the test tone and say whether the microphone heard it."""


Command = Feedback | PlayLullaby | StopLullaby | SetVolume | Snooze | SetThreshold | PlayTestTone
CommandResult = Mapping[str, Any]  # JSON-ready
Dispatch = Callable[[Command], Awaitable[CommandResult]]  # raises OrderError


def to_feedback(fields: Mapping[str, Any]) -> Feedback:
    """`{"cry": false}`, perhaps with "episode", as it comes from outside. Raises OrderError."""
    if not isinstance(fields.get("cry"), bool):
        raise CommandError('"cry" must be true (it was the baby) or false (it was not)')
    if unknown := sorted(fields.keys() - {"cry", "episode"}):
        raise CommandError(f'unknown {shortened(str(unknown[0]))}; "cry" and "episode" are known')
    return Feedback(fields["cry"], name(fields, "episode"))


def to_lullaby(value: object) -> PlayLullaby | StopLullaby:
    """`ON`, `OFF` or a track's name. Raises OrderError."""
    asked = "ON" if value is True else "OFF" if value is False else value
    text = name({"lullaby": asked}, "lullaby")
    if not text:
        raise CommandError("expected ON, OFF or the name of a track")
    if text.upper() == "OFF":
        return StopLullaby()
    return PlayLullaby(None if text.upper() == "ON" else text)


def to_volume(value: object) -> SetVolume:
    """0 to 100. Raises OrderError."""
    return SetVolume(_number(value, 0.0, 100.0, "the volume", "percent of lullaby.max_volume"))


def to_snooze(value: object) -> Snooze:
    """Minutes. Raises OrderError."""
    return Snooze(_number(value, 0.0, LONGEST_SNOOZE_MIN, "a snooze", "minutes, 0 to end it"))


def to_threshold(value: object) -> SetThreshold:
    """A score. Raises OrderError."""
    return SetThreshold(_number(value, LOWEST_THRESHOLD, HIGHEST_THRESHOLD, "the threshold", "a score"))


def to_test(value: object) -> PlayTestTone:
    """Whatever a button sends is fine, and so is nothing."""
    del value
    return PlayTestTone()


def name(fields: Mapping[str, Any], key: str) -> str | None:
    """A short text that may be shown and sent back, or None. Raises OrderError."""
    value = fields.get(key)
    if value is None:
        return None
    # Half a surrogate pair is JSON, but cannot be sent back; a line break would forge a line of the log
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise CommandError(f'"{key}" must be a printable text of at most {LONGEST_TEXT} characters')
    return value


def shortened(text: str) -> str:
    """In quotes and without control characters, at most 60 characters of it: for messages about what came in."""
    return repr(text if len(text) <= 60 else text[:60] + "…").encode(errors="replace").decode()


def _number(value: object, low: float, high: float, what: str, unit: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:  # type: ignore[operator]  # NaN is not between either
        raise CommandError(f"{what} must be a number from {low:g} to {high:g} ({unit}), got {shortened(str(value))}")
    return float(value)  # type: ignore[arg-type]
