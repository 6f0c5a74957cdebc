"""What the home is told of soothing."""

import json
from typing import Any

from babycryd.core.soothing_events import SoothingLearnt, SoothingStep, SoundFigures
from babycryd.mqtt.event_encoder import EventEncoder

T_S = 1_790_000_000.0


def told(event: SoothingStep | SoothingLearnt) -> tuple[str, bool, dict[str, Any]]:
    (message,) = EventEncoder("b").encode(event)
    return message.topic, message.retain, json.loads(message.payload)


def test_the_step_of_soothing_is_retained() -> None:
    assert told(SoothingStep(9.0, T_S, "ladder", "playing", "e1", 2, "rain", 50.1)) == (
        "b/soothing/state",
        True,
        {
            "strategy": "ladder",
            "phase": "playing",
            "step": 2,
            "sound": "rain",
            "title": "Rain",
            "level": 50.1,
            "since": "2026-09-21T14:13:20.000+00:00",
            "episode": "e1",
            "needs_you": False,
        },
    )
    given_up = SoothingStep(9.0, T_S, "ladder", "given_up", "e1", 3, None, 100.0)
    assert told(given_up)[2]["needs_you"] is True


def test_what_was_learnt_is_retained_and_short() -> None:
    rain = SoundFigures("rain\u2028", 3, 2, 41.6, 0.876)
    many = (rain, *(SoundFigures(f"s{number}", 0, 0, None, 0.0) for number in range(50)))
    topic, retain, fields = told(SoothingLearnt(9.0, "rain", many, 4, 1))
    assert (topic, retain) == ("b/soothing/best", True)
    assert (fields["best"], fields["silences"], fields["settled"], len(fields["sounds"])) == ("rain", 4, 1, 20)
    assert fields["sounds"][0].pop("sound").isprintable()
    assert fields["sounds"][0].pop("title").isprintable()
    assert fields["sounds"][0] == {"tries": 3, "calmed": 0.67, "median_s": 42, "sure": 0.88}
    assert fields["sounds"][1]["calmed"] is None


def test_sounds_have_a_title_in_the_language_of_the_report() -> None:
    event = SoothingLearnt(9.0, "brahms-lullaby", (SoundFigures("brahms-lullaby", 3, 2, 41.6, 0.95),), 4, 1)
    (message,) = EventEncoder("b", language="de").encode(event)
    fields = json.loads(message.payload)
    assert (fields["best"], fields["title"]) == ("brahms-lullaby", "Brahms’ Wiegenlied")
    assert fields["sounds"][0]["title"] == "Brahms’ Wiegenlied"
    assert told(SoothingLearnt(9.0, None, (), 0, 0))[2]["title"] is None
