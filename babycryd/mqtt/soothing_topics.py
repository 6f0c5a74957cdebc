"""PURE. Topics of soothing and of the lullaby, with their entities and payloads; part of the table in `topics.py`."""

from typing import Any, Final, get_args

from babycryd.core.commands import VOLUME
from babycryd.core.events import Event
from babycryd.core.soothing_events import Phase, SoothingLearnt, SoothingStep, SoundFigures
from babycryd.i18n import DEFAULT, sound_title
from babycryd.mqtt import payloads
from babycryd.mqtt.entity import Entity, Topic
from babycryd.mqtt.message import iso_utc

_MOST_SOUNDS: Final = 20  # on `soothing/best`; a broker refuses long messages

SOOTHING: Final = (
    Topic(
        "lullaby/state",
        "`OFF`; `ON` while one plays; its name where a command named the track",
        retained=True,
        entities=(
            Entity(
                "lullaby",
                "switch",
                "Lullaby",
                "mdi:music",
                "{{ 'OFF' if value == 'OFF' else 'ON' }}",
                command="lullaby",
            ),
        ),
    ),
    Topic(
        "lullaby/track",
        "name of the track that plays, or `none`",
        retained=True,
    ),
    Topic(
        "lullaby/title",
        "name of the sound that plays, in `report.language`, or `none`",
        retained=True,
        entities=(
            Entity("track", "select", "Track", "mdi:playlist-music", command="lullaby"),
            Entity("sound", "sensor", "Sound", "mdi:music-note"),
        ),
    ),
    Topic(
        "loudness",
        "loudness at the cot in dB(A) at the present volume and at 100 %, `null` where it was not measured; its cap; "
        "what 100 % is; the same in words",
        retained=True,
        entities=(
            Entity(
                "loudness",
                "sensor",
                "Loudness at the cot",
                "mdi:ear-hearing",
                "{{ value_json.dba }}",  # `None` is unknown
                attributes=True,
                more={"unit_of_measurement": "dBA", "device_class": "sound_pressure", "state_class": "measurement"},
            ),
        ),
    ),
    Topic(
        "volume/state",
        f"{VOLUME.span}, percent of `lullaby.max_volume`",
        retained=True,
        entities=(
            Entity("volume", "number", "Volume", "mdi:volume-medium", command="volume", more={"mode": "slider"}),
        ),
    ),
    Topic(
        "soothing/state",
        "which sound soothes the baby as which step, since when, and whether soothing has given up",
        retained=True,
        entities=(
            Entity(
                "needs_you",
                "binary_sensor",
                "Needs you",
                "mdi:account-alert",
                "{{ 'ON' if value_json.needs_you else 'OFF' }}",
                attributes=True,
            ),
            Entity(
                "soothing",
                "sensor",
                "Soothing",
                "mdi:music-note",
                "{{ value_json.phase }}",
                attributes=True,
                more={"device_class": "enum", "options": list(get_args(Phase))},
            ),
        ),
    ),
    Topic(
        "soothing/best",
        "which sounds have calmed this baby: tries, share, median seconds, and how sure that is",
        retained=True,
        entities=(
            Entity(
                "best_sound",
                "sensor",
                "Calms best",
                "mdi:music-circle",
                "{{ value_json.title or 'too early to tell' }}",
                attributes=True,
            ),
        ),
    ),
)


def soothing_payload(event: Event, language: str = DEFAULT) -> tuple[str, dict[str, Any]] | None:
    """Return topic and payload of an event of soothing; None for any other event. `language`: of the titles."""
    match event:
        case SoothingStep():
            return "soothing/state", {
                "strategy": event.strategy,
                "phase": event.phase,
                "step": event.step,
                "sound": payloads.name(event.sound),
                "title": _title(event.sound, language),
                "level": event.level_percent,
                "since": iso_utc(event.since_utc_s),
                "episode": event.episode,
                "needs_you": event.phase == "given_up",
            }
        case SoothingLearnt():
            return "soothing/best", {
                "best": payloads.name(event.best),
                "title": _title(event.best, language),
                "sounds": [_figures(each, language) for each in event.sounds[:_MOST_SOUNDS]],
                "silences": event.silences,
                "settled": event.settled,
            }
        case _:
            return None


def _title(track: str | None, language: str) -> str | None:
    """Return the name of a sound in words; None where there is no sound."""
    return None if track is None else payloads.name(sound_title(language, track))


def _figures(figures: SoundFigures, language: str) -> dict[str, Any]:
    return {
        "sound": payloads.name(figures.sound),
        "title": _title(figures.sound, language),
        "tries": figures.tries,
        "calmed": round(figures.calmed / figures.tries, 2) if figures.tries else None,
        "median_s": None if figures.median_s is None else round(figures.median_s),
        "sure": round(figures.p_best, 2),
    }
