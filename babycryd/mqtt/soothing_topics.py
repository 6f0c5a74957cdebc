"""PURE. Topics of soothing, with their entities and payloads; part of the table in `topics.py`."""

from typing import Any, Final, get_args

from babycryd.core.events import Event
from babycryd.core.soothing_events import Phase, SoothingLearnt, SoothingStep, SoundFigures
from babycryd.mqtt import payloads
from babycryd.mqtt.entity import Entity, Topic
from babycryd.mqtt.message import iso_utc

_MOST_SOUNDS: Final = 20  # on `soothing/best`; a broker refuses long messages

SOOTHING: Final = (
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
                "{{ value_json.best or 'too early to tell' }}",
                attributes=True,
            ),
        ),
    ),
)


def soothing_payload(event: Event) -> tuple[str, dict[str, Any]] | None:
    """Return topic and payload of an event of soothing; None for any other event."""
    match event:
        case SoothingStep():
            return "soothing/state", {
                "strategy": event.strategy,
                "phase": event.phase,
                "step": event.step,
                "sound": payloads.name(event.sound),
                "level": event.level_percent,
                "since": iso_utc(event.since_utc_s),
                "episode": event.episode,
                "needs_you": event.phase == "given_up",
            }
        case SoothingLearnt():
            return "soothing/best", {
                "best": payloads.name(event.best),
                "sounds": [_figures(each) for each in event.sounds[:_MOST_SOUNDS]],
                "silences": event.silences,
                "settled": event.settled,
            }
        case _:
            return None


def _figures(figures: SoundFigures) -> dict[str, Any]:
    return {
        "sound": payloads.name(figures.sound),
        "tries": figures.tries,
        "calmed": round(figures.calmed / figures.tries, 2) if figures.tries else None,
        "median_s": None if figures.median_s is None else round(figures.median_s),
        "sure": round(figures.p_best, 2),
    }
