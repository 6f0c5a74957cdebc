"""PURE. Retained state: the topics and entities that broker and Home Assistant retain of us, stored for removal."""

import json
from collections.abc import Mapping
from dataclasses import replace

from babycryd.mqtt.discovery import AnnouncedDevice, about, announcement, discovery_topic, platforms
from babycryd.mqtt.message import Message, json_bytes, retained
from babycryd.mqtt.topics import PUBLISHED

TOPICS, COMPONENTS = "retained", "components"  # keys in the outbox store


class RetainedState:
    """Retained topics and entities of this version, of earlier versions and of other device ids."""

    def __init__(self, prefix: str | None, home: AnnouncedDevice, base: str) -> None:
        """`prefix`: `mqtt.discovery_prefix`, None: no discovery; `base`: the prefix of every topic."""
        self._prefix = prefix
        self._home = home
        self._base = base

    @property
    def topics(self) -> set[str]:
        """Every topic that this version retains."""
        announced = {discovery_topic(self._prefix, self._home.device_id)} if self._prefix else set[str]()
        return retained_topics(self._base) | announced

    @property
    def about(self) -> Message:
        """The message that names this room, and its page."""
        return about(self._home, self._base)

    def begin(self, stored: Mapping[str, bytes]) -> list[Message]:
        """Return the messages of the start: empty ones for stale topics, and the announcement."""
        stale = sorted(_strings(stored.get(TOPICS)) - self.topics)
        messages = [retained(topic, b"") for topic in stale]
        if self._prefix:
            gone = _texts(stored.get(COMPONENTS))
            messages.append(announcement(self._home, self._base, self._prefix, gone))
        return messages

    def use_tracks(self, tracks: tuple[str, ...]) -> list[Message]:
        """Return the announcement with these tracks, in place of that of `begin`."""
        self._home = replace(self._home, tracks=tracks)
        return [announcement(self._home, self._base, self._prefix)] if self._prefix else []

    def values_at_start(self, before: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the values to store at the start: the topics of `before` may still be retained."""
        return {TOPICS: json_bytes(sorted(self.topics | _strings(before.get(TOPICS)))), **self._components()}

    def values_once_published(self) -> dict[str, bytes]:
        """Return the values to store once every message of `begin` has arrived."""
        return {TOPICS: json_bytes(sorted(self.topics)), **self._components()}

    def _components(self) -> dict[str, bytes]:
        return {COMPONENTS: json_bytes(platforms(self._home))} if self._prefix else {}


def retained_topics(base: str) -> set[str]:
    """Return every topic below `base` that the broker retains; not that of the announcement."""
    return {f"{base}/{topic.leaf}" for topic in PUBLISHED if topic.retained}


def _strings(stored: bytes | None) -> set[str]:
    """Return the stored list of texts, empty where it cannot be read."""
    read = _read(stored)
    return {each for each in read if isinstance(each, str)} if isinstance(read, list) else set()


def _texts(stored: bytes | None) -> dict[str, str]:
    read = _read(stored)
    return {key: each for key, each in read.items() if isinstance(each, str)} if isinstance(read, dict) else {}


def _read(stored: bytes | None) -> object:
    try:
        return json.loads(stored or b"null")
    except ValueError:
        return None
