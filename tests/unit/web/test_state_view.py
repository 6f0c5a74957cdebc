"""The last word on everything."""

import pytest

from babycryd.core.check_result import CheckResult
from babycryd.core.events import (
    ClockSet,
    CryEnded,
    CryStarted,
    CryUpdated,
    Deaf,
    EpisodesMarked,
    Hearing,
    MicrophoneTroubled,
    SelfTested,
    SelfTestVerdict,
    StateChanged,
)
from babycryd.core.records import Episode
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.i18n import texts
from babycryd.web.state_view import RARE, StateView


def test_before_anything_is_known_it_is_not_quiet() -> None:
    told = StateView().as_json()
    assert (told["state"], told["reason"], told["since_utc_s"]) == ("deaf", "starting", None)
    assert (told["volume"], told["episode"], told["health"]) == (None, None, None)


def test_an_episode_runs_and_becomes_the_last_one() -> None:
    state_view = StateView()
    state_view.note(StateChanged(1.0, "crying", 99.0), 99.0)
    state_view.note(CryStarted(1.0, 99.0, "e1", 0.8, (1.0,)), 99.0)
    state_view.note(CryUpdated(5.0, "e1", 4.0, 0.9), 103.0)
    assert state_view.as_json()["episode"] == {"id": "e1", "started_utc_s": 99.0, "confidence": 0.9, "cry": None}
    state_view.note(EpisodesMarked(6.0, (("e1", True), ("e0", False))), 104.0)
    state_view.note(CryEnded(9.0, "e1", 99.0, 8.0, 0.95, 5.0, "calm"), 107.0)
    told = state_view.as_json()
    assert told["episode"] is None
    assert told["last_episode"] == {
        "id": "e1",
        "started_utc_s": 99.0,
        "confidence": 0.95,
        "cry": True,
        "duration_s": 8.0,
        "settled_in_s": 5.0,
        "reason": "calm",
    }
    state_view.note(EpisodesMarked(20.0, (("e1", False),)), 120.0)
    assert state_view.as_json()["last_episode"]["cry"] is False


def test_a_lullaby_and_its_trouble() -> None:
    state_view = StateView()
    state_view.note(LullabyStarted(1.0, "brahms"), 50.0)
    assert state_view.as_json()["lullaby"] == {"track": "brahms", "since_utc_s": 50.0, "trouble": None}
    state_view.note(LullabyStopped(2.0, "brahms", "asked"), 51.0)
    assert state_view.as_json()["lullaby"]["track"] is None
    state_view.note(LullabyFailed(3.0, "brahms", "no speaker"), 52.0)
    assert state_view.results()[1] == CheckResult("speaker", good=False, text="no speaker")
    state_view.note(LullabyStarted(4.0, "brahms"), 53.0)
    assert state_view.results()[1] == CheckResult("speaker", good=True, text="")


def test_the_microphone() -> None:
    state_view = StateView()
    assert state_view.results()[0].good is None
    state_view.note(Hearing(1.0, "USB"), 1.0)
    assert state_view.results()[0] == CheckResult("microphone", good=True, text="USB")
    state_view.note(Deaf(2.0, "unplugged"), 2.0)
    assert state_view.results()[0] == CheckResult("microphone", good=False, text="unplugged")


def test_what_the_microphone_hears_can_hardly_be_judged() -> None:
    state_view = StateView()
    state_view.note(Hearing(1.0, "USB"), 1.0)
    state_view.note(MicrophoneTroubled(2.0, "USB clips"), 2.0)
    clipping = CheckResult("microphone", good=False, text="USB clips", advice="too_loud")
    assert state_view.results()[0] == clipping
    state_view.note(Deaf(3.0, "unplugged"), 3.0)
    assert state_view.results()[0] == CheckResult("microphone", good=False, text="unplugged")  # which is worse
    state_view.note(Hearing(4.0, "USB"), 4.0)
    assert state_view.results()[0] == clipping
    state_view.note(MicrophoneTroubled(5.0, None), 5.0)
    assert state_view.results()[0] == CheckResult("microphone", good=True, text="USB")


@pytest.mark.parametrize(
    ("verdict", "good", "advice"), [("heard", True, ""), ("not_proven", None, ""), ("failed", False, "microphone")]
)
def test_the_self_test(verdict: SelfTestVerdict, *, good: bool | None, advice: str) -> None:
    state_view = StateView()
    assert state_view.results()[2] == CheckResult("self_test", good=None, text="")
    assert state_view.as_json()["self_test"] is None
    assert SelfTested in RARE
    state_view.note(SelfTested(1.0, 99.0, verdict, "why", -50.0), 99.0)
    assert state_view.results()[2] == CheckResult("self_test", good=good, text="why", advice=advice)
    told = state_view.as_json()["self_test"]
    assert (told["utc_s"], told["verdict"]) == (99.0, verdict)
    for each in state_view.results():
        assert f"page.remedy.{each.advice or each.what}" in texts("en")


def test_the_last_cry_of_an_earlier_run_is_remembered_until_there_is_a_new_one() -> None:
    state_view = StateView()
    state_view.remember(Episode("e0", 50.0, 30.0, 0.8, reason=None, settled_in_s=None, cry=True))
    assert state_view.as_json()["last_episode"] == {
        "id": "e0",
        "started_utc_s": 50.0,
        "confidence": 0.8,
        "cry": True,
        "duration_s": 30.0,
        "settled_in_s": None,
        "reason": "interrupted",
    }
    state_view.note(EpisodesMarked(1.0, (("e0", False),)), 98.0)
    state_view.note(ClockSet(1.0, 1000.0), 98.0)
    last = state_view.as_json()["last_episode"]
    assert (last["cry"], last["started_utc_s"]) == (False, 50.0)
    state_view.note(CryEnded(9.0, "e1", 99.0, 8.0, 0.95, 5.0, "calm"), 107.0)
    state_view.remember(Episode("e0", 50.0, 30.0, 0.8))
    assert state_view.as_json()["last_episode"]["id"] == "e1"
    assert state_view.totals.episodes == 0


def test_when_the_clock_is_set_what_is_shown_moves() -> None:
    state_view = StateView()
    state_view.note(LullabyStarted(1.0, "brahms"), 20.0)
    state_view.note(CryEnded(9.0, "e1", 10.0, 8.0, 0.95, 5.0, "calm"), 20.0)
    state_view.note(CryStarted(12.0, 22.0, "e2", 0.8), 22.0)
    state_view.note(ClockSet(13.0, 1000.0), 1023.0)
    told = state_view.as_json()
    assert told["lullaby"]["since_utc_s"] == 1020.0
    assert (told["last_episode"]["started_utc_s"], told["episode"]["started_utc_s"]) == (1010.0, 1022.0)
