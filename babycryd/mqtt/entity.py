"""PURE. Topics, and the entities of Home Assistant that show them.

The keys of an entity's configuration are those of https://www.home-assistant.io/integrations/mqtt/ and the pages of
each platform.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from babycryd.core.command_table import COMMANDS, CommandSpec

EntityConfig = dict[str, Any]  # of one entity, in the announcement
_SPECS: Final = {spec.name: spec for spec in COMMANDS}


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of Home Assistant that shows a topic, and may send a command."""

    key: str
    platform: str
    name: str
    icon: str | None = None
    template: str | None = None  # from the payload to the state
    attributes: bool = False  # the fields of the payload, JSON, become attributes
    command: str | None = None  # name of the command that it sends; a `number` has the limits of the command
    more: Mapping[str, Any] = field(default_factory=dict)  # further keys of the configuration
    announced_as: str | None = None  # the key of earlier versions, where it is not `key`


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: what its payload means, how it is published, and which entities show it."""

    leaf: str  # below the base
    payload: str  # for docs/mqtt.md
    retained: bool = False
    qos: int = 1
    entities: tuple[Entity, ...] = ()


MOST_OPTIONS: Final = 500  # tracks that Home Assistant lists; each of thousands would be sent with every announcement


def entity_config(entity: Entity, topic: Topic, base: str, tracks: Mapping[str, str]) -> EntityConfig:
    """Return the configuration of an entity without its unique id. `tracks`: by title, the option of a `select`."""
    path = f"{base}/{topic.leaf}"
    optional = {
        "icon": entity.icon,
        "value_template": entity.template,
        "json_attributes_topic": path if entity.attributes else None,
        **(_options(tracks) if entity.platform == "select" else {}),
        "qos": 0 if topic.qos == 0 else None,  # the default of the whole device is 1
    }
    return {
        "platform": entity.platform,
        "name": entity.name,
        "image_topic" if entity.platform == "image" else "state_topic": path,
        **{key: value for key, value in optional.items() if value is not None},
        **(_command(entity, _SPECS[entity.command], base) if entity.command else {}),
        **entity.more,
    }


def buttons(base: str) -> dict[str, EntityConfig]:
    """Return the configurations of the commands' buttons, by key."""
    return {
        button.key: {
            "platform": "button",
            "name": button.label,
            "icon": button.icon,
            "command_topic": f"{base}/{spec.topic}",
            "payload_press": button.payload,
            **({"entity_category": "diagnostic"} if button.diagnostic else {}),
        }
        for spec in COMMANDS
        for button in spec.buttons
    }


def table(published: Iterable[Topic]) -> str:
    """Return the published topics and the commands as the Markdown table of docs/mqtt.md."""
    lines = ["| topic | direction | retained | QoS | payload |", "|---|---|---|---|---|"]
    commands = [Topic(spec.topic, spec.text) for spec in COMMANDS]
    for direction, topics in (("out", published), ("in", commands)):
        for topic in topics:
            flag = "yes" if topic.retained else "no"
            lines.append(f"| `{topic.leaf}` | {direction} | {flag} | {topic.qos} | {topic.payload} |")
    return "\n".join(lines) + "\n"


def _options(tracks: Mapping[str, str]) -> EntityConfig:
    """Return the titles to choose from, and the template by which Home Assistant sends the name of the track."""
    offered = dict(list(tracks.items())[:MOST_OPTIONS])
    named = {title: track for title, track in offered.items() if title != track}
    template = "{{ " + json.dumps(named, ensure_ascii=False) + ".get(value, value) }}"
    return {"options": list(offered), "command_template": template if named else None}


def _command(entity: Entity, spec: CommandSpec, base: str) -> EntityConfig:
    topic = {"command_topic": f"{base}/{spec.topic}"}
    limits = spec.limits
    if entity.platform != "number" or limits is None:
        return topic
    unit = {"unit_of_measurement": limits.unit} if limits.unit else {}
    return {**topic, "min": limits.low, "max": limits.high, "step": limits.step, **unit}
