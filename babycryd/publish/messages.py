"""PURE. What is said over MQTT: the topic, payload, QoS and retain flag for every event. See docs/mqtt.md."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from babycryd.events import (
    CryEnded,
    CryStarted,
    CryUpdated,
    EndReason,
    Event,
    LevelMeasured,
    LullabyStarted,
    LullabyStopped,
    StateChanged,
    WindowScored,
)
from babycryd.orders import Answer, OrderError
from babycryd.publish.orders import Arrived

Status = Literal["online", "stopped", "offline"]
HEARTBEAT_S: Final = 30.0  # `cry` is said again so often
CRY_EXPIRES_S = 100  # three heartbeats: nothing stays on "crying" that nobody repeats
LEVEL_EXPIRES_S: Final = 5


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message, ready to be sent."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    durable: bool = False  # must not be lost by a crash
    expires_s: int | None = None  # after so long without a newer one the broker forgets it (MQTT 5)


@dataclass(frozen=True, slots=True)
class _Episode:
    """What the messages of one episode have in common."""

    id: str
    started_utc_s: float
    lullaby: str | None


class Speaker:
    """Turns events into messages; remembers what they leave out, such as the track of a running episode."""

    def __init__(self, base: str) -> None:
        """`base` is the topic that every other one begins with, without a slash at its end."""
        self._base = base
        self._playing: str | None = None
        self._episode: _Episode | None = None
        self._scored: WindowScored | None = None

    @property
    def crying(self) -> bool:
        """Whether the home was last told that the baby cries."""
        return self._episode is not None

    def status(self, status: Status) -> Message:
        return self._retained("status", status.encode())

    def cry(self, *, crying: bool) -> Message:
        return replace(self._retained("cry", b"ON" if crying else b"OFF"), expires_s=CRY_EXPIRES_S)

    def answer(self, arrived: Arrived, outcome: Answer | OrderError) -> Message:
        """What became of a command."""
        rest = {"error": str(outcome)} if isinstance(outcome, OrderError) else outcome
        told = {"command": arrived.command, "transaction": arrived.transaction, "ok": rest is outcome}
        return Message(f"{self._base}/command/response", _json({**told, **rest}), qos=1, retain=False)

    def say(self, event: Event) -> list[Message]:
        """The messages that an event gives rise to, in the order in which to send them; often none."""
        match event:
            case StateChanged():
                return [self._state(event)]
            case CryStarted():
                self._episode = _Episode(event.episode, event.utc_s, self._playing)
                return [self.cry(crying=True), self._tell("new", self._episode, 0.0, event.confidence)]
            case CryUpdated() if self._episode:
                return [self._tell("update", self._episode, event.duration_s, event.confidence)]
            case CryEnded():
                return [self.cry(crying=False), self._end(event)]
            case LevelMeasured():
                return [self._level(event)]
            case WindowScored():
                self._scored = event
            case LullabyStarted():
                self._note_track(event.track)
            case LullabyStopped():
                self._playing = None
            case _:
                pass  # the others are of no concern to the home
        return []

    def interrupted(self, last: bytes) -> Message:
        """The end of an episode of which an earlier run said `last` before it was killed."""
        fields = json.loads(last) | {"type": "end", "reason": "interrupted"}
        return delayed(Message(f"{self._base}/episode", _json(fields), qos=1, retain=False, durable=True))

    def _note_track(self, track: str) -> None:
        self._playing = track
        if self._episode:
            self._episode = _Episode(self._episode.id, self._episode.started_utc_s, track)

    def _end(self, event: CryEnded) -> Message:
        lullaby = self._episode.lullaby if self._episode else None
        self._episode = None
        ended = _Episode(event.episode, event.started_utc_s, lullaby)
        return self._tell("end", ended, event.duration_s, event.confidence, event.settled_in_s, event.reason)

    def _level(self, event: LevelMeasured) -> Message:
        """Worth hearing now or never. A score of a while ago is none: the gate has closed."""
        recent = self._scored is not None and event.at_s - self._scored.at_s < 1.0
        fields = {
            "dbfs": round(event.level_dbfs, 1),
            "noise_floor_dbfs": round(event.noise_floor_dbfs, 1),
            "score": round(self._scored.score, 3) if recent and self._scored else 0.0,
        }
        return Message(f"{self._base}/level", _json(fields), qos=0, retain=False, expires_s=LEVEL_EXPIRES_S)

    def _state(self, event: StateChanged) -> Message:
        fields = {"state": event.state, "since": iso_utc(event.since_utc_s), "reason": event.reason}
        return self._retained("state", _json(fields))

    def _tell(
        self,
        kind: Literal["new", "update", "end"],
        episode: _Episode,
        duration_s: float,
        confidence: float,
        settled_in_s: float | None = None,
        reason: EndReason | None = None,
    ) -> Message:
        fields = {
            "type": kind,
            "id": episode.id,
            "started_at": iso_utc(episode.started_utc_s),
            "duration_s": round(duration_s, 2),
            "confidence": round(confidence, 3),
            "lullaby": episode.lullaby,
            "settled_in_s": None if settled_in_s is None else round(settled_in_s, 2),
            "reason": reason,
        }
        return Message(f"{self._base}/episode", _json(fields), qos=1, retain=False, durable=True)

    def _retained(self, leaf: str, payload: bytes) -> Message:
        return Message(f"{self._base}/{leaf}", payload, qos=1, retain=True)


def delayed(message: Message) -> Message:
    """The same, if it tells of an episode, with a word that it comes late; its own times say how late."""
    if not message.durable:
        return message
    return replace(message, payload=_json(json.loads(message.payload) | {"delayed": True}))


def base_topic(template: str, device_id: str) -> str:
    """`babycryd/{device_id}` -> `babycryd/nursery`, without slashes around it."""
    return template.replace("{device_id}", device_id).strip("/")


def iso_utc(utc_s: float) -> str:
    """Seconds since 1970 -> ISO-8601 in UTC, to the millisecond: `2026-11-22T02:13:05.250+00:00`."""
    return datetime.fromtimestamp(utc_s, UTC).isoformat(timespec="milliseconds")


def _json(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
