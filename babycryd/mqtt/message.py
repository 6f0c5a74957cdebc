"""PURE. An MQTT message, and the functions that write its parts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from babycryd.core.compact_json import compact_json

Status = Literal["online", "stopped", "offline"]
HEARTBEAT_S: Final = 8.0  # interval at which `cry` is repeated; a broker that hangs is noticed by it
CRY_EXPIRES_S: Final = 60  # seven heartbeats; without them no home keeps showing "crying"
LEVEL_EXPIRES_S: Final = 5


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message, ready to be sent."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    durable: bool = False  # must not be lost by a crash
    expires_s: int | None = None  # the broker deletes the message after this time (MQTT 5)


def delayed(message: Message) -> Message:
    """Return an episode message with `delayed` added; any other message unchanged."""
    if not message.durable:
        return message
    return replace(message, payload=json_bytes(json.loads(message.payload) | {"delayed": True}))


def is_delayed(message: Message) -> bool:
    """Return whether an episode message is marked as delayed."""
    return message.durable and b'"delayed":true' in message.payload


def moved(message: Message, step_s: float) -> Message:
    """Return an episode message whose episode began `step_s` later, because the clock was set."""
    fields = json.loads(message.payload)
    started_utc_s = datetime.fromisoformat(fields["started_at"]).timestamp() + step_s
    return replace(message, payload=json_bytes(fields | {"started_at": iso_utc(started_utc_s)}))


def base_topic(template: str, device_id: str) -> str:
    """Return the prefix of all topics: `babycryd/{device_id}` -> `babycryd/nursery`, without slashes around it."""
    return template.replace("{device_id}", device_id).strip("/")


def iso_utc(utc_s: float) -> str:
    """Write seconds since 1970 as ISO-8601 in UTC, to the millisecond: `2026-11-22T02:13:05.250+00:00`."""
    return datetime.fromtimestamp(utc_s, UTC).isoformat(timespec="milliseconds")


def retained(topic: str, payload: bytes, expires_s: int | None = None) -> Message:
    """Return a message that the broker retains, QoS 1."""
    return Message(topic, payload, qos=1, retain=True, expires_s=expires_s)


def json_bytes(fields: Mapping[str, object] | list[str]) -> bytes:
    """Return compact JSON as UTF-8. A number that is not finite becomes null; half a surrogate pair becomes `?`."""
    return compact_json(fields, ensure_ascii=False).encode(errors="replace")
