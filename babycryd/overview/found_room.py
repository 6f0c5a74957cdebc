"""PURE. A room that was found at the broker: what its retained topics say. Any program may have written them."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from babycryd.core.home_rooms import LONGEST_NAME, HomeRoom, LastCry, RoomTrouble, shown_state, trouble
from babycryd.core.printable import printable

LEAVES: Final = ("status", "state", "cry", "health", "about", "last_cry")  # topics of a room that are read
SILENT_S: Final = 60.0  # `cry` comes every 8 s
_OLD_S: Final = 240.0  # age of `health`, which comes every 60 s
_STARTS_S: Final = 60.0  # after its start a daemon need not listen yet
_LONGEST_URL: Final = 200
_MOST_PARTS: Final = 4  # closed parts that are told
_TROUBLES: Final = (  # field of `health`, and its advice
    ("microphone_trouble", "too_loud"),
    ("broker", "broker_rights"),
    ("cloud", "cloud"),
    ("disk", "disk"),
    ("alerts", "alerts"),
)


@dataclass(slots=True)
class FoundRoom:
    """What is known of one room; `take` reads a message, `shown` tells the room."""

    id: str
    heard_s: float  # time of its last sign of life, or since when one is awaited; of the loop's clock
    status: str = ""
    crying: bool | None = None
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)  # the JSON objects, by leaf
    left_out: str = ""  # why a topic of it is not read; empty: all are

    def take(self, leaf: str, payload: bytes, *, retained: bool, at_s: float) -> None:
        """Note a message on one of LEAVES; an empty one clears what was retained."""
        if not retained:
            self.heard_s = at_s
        match leaf:
            case "status":
                self.status = printable(payload[:20])
            case "cry":
                self.crying = {b"ON": True, b"OFF": False}.get(payload)
            case _:
                self.fields[leaf] = _object(payload)

    def await_anew(self, at_s: float) -> None:
        """Forget all but its name and page, which a room keeps that does not come back."""
        self.heard_s, self.status, self.crying = at_s, "", None
        self.fields = {leaf: fields for leaf, fields in self.fields.items() if leaf == "about"}

    def shown(self, at_s: float, utc_s: float, *, connected: bool) -> HomeRoom:
        """Return the room as it is shown at a time of the loop's clock and of the wall clock."""
        about, state = self.fields.get("about", {}), self.fields.get("state", {})
        name = about.get("room")
        return HomeRoom(
            id=self.id,
            name=printable(name, LONGEST_NAME) if isinstance(name, str) and name.strip() else self.id,
            state=self._state(at_s, utc_s, connected=connected),
            since_utc_s=_utc_s(state.get("since")),
            page=web_address(about.get("page")),
            last_cry=self._last_cry(),
            troubles=self._troubles(),
        )

    def _state(self, at_s: float, utc_s: float, *, connected: bool) -> str:
        if not connected or self.left_out:
            return "unknown"
        if self.status in ("offline", "stopped"):
            return "gone" if self.status == "offline" else "stopped"
        health, state = self.fields.get("health", {}), self.fields.get("state", {})
        measured_utc_s = _utc_s(health.get("at"))
        is_old = measured_utc_s is not None and utc_s - measured_utc_s > _OLD_S
        if at_s - self.heard_s > SILENT_S or is_old:
            return "silent"
        starts = _number(health.get("uptime_s")) < _STARTS_S
        listening = health.get("listening") is not False or starts
        reason, name = state.get("reason"), str(state.get("state"))
        return shown_state(name, reason, listening=listening, doubtful=self._hears_badly)

    @property
    def _hears_badly(self) -> bool:
        health = self.fields.get("health", {})
        return isinstance(health.get("microphone_trouble"), str) or _failed_test(health) is not None

    def _last_cry(self) -> LastCry | None:
        cry = self.fields.get("last_cry", {})
        started_utc_s = _utc_s(cry.get("started_at"))
        if started_utc_s is None:
            return None
        ended = cry.get("duration_s") is not None
        return LastCry(started_utc_s, _number(cry.get("duration_s")) if ended else None)

    def _troubles(self) -> tuple[RoomTrouble, ...]:
        if self.status != "online":
            return ()
        health, state = self.fields.get("health", {}), self.fields.get("state", {})
        found = [trouble("flood", self.left_out)] if self.left_out else []
        if state.get("state") == "deaf" and state.get("reason") != "starting":
            found.append(trouble("microphone", str(state.get("reason") or "")))
        if (test := _failed_test(health)) is not None:
            found.append(trouble("microphone", test))
        found += [trouble(how, health[key]) for key, how in _TROUBLES if isinstance(health.get(key), str)]
        if "speaker" in health and health["speaker"] is None:
            found.append(trouble("speaker", ""))
        closed = health.get("closed")
        parts = list(closed.items())[:_MOST_PARTS] if isinstance(closed, dict) else []
        return (*found, *(trouble("part", f"{name}: {why}") for name, why in parts))


def web_address(value: object) -> str | None:
    """Return an address of a page if it is one that a link may have: http or https, without a user; else None."""
    if not isinstance(value, str) or len(value) > _LONGEST_URL or not value.isascii() or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
        is_page = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return value if is_page and " " not in value else None


def _failed_test(health: dict[str, Any]) -> str | None:
    """Return the text of a self-test that failed; None where none has."""
    test = health.get("self_test")
    if not isinstance(test, dict) or test.get("verdict") != "failed":
        return None
    return str(test.get("text") or "")


def _object(payload: bytes) -> dict[str, Any]:
    try:
        read = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _utc_s(value: object) -> float | None:
    """Return the time of an ISO-8601 text in seconds since 1970; None where it is none."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e12 else 0.0
