"""What a page shows of a room, from the fields of its `/api/state`."""

from typing import Any

import pytest

from babycryd.core.home_rooms import HomeRoom, RoomTrouble, room_of_state, shown_fields
from babycryd.core.liveness import NOT_YET

STALLED = "sound comes, but none has been judged for 4 s"


def check(what: str, *, good: bool | None = False, note: bool = False, advice: str = "") -> dict[str, Any]:
    return {"what": what, "good": good, "text": f"{what}!", "advice": advice or what, "note": note}


def fields(state: str = "listening", *checks: dict[str, Any], **more: Any) -> dict[str, Any]:
    hears = {"listening": True, "not_listening": None, "reason": None, "since_utc_s": 1.0}
    about = {"room": "Nursery", "episode": None, "last_episode": None}
    return {"state": state, "checks": list(checks), **hears, **about, **more}


DEAF: dict[str, Any] = {"listening": False, "not_listening": STALLED}


@pytest.mark.parametrize(
    ("told", "shown", "advices"),
    [
        (fields(), "listening", []),
        (fields("deaf", reason="starting"), "unknown", []),
        (fields(listening=False, not_listening=NOT_YET), "unknown", []),
        (fields("listening", check("disk"), listening=False, not_listening=NOT_YET), "unknown", []),
        (fields(**DEAF), "deaf", ["microphone"]),
        (fields("soothing", check("disk"), **DEAF), "deaf", ["microphone", "disk"]),
        (fields("crying", **DEAF), "crying", []),  # its end is not known, so the alarm stays
        (fields("deaf", check("microphone", advice="too_loud")), "deaf", ["too_loud"]),
        (fields("listening", check("microphone", advice="too_loud")), "doubtful", ["too_loud"]),
        (fields("stirring", check("self_test")), "stirring", ["self_test"]),
        (fields("listening", check("broker", good=None), check("cloud", good=True)), "listening", []),
        (fields("listening", check("model", good=True, note=True), check("disk")), "listening", ["model", "disk"]),
    ],
)
def test_state_and_troubles_are_shown_as_the_page_and_the_overview_need_them(
    told: dict[str, Any], shown: str, advices: list[str]
) -> None:
    made = shown_fields(told)
    assert (made["shown"], [each["advice"] for each in made["troubles"]]) == (shown, advices)
    room = room_of_state(told, HomeRoom("nursery", ""))
    assert (room.name, room.state) == ("Nursery", shown)
    assert [each.advice for each in room.troubles] == [each for each in advices if each != "model"]  # a note is none


def test_a_deaf_room_says_why() -> None:
    assert shown_fields(fields(**DEAF))["troubles"] == [{"advice": "microphone", "text": STALLED, "note": False}]
    assert room_of_state(fields("deaf", reason="unplugged"), HomeRoom("x", "")).troubles == (
        RoomTrouble("microphone", "unplugged"),
    )
