"""PURE. What is said over MQTT: the topic, payload, QoS and retain flag for every event. See docs/mqtt.md."""

import base64
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from babycryd.core.events import (
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    EndReason,
    EpisodeInterrupted,
    Event,
    HealthMeasured,
    LevelMeasured,
    LullabyFailed,
    LullabyStarted,
    LullabyStopped,
    ReportMade,
    StateChanged,
    WindowScored,
)
from babycryd.mqtt import payloads
from babycryd.mqtt.message import (
    CRY_EXPIRES_S,
    LEVEL_EXPIRES_S,
    Message,
    Status,
    delayed,
    iso_utc,
    json_bytes,
    retained,
)

NO_TRACK: Final = "none"


@dataclass(frozen=True, slots=True)
class _Episode:
    """What the messages of one episode have in common."""

    id: str
    started_utc_s: float
    lullaby: str | None


class EventEncoder:
    """Turns events into messages; remembers what they leave out, such as the track of a running episode."""

    def __init__(self, base: str, outbox: Callable[[], tuple[int, int]] = lambda: (0, 0)) -> None:
        """`base`: the topic that every other one begins with, without a slash at its end.

        `outbox`: how many messages wait, and how many were dropped, for `health`.
        """
        self._outbox = outbox
        self._told: dict[str, bytes] = {}  # by topic, of the controls
        self._base = base
        self._playing: str | None = None
        self._episode: _Episode | None = None
        self._scored: WindowScored | None = None
        self._known: set[str | None] = set()  # episodes of earlier runs that the home was told of

    @property
    def crying(self) -> bool:
        """Whether the home was last told that the baby cries."""
        return self._episode is not None

    def status(self, status: Status) -> Message:
        return self._retained("status", status.encode())

    def cry(self, *, crying: bool) -> Message:
        return retained(f"{self._base}/cry", b"ON" if crying else b"OFF", CRY_EXPIRES_S)

    def silence(self) -> list[Message]:
        """No lullaby plays."""
        return self._lullaby("OFF", NO_TRACK)

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
            case _:
                return self._say_more(event)
        return []

    def _say_more(self, event: Event) -> list[Message]:
        """Of everything but the crying itself."""
        match event:
            case LullabyStarted():
                self._note_track(event.track)
                return self._lullaby(event.track if event.chosen else "ON", event.track)
            case LullabyStopped() | LullabyFailed():
                self._playing = None
                return self.silence()
            case ControlsChanged():
                return self._controls(event)
            case HealthMeasured():
                return [self._health(event)]
            case EpisodeInterrupted() if event.episode not in self._known:
                return self._missed(event)
            case ReportMade():
                return list(self._report(event))
            case _:
                return []  # the others are of no concern to the home

    def know(self, episode: str | None) -> None:
        """The home was told of this one in an earlier run."""
        self._known.add(episode)

    def interrupted(self, last: bytes) -> Message:
        """The end of an episode of which an earlier run said `last` before it was killed."""
        fields = json.loads(last) | {"type": "end", "reason": "interrupted"}
        return delayed(Message(f"{self._base}/episode", json_bytes(fields), qos=1, retain=False, durable=True))

    def _missed(self, event: EpisodeInterrupted) -> list[Message]:
        """Begin and end of an episode that only the history knows."""
        self.know(event.episode)
        episode = _Episode(event.episode, event.started_utc_s, None)
        begun = self._tell("new", episode, 0.0, event.confidence)
        return [
            delayed(begun),
            self.interrupted(self._tell("end", episode, event.duration_s, event.confidence).payload),
        ]

    def _lullaby(self, state: str, track: str) -> list[Message]:
        return [self._retained("lullaby/state", state.encode()), self._retained("lullaby/track", track.encode())]

    def _controls(self, event: ControlsChanged) -> list[Message]:
        """What has changed of them."""
        values = {
            "volume/state": f"{event.volume_percent:g}",
            "threshold/state": f"{event.threshold:g}",
            "snooze/state": f"{math.ceil(event.snooze_left_min)}",
        }
        changed = {leaf: value.encode() for leaf, value in values.items() if self._told.get(leaf) != value.encode()}
        self._told |= changed
        return [self._retained(leaf, payload) for leaf, payload in changed.items()]

    def _health(self, event: HealthMeasured) -> Message:
        return self._retained("health", json_bytes(payloads.health(event, *self._outbox())))

    def _report(self, event: ReportMade) -> Iterator[Message]:
        yield self._retained("report", json_bytes(payloads.report(event)))
        if event.png:
            yield self._retained("report/image", base64.b64encode(event.png))

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
        return Message(f"{self._base}/level", json_bytes(fields), qos=0, retain=False, expires_s=LEVEL_EXPIRES_S)

    def _state(self, event: StateChanged) -> Message:
        fields = {"state": event.state, "since": iso_utc(event.since_utc_s), "reason": event.reason}
        return self._retained("state", json_bytes(fields))

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
        return Message(f"{self._base}/episode", json_bytes(fields), qos=1, retain=False, durable=True)

    def _retained(self, leaf: str, payload: bytes) -> Message:
        return retained(f"{self._base}/{leaf}", payload)


def interrupted_episode(last: bytes) -> EpisodeInterrupted:
    """The episode whose last message this is, for whoever has kept nothing of it."""
    told = json.loads(last)
    started_utc_s = datetime.fromisoformat(told["started_at"]).timestamp()
    return EpisodeInterrupted(0.0, told["id"], started_utc_s, told["duration_s"], told["confidence"])
