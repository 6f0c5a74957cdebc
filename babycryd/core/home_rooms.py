"""PURE. The rooms of a home as the overview shows them, and the protocol by which the page asks for them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol, get_args

from babycryd.core.events import STATES
from babycryd.core.printable import printable

# Beside the states of a daemon: its microphone hears badly; its clean stop; its last will; no sign of life; not known
Beside = Literal["doubtful", "stopped", "gone", "silent", "unknown"]
ROOM_STATES: Final = (*STATES, *get_args(Beside))
LONGEST_NAME: Final = 80  # characters of a room's name
_LONGEST_TEXT: Final = 300  # characters of a technical text
_MOST_TROUBLES: Final = 8
_HEARS: Final = ("listening", "stirring", "soothing")  # states in which a cry should be heard


@dataclass(frozen=True, slots=True)
class LastCry:
    """The last cry of a room."""

    started_utc_s: float
    duration_s: float | None  # None: it still lasts


@dataclass(frozen=True, slots=True)
class RoomTrouble:
    """What is wrong in a room. `advice` names the page's texts `page.trouble.…` and `page.remedy.…`."""

    advice: str
    text: str  # the technical text


@dataclass(frozen=True, slots=True)
class HomeRoom:
    """A room of the home, as far as it is known now."""

    id: str  # of its device; of a room that is listed with its address only, the address
    name: str
    state: str = "unknown"  # one of ROOM_STATES
    since_utc_s: float | None = None
    page: str | None = None  # address of its page
    last_cry: LastCry | None = None
    troubles: tuple[RoomTrouble, ...] = ()
    own: bool = False  # the room of the daemon that shows the overview


@dataclass(frozen=True, slots=True)
class HomeRooms:
    """All rooms of the home, by name; `more` counts those beyond the limit, at least."""

    rooms: tuple[HomeRoom, ...] = ()
    more: int = 0
    trouble: str | None = None  # why rooms are not found; None: nothing is wrong
    finds: bool = False  # whether rooms are looked for at the broker


class Overview(Protocol):
    """The overview of the rooms. It works while it is watched."""

    def watched(self) -> AbstractContextManager[None]:
        """Return a context in which it looks for the rooms."""

    def now(self) -> HomeRooms:
        """Return the rooms as they are known now, without the own one."""

    async def ready(self, within_s: float) -> None:
        """Wait until a first look at every room is over, at most `within_s`."""


def room_of_state(fields: Mapping[str, Any], known: HomeRoom) -> HomeRoom:
    """Return a room from the fields of its `/api/state`, which may be another program's answer.

    `known`: the name that is listed, the address and what is kept where a field is missing. Raises ValueError.
    """
    try:
        checks = [each for each in fields["checks"] if each["good"] is False]
        state, listening = str(fields["state"]), fields["listening"] is True
        reason, since_utc_s = fields["reason"], _seconds(fields["since_utc_s"])
        cry = fields["episode"] or fields["last_episode"]
        name = printable(str(fields["room"] or ""), LONGEST_NAME)
        last = cry and LastCry(float(cry["started_utc_s"]), _seconds(cry.get("duration_s")))
        found = tuple(trouble(str(each["advice"]), str(each["text"] or "")) for each in checks[:_MOST_TROUBLES])
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ValueError("its answer is not that of babycryd") from error
    doubtful = any(each["what"] in ("microphone", "self_test") for each in checks)
    shown = shown_state(state, reason, listening=listening, doubtful=doubtful)
    if shown == "deaf" and not any(each.advice == "microphone" for each in found):
        found = (trouble("microphone", str(reason or fields.get("not_listening") or "")), *found)
    return replace(
        known, name=known.name or name, state=shown, since_utc_s=since_utc_s, last_cry=last or None, troubles=found
    )


def shown_state(state: str, reason: object, *, listening: bool, doubtful: bool) -> str:
    """Return the state as the own page shows it: deaf where nothing is judged, doubtful where it hears badly."""
    if state not in STATES or (state == "deaf" and reason == "starting"):
        return "unknown"
    if state in _HEARS and not listening:
        return "deaf"
    return "doubtful" if state == "listening" and doubtful else state


def trouble(advice: str, text: str) -> RoomTrouble:
    """Return a trouble whose texts are printable and bounded."""
    return RoomTrouble(printable(advice, 32), printable(text, _LONGEST_TEXT))


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)
