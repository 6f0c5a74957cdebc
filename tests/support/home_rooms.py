"""Rooms of a home: at a broker, as their retained topics tell them, and as an overview that a test sets."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from babycryd.core.home_rooms import HomeRoom, HomeRooms, LastCry, RoomTrouble

NOW = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
Retained = tuple[str, bytes]


def ago(minutes: float, now: datetime = NOW) -> str:
    return (now - timedelta(minutes=minutes)).isoformat(timespec="milliseconds")


def health(now: datetime = NOW, **more: Any) -> dict[str, Any]:
    """The fields of `health` that the overview reads, of a room in which all is well."""
    return {
        "at": ago(0.5, now),
        "uptime_s": 4000,
        "listening": True,
        "microphone_trouble": None,
        "self_test": None,
        "speaker": "default",
        "closed": {},
        **more,
    }


def room(name: str, *, now: datetime = NOW, state: str = "listening", **more: Any) -> dict[str, bytes]:
    """The payloads of a room by leaf; `more`: other fields of its `health`."""
    fields = {
        "state": {"state": state, "since": ago(20, now), "reason": None},
        "health": health(now, **more),
        "about": {"room": name, "page": "http://pi.local:8474/", "version": "1"},
        "last_cry": {"id": "e1", "started_at": ago(60, now), "duration_s": 120.0},
    }
    encoded = {leaf: json.dumps(each).encode() for leaf, each in fields.items()}
    return {"status": b"online", "cry": b"ON" if state == "crying" else b"OFF", **encoded}


def topics(device: str, payloads: dict[str, bytes], base: str = "babycryd") -> Iterable[Retained]:
    return ((f"{base}/{device}/{leaf}", payload) for leaf, payload in payloads.items())


class MadeUpOverview:
    """An overview whose rooms a test sets; it counts those who watch."""

    def __init__(self, rooms: HomeRooms) -> None:
        self.rooms = rooms
        self.watchers = 0
        self.waited = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.watchers += 1
        yield
        self.watchers -= 1

    def now(self) -> HomeRooms:
        return self.rooms

    async def ready(self, within_s: float) -> None:
        self.waited = within_s > 0


def made_up_rooms(utc_s: float, more: int = 0) -> HomeRooms:
    """Four rooms that need something, and `more` quiet ones."""
    page = "http://pi.local:8474/"
    rooms = [
        HomeRoom("twins", "Twins", "crying", utc_s - 95, page, LastCry(utc_s - 95, None)),
        HomeRoom("attic", "Attic", "gone", utc_s - 900, page, LastCry(utc_s - 9000, 240.0)),
        HomeRoom(
            "guests",
            "Guest room with a very long name, as grandparents give it",
            "listening",
            utc_s - 5000,
            page,
            None,
            (RoomTrouble("speaker", "ALSA: Couldn't open audio device: No such device (plughw:1,0)"),),
        ),
        HomeRoom("hall", "<b>Hall</b>", "soothing", utc_s - 300, None, LastCry(utc_s - 420, 110.0)),
    ]
    quiet = (
        HomeRoom(
            f"room-{number}", f"Room {number}", "listening", utc_s - 4000, page, LastCry(utc_s - 7200, 60.0 * number)
        )
        for number in range(1, more + 1)
    )
    return HomeRooms((*rooms, *quiet), finds=True)
