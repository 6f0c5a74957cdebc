"""PURE. The topics and entities that the broker and Home Assistant retain of us, kept so that they can be removed."""

import json
from collections.abc import Mapping

from babycryd.mqtt.discovery import AnnouncedDevice, announcement, discovery_topic, platforms
from babycryd.mqtt.message import Message, json_bytes, retained
from babycryd.mqtt.topics import PUBLISHED

TOPICS, COMPONENTS = "retained", "components"  # keys in the outbox store


class RetainedState:
    """The retained topics and entities of this version, and those of earlier ones and of other device ids."""

    def __init__(self, prefix: str | None, home: AnnouncedDevice, base: str) -> None:
        """`prefix`: where Home Assistant listens, None to stay silent; `base`: what our topics begin with."""
        self._prefix = prefix
        self._home = home
        self._base = base

    @property
    def topics(self) -> set[str]:
        """Every topic that this version retains."""
        announced = {discovery_topic(self._prefix, self._home.device_id)} if self._prefix else set[str]()
        return retained_topics(self._base) | announced

    def begin(self, kept: Mapping[str, bytes]) -> list[Message]:
        """Messages for the start: empty ones for stale topics, and the announcement."""
        stale = sorted(_strings(kept.get(TOPICS)) - self.topics)
        messages = [retained(topic, b"") for topic in stale]
        if self._prefix:
            gone = _texts(kept.get(COMPONENTS))
            messages.append(announcement(self._home, self._base, self._prefix, gone))
        return messages

    def kept(self, before: Mapping[str, bytes]) -> dict[str, bytes]:
        """Values to store at the start: topics of before may still be retained."""
        return {TOPICS: json_bytes(sorted(self.topics | _strings(before.get(TOPICS)))), **self._components()}

    def clean(self) -> dict[str, bytes]:
        """Values to store once every message of `begin` has arrived."""
        return {TOPICS: json_bytes(sorted(self.topics)), **self._components()}

    def _components(self) -> dict[str, bytes]:
        return {COMPONENTS: json_bytes(platforms(self._home))} if self._prefix else {}


def retained_topics(base: str) -> set[str]:
    """Every topic that the broker retains for this base; the announcement to Home Assistant is none of them."""
    return {f"{base}/{topic.leaf}" for topic in PUBLISHED if topic.retained}


def _strings(kept: bytes | None) -> set[str]:
    """The stored list of texts, empty where it cannot be read."""
    read = _read(kept)
    return {each for each in read if isinstance(each, str)} if isinstance(read, list) else set()


def _texts(kept: bytes | None) -> dict[str, str]:
    read = _read(kept)
    return {key: each for key, each in read.items() if isinstance(each, str)} if isinstance(read, dict) else {}


def _read(kept: bytes | None) -> object:
    try:
        return json.loads(kept or b"null")
    except ValueError:
        return None
