"""PURE. How we introduce ourselves to Home Assistant: one message that describes the device and its entities.

The keys are those of https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from babycryd import __version__
from babycryd.core.commands import HIGHEST_THRESHOLD, LONGEST_SNOOZE_MIN, LOWEST_THRESHOLD
from babycryd.core.events import STATES
from babycryd.mqtt.message import CRY_EXPIRES_S, Message, json_bytes, retained

LEVEL_EXPIRES_S: Final = 30  # for a dashboard; the broker's own memory is shorter
HEALTH_EXPIRES_S: Final = 200
SNOOZE_BUTTON_MIN: Final = 30
Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnnouncedDevice:
    """Who we are, as the home knows us."""

    device_id: str
    room: str = ""
    tracks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What people call the device."""
        return self.room or f"Baby monitor {self.device_id}"


def discovery_topic(prefix: str, device_id: str) -> str:
    return f"{prefix.strip('/')}/device/{device_id}/config"


def birth_topic(prefix: str) -> str:
    """Where Home Assistant says that it has started."""
    return f"{prefix.strip('/')}/status"


def announcement(home: AnnouncedDevice, base: str, prefix: str, gone: Mapping[str, str] | None = None) -> Message:
    """`gone`: components of an earlier announcement that there are no more, with their platforms."""
    components = {key: {**each, "unique_id": f"babycryd_{home.device_id}_{key}"} for key, each in _all(home, base)}
    stubs = {key: {"platform": platform} for key, platform in (gone or {}).items() if key not in components}
    device: Component = {
        "identifiers": [f"babycryd_{home.device_id}"],
        "name": home.title,
        "manufacturer": "babycryd",
        "model": "Nursery listener",
        "sw_version": __version__,
    }
    if home.room:
        device["suggested_area"] = home.room
    payload = {
        "device": device,
        "origin": {"name": "babycryd", "sw_version": __version__},
        "availability": [
            {
                "topic": f"{base}/status",
                # `stopped` is no more available than `offline`
                "value_template": "{{ 'online' if value == 'online' else 'offline' }}",
            }
        ],
        "qos": 1,
        "components": {**components, **stubs},
    }
    return retained(discovery_topic(prefix, home.device_id), json_bytes(payload))


def platforms(home: AnnouncedDevice) -> dict[str, str]:
    """Every component's key and platform."""
    return {key: each["platform"] for key, each in _all(home, "")}


def _all(home: AnnouncedDevice, base: str) -> list[tuple[str, Component]]:
    return [*_crying(base), *_figures(base), *_lullaby(home, base), *_settings(base), *_buttons(base)]


def _crying(base: str) -> list[tuple[str, Component]]:
    deaf = "{{ 'ON' if value_json.state == 'deaf' else 'OFF' }}"
    event = "{{ dict(value_json, event_type=value_json.type) | tojson }}"
    return [
        (
            "crying",
            _component("binary_sensor", "Crying", "mdi:emoticon-cry-outline", f"{base}/cry")
            | {"device_class": "sound", "expire_after": CRY_EXPIRES_S},
        ),
        (
            "listening",
            _component("binary_sensor", "Hearing problem", "mdi:ear-hearing-off", f"{base}/state", deaf)
            | {"device_class": "problem", "json_attributes_topic": f"{base}/state"},
        ),
        (
            "state",
            _component("sensor", "State", "mdi:baby-face-outline", f"{base}/state", "{{ value_json.state }}")
            | {"device_class": "enum", "options": list(STATES), "json_attributes_topic": f"{base}/state"},
        ),
        (
            "episode",
            _component("event", "Last episode", "mdi:timeline-alert-outline", f"{base}/episode", event)
            | {"event_types": ["new", "update", "end"]},
        ),
        (
            "crying_today",
            _component(
                "sensor", "Crying today", "mdi:timer-outline", f"{base}/today", "{{ value_json.crying_minutes }}"
            )
            | {"device_class": "duration", "unit_of_measurement": "min", "state_class": "total_increasing"},
        ),
        *_night(base),
    ]


def _night(base: str) -> list[tuple[str, Component]]:
    report = f"{base}/report"
    text = "{{ value_json.text | truncate(255) }}"  # a state has no more letters; the attribute has all
    picture = {"platform": "image", "name": "Night picture", "icon": "mdi:image-outline"}
    form = {"content_type": "image/png", "image_encoding": "b64"}
    return [
        (
            "night_report",
            _component("sensor", "Night report", "mdi:weather-night", report, text) | {"json_attributes_topic": report},
        ),
        ("night_picture", {**picture, **form, "image_topic": f"{report}/image"}),
    ]


def _figures(base: str) -> list[tuple[str, Component]]:
    level, health = f"{base}/level", f"{base}/health"
    measured = {"state_class": "measurement"}
    diagnostic = {"entity_category": "diagnostic"}
    return [
        (
            "noise",  # whole decibels, or the home's database would grow by a row a second
            _component("sensor", "Noise level", "mdi:volume-high", level, "{{ value_json.dbfs | round(0) | int }}")
            | {"unit_of_measurement": "dBFS", "expire_after": LEVEL_EXPIRES_S, "qos": 0, **measured},
        ),
        (
            "score",
            _component("sensor", "Score", "mdi:chart-bell-curve", level, "{{ value_json.score | round(1) }}")
            | {"expire_after": LEVEL_EXPIRES_S, "qos": 0, **measured, **diagnostic},
        ),
        (
            "route",
            _component("sensor", "Route", "mdi:cloud-question-outline", health, "{{ value_json.route }}")
            | {"device_class": "enum", "options": ["local", "cloud"], "expire_after": HEALTH_EXPIRES_S, **diagnostic},
        ),
        (
            "cpu",
            _component("sensor", "CPU", "mdi:cpu-64-bit", health, "{{ value_json.cpu_percent }}")
            | {"unit_of_measurement": "%", "expire_after": HEALTH_EXPIRES_S, **measured, **diagnostic}
            | {"json_attributes_topic": health},
        ),
        (
            "temperature",
            _component("sensor", "Temperature", None, health, "{{ value_json.temperature_c }}")
            | {"device_class": "temperature", "unit_of_measurement": "°C", "expire_after": HEALTH_EXPIRES_S}
            | {**measured, **diagnostic},
        ),
    ]


def _lullaby(home: AnnouncedDevice, base: str) -> list[tuple[str, Component]]:
    command = {"command_topic": f"{base}/lullaby/set"}
    is_on = "{{ 'OFF' if value == 'OFF' else 'ON' }}"
    return [
        ("lullaby", _component("switch", "Lullaby", "mdi:music", f"{base}/lullaby/state", is_on) | command),
        (
            "track",
            _component("select", "Track", "mdi:playlist-music", f"{base}/lullaby/track")
            | {**command, "options": list(home.tracks)},
        ),
    ]


def _settings(base: str) -> list[tuple[str, Component]]:
    config = {"entity_category": "config"}
    return [
        ("volume", _number(base, "volume", "Volume", "mdi:volume-medium", (0, 100, 1), "%")),
        (
            "threshold",
            _number(
                base, "threshold", "Threshold", "mdi:tune", (LOWEST_THRESHOLD, HIGHEST_THRESHOLD, 0.01), None, "box"
            )
            | config,
        ),
        (
            "snooze",
            _number(base, "snooze", "Snooze", "mdi:sleep", (0, LONGEST_SNOOZE_MIN, 1), "min", "box")
            | {"device_class": "duration"},
        ),
    ]


def _buttons(base: str) -> list[tuple[str, Component]]:
    def button(label: str, icon: str, leaf: str, payload: str) -> Component:
        about = {"command_topic": f"{base}/{leaf}", "payload_press": payload}
        return {"platform": "button", "name": label, "icon": icon, **about}

    snooze = button(f"Snooze {SNOOZE_BUTTON_MIN} min", "mdi:sleep", "snooze/set", str(SNOOZE_BUTTON_MIN))
    test = button("Test sound", "mdi:speaker-message", "command/test", "PRESS")
    return [
        ("snooze_button", snooze),
        ("test", test | {"entity_category": "diagnostic"}),
        ("false_alarm", button("It was not my baby", "mdi:thumb-down-outline", "feedback/set", "false")),
    ]


def _component(platform: str, label: str, icon: str | None, topic: str, template: str | None = None) -> Component:
    optional = {"icon": icon, "value_template": template}
    about = {"platform": platform, "name": label, "state_topic": topic}
    return about | {key: value for key, value in optional.items() if value is not None}


def _number(
    base: str,
    key: str,
    label: str,
    icon: str,
    limits: tuple[float, float, float],
    unit: str | None,
    mode: str = "slider",
) -> Component:
    low, high, step = limits
    number = _component("number", label, icon, f"{base}/{key}/state")
    number |= {"command_topic": f"{base}/{key}/set", "min": low, "max": high, "step": step, "mode": mode}
    return number | ({"unit_of_measurement": unit} if unit else {})
