"""PURE. The rooms of a home as the overview shows them, and the protocol by which the page asks for them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol, get_args

from babycryd.core.events import STATES
from babycryd.core.liveness import NOT_YET
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
        shown, since_utc_s = shown_fields(fields), _seconds(fields["since_utc_s"])
        cry = fields["episode"] or fields["last_episode"]
        name = printable(str(fields["room"] or ""), LONGEST_NAME)
        last = cry and LastCry(float(cry["started_utc_s"]), _seconds(cry.get("duration_s")))
        wrong = [each for each in shown["troubles"] if not each["note"]][:_MOST_TROUBLES]
        found = tuple(trouble(str(each["advice"]), str(each["text"] or "")) for each in wrong)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ValueError("its answer is not that of babycryd") from error
    state = shown["shown"]
    return replace(
        known, name=known.name or name, state=state, since_utc_s=since_utc_s, last_cry=last or None, troubles=found
    )


def shown_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return two fields of `/api/state`, made from its others: `shown`, the state that the page shows, and `troubles`.

    The troubles are what is wrong or worth knowing, the state's own first; none while it is not known.
    """
    failed = {each["what"] for each in fields["checks"] if each["good"] is False}
    why_not = fields.get("not_listening")
    shown = shown_state(
        str(fields["state"]),
        fields["reason"],
        listening=fields["listening"] is True,
        starts=why_not == NOT_YET,
        doubtful=not failed.isdisjoint(("microphone", "self_test")),
    )
    told = [each for each in fields["checks"] if each["good"] is False or each.get("note")]
    if shown == "deaf" and "microphone" not in failed:
        told.insert(0, {"advice": "microphone", "text": fields["reason"] or why_not})
    known = [] if shown == "unknown" else told
    troubles = [{"advice": each["advice"], "text": each["text"], "note": each.get("note", False)} for each in known]
    return {"shown": shown, "troubles": troubles}


def shown_state(state: str, reason: object, *, listening: bool, doubtful: bool, starts: bool = False) -> str:
    """Return the state as a page shows it: deaf where nothing is judged, doubtful where it hears badly.

    `starts`: its microphone was just opened, so that nothing is judged yet.
    """
    if state not in STATES or (state == "deaf" and reason == "starting"):
        return "unknown"
    if state in _HEARS and not listening:
        return "unknown" if starts else "deaf"
    return "doubtful" if state == "listening" and doubtful else state


def trouble(advice: str, text: str) -> RoomTrouble:
    """Return a trouble whose texts are printable and bounded."""
    return RoomTrouble(printable(advice, 32), printable(text, _LONGEST_TEXT))


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)
