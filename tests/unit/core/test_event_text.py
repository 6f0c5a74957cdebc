from dataclasses import replace

import pytest

from babycryd.core.event_json import as_json, name_of
from babycryd.core.event_text import duration_text, event_text
from babycryd.core.events import ClockSet, CryEnded, Deaf, LevelMeasured, WindowScored
from babycryd.core.soothing_events import LullabyFailed, NeedsYou, SoothingStep, SoundJudged
from babycryd.core.stirring_events import StirringEnded, StirringStarted

STIRRED = StirringEnded(40.0, 12.24)
ENDED = CryEnded(40.0, "20261122T031502480Z", 1e9, 30.0, 0.91239, 20.4, "calm")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (130.4, "2 min 10 s"),
        (3900, "1 h 05 min"),
        (20 * 86_400, "20 days"),
    ],
)
def test_lengths_as_people_say_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_changes_have_words_and_ticks_have_none() -> None:
    assert event_text(ENDED) == (
        "info",
        "the baby is calm: the cry lasted 30 s, calm after 20 s (episode 20261122T031502480Z)",
    )
    stopped = "the episode ends, stopping: the cry lasted 30 s (episode 20261122T031502480Z)"
    assert event_text(replace(ENDED, reason="stopped")) == ("info", stopped)
    forward = "the clock was set 1 h 00 min forward; what was recorded since the start moves with it"
    assert event_text(ClockSet(1.0, 3600.0)) == ("warning", forward)
    assert event_text(Deaf(1.0, "unplugged")) == ("warning", "deaf: unplugged")
    assert event_text(LullabyFailed(1.0, "brahms", "no speaker")) == (
        "warning",
        "lullaby cannot play (brahms): no speaker",
    )
    assert event_text(LevelMeasured(1.0, -40.0, -50.0)) is None


def test_names_and_json_of_events() -> None:
    assert name_of(WindowScored(0.24, 0.5)) == "score"
    assert as_json(ENDED)["event"] == "cry_ended"
    assert as_json(ENDED)["confidence"] == 0.9124


def test_soothing_has_words_for_what_lullabies_do_not_say() -> None:
    assert event_text(NeedsYou(1.0, "e", ("rain", "sea"))) == (
        "warning",
        "the baby needs you: rain, sea did not calm it (episode e)",
    )
    assert event_text(NeedsYou(1.0, "e", ())) == ("warning", "the baby needs you: no sound is left to try (episode e)")
    judged = SoundJudged(1.0, "e", 2, "rain", "worse", 75.0)
    assert event_text(judged) == ("info", "rain: the baby cried louder after 1 min 15 s")
    settling = SoothingStep(1.0, 1.0, "ladder", "settling", "e", 0, None, 100.0)
    assert event_text(settling) == ("info", "no sound yet: the baby may settle alone (episode e)")
    assert event_text(replace(settling, phase="playing", sound="rain")) is None


def test_stirring_has_words_and_a_name_outside() -> None:
    assert event_text(StirringStarted(28.0)) == ("info", "the baby stirs")
    assert event_text(STIRRED) == ("info", "the baby stirred for 12 s")
    assert as_json(STIRRED) == {"event": "stirring_ended", "at_s": 40.0, "duration_s": 12.24}
