"""Which events of the room begin and end what the owner is alerted of."""

from babycryd.core.events import ClockSet, CryEnded, CryStarted, Deaf, EndReason, Hearing, MicrophoneTroubled
from babycryd.core.soothing_events import NeedsYou
from babycryd.notify.conditions import Conditions
from babycryd.notify.notice import Notice
from babycryd.notify.policy import AlertLimits, AlertPolicy, Recipient

UTC_S = 1_700_000_000.0
Noted = CryStarted | CryEnded | NeedsYou | Deaf | Hearing | MicrophoneTroubled | ClockSet


class Room:
    """Conditions and their policy, through which events pass at times of their own."""

    def __init__(self) -> None:
        self.policy = AlertPolicy(AlertLimits(60.0, 180.0, 120.0), lambda: [Recipient("phone")])
        self.conditions = Conditions(self.policy)

    def note(self, event: Noted) -> list[Notice]:
        self.due(event.at_s)
        return self.conditions.note(event, event.at_s, UTC_S + event.at_s)

    def due(self, at_s: float) -> list[Notice]:
        return self.policy.due(at_s, UTC_S + at_s)

    def cry(self, at_s: float, episode: str = "e1") -> None:
        self.note(CryStarted(at_s, UTC_S + at_s, episode, 0.9))

    def end_cry(self, at_s: float, reason: EndReason) -> list[Notice]:
        return self.note(CryEnded(at_s, "e1", UTC_S, at_s, 0.9, at_s, reason))


def test_crying_is_told_and_its_calm_too() -> None:
    room = Room()
    room.cry(0.0)
    assert [(each.kind, each.alert, each.began_utc_s) for each in room.due(60.0)] == [("crying", "crying-e1", UTC_S)]
    assert [(each.kind, each.step) for each in room.end_cry(90.0, "calm")] == [("crying", "over")]


def test_crying_that_no_sound_calms_is_told_as_such_at_once() -> None:
    room = Room()
    room.cry(0.0)
    room.due(60.0)
    room.note(NeedsYou(225.0, "e1", ("rain", "shush", "a")))
    assert [(each.kind, each.step) for each in room.due(225.0)] == [("needs_you", "first")]
    assert [(each.kind, each.step) for each in room.end_cry(300.0, "calm")] == [("needs_you", "over")]


def test_a_parent_who_snoozes_is_told_nothing_more() -> None:
    room = Room()
    room.cry(0.0)
    room.due(60.0)
    assert room.end_cry(90.0, "snoozed") == []
    assert room.policy.state == "quiet"


def test_crying_that_can_no_longer_be_heard_is_told_as_deafness_at_once_and_never_as_calm() -> None:
    room = Room()
    room.cry(0.0)
    room.due(60.0)
    room.note(Deaf(90.0, "the microphone was unplugged"))
    assert room.end_cry(90.0, "deaf") == []
    assert [(each.kind, each.reason) for each in room.due(90.0)] == [("deaf", "the microphone was unplugged")]


def test_short_crying_before_deafness_hastens_nothing() -> None:
    room = Room()
    room.cry(0.0)
    room.note(Deaf(10.0, "unplugged"))
    room.end_cry(10.0, "deaf")
    assert room.due(189.0) == []
    assert [each.kind for each in room.due(190.0)] == ["deaf"]


def test_deafness_is_told_after_its_time_and_hearing_again() -> None:
    room = Room()
    room.note(Deaf(0.0, "unplugged"))
    room.note(Deaf(100.0, "busy"))
    assert [each.reason for each in room.due(180.0)] == ["busy"]
    assert [(each.kind, each.step) for each in room.note(Hearing(200.0, "usb"))] == [("deaf", "over")]


def test_a_microphone_that_clips_counts_as_deaf_until_both_are_over() -> None:
    room = Room()
    room.note(MicrophoneTroubled(0.0, "usb clips"))
    room.note(Deaf(100.0, "unplugged"))
    assert len(room.due(180.0)) == 1
    assert room.note(Hearing(200.0, "usb")) == []
    assert len(room.note(MicrophoneTroubled(210.0, None))) == 1


def test_a_clock_that_is_set_moves_what_lasts() -> None:
    room = Room()
    room.cry(0.0)
    room.note(ClockSet(10.0, 3600.0))
    assert [each.began_utc_s for each in room.due(60.0)] == [UTC_S + 3600.0]
