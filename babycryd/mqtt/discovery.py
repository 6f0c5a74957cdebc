"""PURE. Discovery: the message that announces the device and all its entities to Home Assistant.

The keys are those of https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from babycryd import __version__
from babycryd.i18n import DEFAULT, sound_title
from babycryd.mqtt import payloads
from babycryd.mqtt.entity import EntityConfig, buttons, entity_config
from babycryd.mqtt.message import Message, json_bytes, retained
from babycryd.mqtt.topics import PUBLISHED


@dataclass(frozen=True, slots=True)
class AnnouncedDevice:
    """The device that Home Assistant shows."""

    device_id: str
    room: str = ""
    tracks: tuple[str, ...] = ()
    language: str = DEFAULT  # of the sounds' names
    page: str = ""  # address of its page for other computers; empty: there is none

    @property
    def title(self) -> str:
        """The name of the device for people."""
        return self.room or f"Baby monitor {self.device_id}"


def discovery_topic(prefix: str, device_id: str) -> str:
    """Return the topic of the announcement. `prefix`: `mqtt.discovery_prefix`."""
    return f"{prefix.strip('/')}/device/{device_id}/config"


def birth_topic(prefix: str) -> str:
    """Return the topic on which Home Assistant publishes that it has started."""
    return f"{prefix.strip('/')}/status"


def announcement(home: AnnouncedDevice, base: str, prefix: str, gone: Mapping[str, str] | None = None) -> Message:
    """Return the announcement. It removes those entities of `gone`, earlier platforms by key, that are no more."""
    present = _components(home, base)
    components = {key: {**each, "unique_id": f"babycryd_{home.device_id}_{key}"} for key, each in present.items()}
    stubs = {key: {"platform": platform} for key, platform in (gone or {}).items() if key not in components}
    device: EntityConfig = {
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
                # `stopped` means unavailable, like `offline`
                "value_template": "{{ 'online' if value == 'online' else 'offline' }}",
            }
        ],
        "qos": 1,
        "components": {**components, **stubs},
    }
    return retained(discovery_topic(prefix, home.device_id), json_bytes(payload))


def about(home: AnnouncedDevice, base: str) -> Message:
    """Return the message on `about`, by which the overview of another room names and links this one."""
    return retained(f"{base}/about", json_bytes({"room": home.room, "page": home.page or None, "version": __version__}))


def platforms(home: AnnouncedDevice) -> dict[str, str]:
    """Return the platform of every entity, by key."""
    return {key: each["platform"] for key, each in _components(home, "").items()}


def _components(home: AnnouncedDevice, base: str) -> dict[str, EntityConfig]:
    tracks = _by_title(home)
    entities = {
        entity.announced_as or entity.key: entity_config(entity, topic, base, tracks)
        for topic in PUBLISHED
        for entity in topic.entities
    }
    return entities | buttons(base)


def _by_title(home: AnnouncedDevice) -> dict[str, str]:
    """Return the tracks by the titles of `lullaby/title`; a second track of the same title has its own name."""
    tracks: dict[str, str] = {}
    for track in home.tracks:
        title = payloads.name(sound_title(home.language, track)) or track
        tracks[track if title in tracks else title] = track
    return tracks
