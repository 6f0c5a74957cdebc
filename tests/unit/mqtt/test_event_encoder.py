"""What the home is told, byte by byte: the contract of docs/mqtt.md."""

import json
from pathlib import Path
from typing import Any

import pytest

from babycryd.core.events import (
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    Event,
    HealthMeasured,
    Hearing,
    LevelMeasured,
    StateChanged,
    WindowScored,
)
from babycryd.core.health_parts import ModelHealth, StreamHealth
from babycryd.core.live_sound import ListenersChanged
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.core.sounds import Loudness
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.mqtt.message import Message, base_topic, iso_utc
from babycryd.mqtt.settings import MqttSettings

NOON_UTC_S = 1_700_000_000.25  # 2023-11-14T22:13:20.250Z

STARTED = CryStarted(12.5, NOON_UTC_S, "e1", 0.93456)
UPDATED = CryUpdated(17.5, "e1", 5.0, 0.91)
ENDED = CryEnded(40.0, "e1", NOON_UTC_S, 20.1234, 0.9, 15.678, "calm")
PLAYING = LullabyStarted(12.6, "brahms-lullaby")
STOPPED = LullabyStopped(99.0, "brahms-lullaby", "calm")


def say(*events: Event) -> list[Message]:
    encoder = EventEncoder("babycryd/nursery")
    return [message for event in events for message in encoder.encode(event)]


def episodes(*events: Event) -> list[dict[str, Any]]:
    return [json.loads(each.payload) for each in say(*events) if each.topic == "babycryd/nursery/episode"]


@pytest.mark.parametrize("word", ["online", "stopped", "offline"])
def test_status_is_a_retained_word(word: Any) -> None:
    assert EventEncoder("b/x").status(word) == Message("b/x/status", word.encode(), 1, retain=True)


def test_state_is_retained_json() -> None:
    [message] = say(StateChanged(1.0, "deaf", NOON_UTC_S, "unplugged"))
    assert message == Message(
        "babycryd/nursery/state",
        b'{"state":"deaf","since":"2023-11-14T22:13:20.250+00:00","reason":"unplugged"}',
        1,
        retain=True,
    )


def test_a_cry_is_on_then_off_with_its_episode() -> None:
    topics = [(each.topic.rpartition("/")[2], each.retain, each.qos) for each in say(STARTED, UPDATED, ENDED)]
    cry, episode, last = ("cry", True, 1), ("episode", False, 1), ("last_cry", True, 1)
    assert topics == [cry, episode, last, episode, cry, episode, last]
    told = [each.payload for each in say(STARTED, ENDED) if each.retain]
    last_cry = b'{"id":"e1","started_at":"2023-11-14T22:13:20.250+00:00","duration_s":%s}'
    assert told == [b"ON", last_cry % b"null", b"OFF", last_cry % b"20.12"]


def test_the_level_says_how_loud_it_is_and_the_last_score_while_it_is_fresh() -> None:
    level = LevelMeasured(10.0, -47.23, -58.04)
    encoder = EventEncoder("b")
    [message] = encoder.encode(level)
    assert encoder.encode(WindowScored(9.5, 0.8765)) == []
    [fresh], [stale] = encoder.encode(level), encoder.encode(LevelMeasured(11.0, -50.0, -58.0))
    assert message == Message(
        "b/level", b'{"dbfs":-47.2,"noise_floor_dbfs":-58.0,"score":0.0}', 0, retain=False, expires_s=5
    )
    assert json.loads(fresh.payload)["score"] == 0.876
    assert json.loads(stale.payload)["score"] == 0.0


def test_an_episode_keeps_its_id_and_start() -> None:
    told = episodes(STARTED, PLAYING, UPDATED, ENDED)
    started_at = "2023-11-14T22:13:20.250+00:00"
    common = {"id": "e1", "started_at": started_at}
    assert told == [
        {"type": "new", **common, "duration_s": 0, "confidence": 0.935, "lullaby": None}
        | {"settled_in_s": None, "reason": None},
        {"type": "update", **common, "duration_s": 5, "confidence": 0.91, "lullaby": PLAYING.track}
        | {"settled_in_s": None, "reason": None},
        {"type": "end", **common, "duration_s": 20.12, "confidence": 0.9, "lullaby": PLAYING.track}
        | {"settled_in_s": 15.68, "reason": "calm"},
    ]


def test_a_lullaby_already_playing_belongs_to_the_next_episode_too() -> None:
    assert [each["lullaby"] for each in episodes(PLAYING, STARTED, ENDED)] == [PLAYING.track] * 2


def test_a_lullaby_that_stopped_before_does_not() -> None:
    assert [each["lullaby"] for each in episodes(PLAYING, STOPPED, STARTED, ENDED)] == [None] * 2


def test_an_end_without_a_known_beginning_is_still_told() -> None:
    [told] = episodes(ENDED)
    assert (told["id"], told["lullaby"]) == ("e1", None)


@pytest.mark.parametrize("event", [Hearing(0.0, "mic"), WindowScored(1.0, 0.4), UPDATED])
def test_the_home_is_not_bothered_with(event: Event) -> None:
    assert say(event) == []


def told(*events: Event) -> list[tuple[str, str]]:
    """(topic, payload) of what newcomers shall know."""
    return [(each.topic.removeprefix("babycryd/nursery/"), each.payload.decode()) for each in say(*events)]


def test_a_lullaby_is_on_or_called_by_the_name_it_was_asked_for() -> None:
    playing = [("lullaby/state", "ON"), ("lullaby/track", "brahms-lullaby"), ("lullaby/title", "Brahms’ lullaby")]
    silent = [("lullaby/state", "OFF"), ("lullaby/track", "none"), ("lullaby/title", "none")]
    assert told(PLAYING, STOPPED) == playing + silent
    chosen = LullabyStarted(12.6, "rain", chosen=True)
    assert told(chosen)[0] == ("lullaby/state", "rain")
    assert told(LullabyFailed(1.0, "rain", "no speaker")) == silent


def test_the_title_of_a_sound_is_in_the_language_of_the_report() -> None:
    messages = EventEncoder("b", language="fr").encode(LullabyStarted(1.0, "rain"))
    assert [message.payload.decode() for message in messages] == ["ON", "rain", "La pluie"]


def test_the_loudness_is_told_in_figures_and_in_words() -> None:
    controls = ControlsChanged(1.0, 60.0, 0.77, None, 0.0, Loudness(None, None, 50.0, 40.0))
    leaf, payload = told(controls)[-1]
    assert (leaf, json.loads(payload)["text"]) == (
        "loudness",
        "not measured; 100 % is 40 % of the speaker's full scale (lullaby.max_volume)",
    )
    measured = ControlsChanged(2.0, 60.0, 0.77, None, 0.0, Loudness(47.2, 50.0, 50.0, 40.0))
    assert json.loads(told(measured)[-1][1]) == {
        "dba": 47.2,
        "full_dba": 50.0,
        "cap_dba": 50.0,
        "full_percent": 40.0,
        "text": "about 47 dB(A) at the cot",
    }


def test_controls_are_told_where_they_change() -> None:
    first = ControlsChanged(1.0, 60.0, 0.77, None, 0.0)
    snoozing = ControlsChanged(2.0, 60.0, 0.77, 1_700_000_000.0, 14.2)
    assert told(first) == [("volume/state", "60"), ("threshold/state", "0.77"), ("snooze/state", "0")]
    assert told(first, snoozing, snoozing)[3:] == [("snooze/state", "15")]


def test_health_is_retained_and_complete() -> None:
    [message] = say(
        HealthMeasured(
            9.0, NOON_UTC_S, 61.2, 8.04, 99.99, 0.01234, 0, "local", 0, None, "mic", None, 48.25, broker="no"
        )
    )
    assert message.topic == "babycryd/nursery/health"
    assert (message.retain, message.qos) == (True, 1)
    fields = json.loads(message.payload)
    promised = "version uptime_s cpu_percent rss_mb lag_s dropped_blocks route offloaded_segments outbox "
    promised += "last_window_at microphone speaker temperature_c"
    assert set(promised.split()) <= fields.keys()
    assert (fields["uptime_s"], fields["microphone"], fields["speaker"]) == (61, "mic", None)
    assert fields["broker"] == "no"
    assert fields["stream"] is None


def test_how_many_listen_in_is_retained() -> None:
    (message,) = EventEncoder("babycryd/nursery").encode(ListenersChanged(3.0, 2))
    assert (message.topic, message.payload, message.retain) == ("babycryd/nursery/listen_in", b'{"listeners":2}', True)


def test_health_of_a_network_microphone_is_rounded() -> None:
    stream = StreamHealth(drift_ppm=-41.6, lost_s=0.2512, gaps=3, reopened=2)
    [message] = say(
        HealthMeasured(9.0, NOON_UTC_S, 61.2, 8.0, 99.9, 0.0, 0, "local", 0, None, "mic", None, 48.2, stream=stream)
    )
    assert json.loads(message.payload)["stream"] == {"drift_ppm": -42, "lost_s": 0.25, "gaps": 3, "reopened": 2}


def test_health_says_how_a_new_model_does() -> None:
    model = ModelHealth("trial", None, "ab" * 32, 3600.24, 36_000.0, 1)
    [message] = say(
        HealthMeasured(9.0, NOON_UTC_S, 61.2, 8.0, 99.9, 0.0, 0, "local", 0, None, "mic", None, 48.2, model=model)
    )
    counts = {"heard_s": 3600, "wanted_s": 36_000, "only_candidate": 1, "only_reference": 0}
    told = {"state": "trial", "decides": None, "candidate": "ab" * 32, "why": None, **counts}
    assert json.loads(message.payload)["model"] == told


def test_crying_is_remembered_for_the_farewell() -> None:
    encoder = EventEncoder("b")
    assert not encoder.crying
    encoder.encode(STARTED)
    assert encoder.crying
    encoder.encode(ENDED)
    assert not encoder.crying


def test_base_topic_and_time() -> None:
    assert base_topic("babycryd/{device_id}", "nursery") == "babycryd/nursery"
    assert base_topic("/home/baby/", "nursery") == "home/baby"
    assert iso_utc(0) == "1970-01-01T00:00:00.000+00:00"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (MqttSettings(base="baby/#"), "base"),
        (MqttSettings(base="/"), "base"),
        (MqttSettings(base="baby\n"), "base"),
        (MqttSettings(base="baby\ud800"), "base"),
        (MqttSettings(ca_file=Path("ca.pem")), "ca_file"),
        (MqttSettings(password_file=Path("secret")), "password_file"),
    ],
)
def test_settings_that_cannot_work_are_named(settings: MqttSettings, key: str) -> None:
    assert [found for found, _ in settings.check()] == [key]


def test_default_settings_are_fine() -> None:
    assert list(MqttSettings().check()) == []
