"""Rooms of a home at a broker, as their retained topics tell them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

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
