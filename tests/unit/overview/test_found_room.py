"""A room from its retained topics, also from those that no babycryd has written."""

import json
from datetime import timedelta
from typing import Any

import pytest

from babycryd.core.home_rooms import ROOM_STATES, HomeRoom, LastCry
from babycryd.overview.found_room import SILENT_S, FoundRoom, web_address
from tests.support.home_rooms import NOW, ago, health, room

UTC_S = NOW.timestamp()
WRONG: tuple[Any, ...] = (None, [], {}, -1, 1e300, "x" * 60_000)


def shown(payloads: dict[str, bytes], at_s: float = 10.0, *, connected: bool = True) -> HomeRoom:
    found = FoundRoom("nursery", 0.0)
    for leaf, payload in payloads.items():
        found.take(leaf, payload, retained=True, at_s=0.0)
    return found.shown(at_s, UTC_S, connected=connected)


def test_a_room_is_told_with_name_state_page_and_last_cry() -> None:
    told = shown(room("Twins"))
    assert (told.name, told.state, told.page) == ("Twins", "listening", "http://pi.local:8474/")
    assert told.since_utc_s == (NOW - timedelta(minutes=20)).timestamp()
    assert told.last_cry == LastCry((NOW - timedelta(hours=1)).timestamp(), 120.0)
    assert told.troubles == ()


@pytest.mark.parametrize(
    ("more", "state", "advice"),
    [
        ({"microphone_trouble": "it clips"}, "doubtful", ["too_loud"]),
        ({"self_test": {"verdict": "failed", "text": "no echo"}}, "doubtful", ["microphone"]),
        ({"self_test": {"verdict": "heard", "text": "heard"}}, "listening", []),
        ({"listening": False}, "deaf", []),
        ({"listening": False, "uptime_s": 5}, "listening", []),  # it has just started
        ({"speaker": None, "disk": "full"}, "listening", ["disk", "speaker"]),
        (
            {"closed": {"notify": "no token"}, "cloud": "away", "alerts": "off"},
            "listening",
            ["cloud", "alerts", "part"],
        ),
        ({"at": ago(10)}, "silent", []),
    ],
)
def test_its_health_says_what_is_wrong(more: dict[str, Any], state: str, advice: list[str]) -> None:
    told = shown(room("Twins", **more))
    assert (told.state, [each.advice for each in told.troubles]) == (state, advice)


@pytest.mark.parametrize(("status", "state"), [(b"offline", "gone"), (b"stopped", "stopped")])
def test_a_room_that_has_gone_says_so_and_has_no_other_trouble(status: bytes, state: str) -> None:
    told = shown(room("Twins", disk="full") | {"status": status})
    assert (told.state, told.troubles) == (state, ())


def test_a_room_without_a_sign_of_life_is_silent_and_one_with_it_is_not() -> None:
    payloads = room("Twins")
    assert shown(payloads, SILENT_S + 1).state == "silent"
    found = FoundRoom("nursery", 0.0)
    for leaf, payload in payloads.items():
        found.take(leaf, payload, retained=True, at_s=0.0)
    found.take("cry", b"OFF", retained=False, at_s=SILENT_S)
    assert found.shown(SILENT_S + 1, UTC_S, connected=True).state == "listening"


def test_without_a_connection_no_state_is_known() -> None:
    told = shown(room("Twins", state="crying"), connected=False)
    assert (told.state, told.name) == ("unknown", "Twins")


def test_a_deaf_room_says_why() -> None:
    deaf = json.dumps({"state": "deaf", "since": ago(3), "reason": "unplugged"}).encode()
    told = shown(room("Twins") | {"state": deaf})
    assert (told.state, told.troubles[0].advice, told.troubles[0].text) == ("deaf", "microphone", "unplugged")


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"\xff\xfe", b"null", b"[]", b"[" * 60_000, b'{"a":', b"1e999", b'{"state":[],"since":9,"room":{}}'),
        *(json.dumps(dict.fromkeys(health(), value)).encode() for value in WRONG),
        json.dumps(dict.fromkeys(("started_at", "since", "at"), "9999-99-99T99:99:99")).encode(),
    ],
)
@pytest.mark.parametrize("leaf", ["status", "state", "cry", "health", "about", "last_cry"])
def test_no_payload_makes_it_raise_or_calm(leaf: str, payload: bytes) -> None:
    told = shown(room("Twins") | {leaf: payload})
    assert told.state in ROOM_STATES
    if leaf == "state":
        assert told.state == "unknown"
    assert len(repr(told)) < 6000


def test_a_name_is_printable_and_bounded() -> None:
    name = shown(room("<b>\x1b[31m\u202e" + "x" * 1000)).name
    assert (name.isprintable(), len(name) <= 80, name[:3]) == (True, True, "<b>")


@pytest.mark.parametrize(
    ("value", "is_link"),
    [
        ("http://pi.local:8474/", True),
        ("https://[fe80::1]:8474/baby/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("http://me:secret@pi.local/", False),
        ("http://pi.local/\n", False),
        ("http://[", False),
        ("//pi.local/", False),
        ("http://" + "x" * 300, False),
        (7, False),
    ],
)
def test_only_a_web_address_is_a_link(value: object, *, is_link: bool) -> None:
    assert (web_address(value) is not None) == is_link
