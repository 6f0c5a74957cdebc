"""PURE. Encoder of events as MQTT messages: topic, payload, QoS and retain flag. See docs/mqtt.md."""

import base64
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from babycryd.core.alert import AlertChanged
from babycryd.core.events import (
    ClockSet,
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    EndReason,
    EpisodeInterrupted,
    Event,
    HealthMeasured,
    LevelMeasured,
    StateChanged,
    WindowScored,
)
from babycryd.core.live_sound import ListenersChanged
from babycryd.core.printable import printable
from babycryd.core.report_events import DigestMade, ReportMade
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.i18n import DEFAULT, sound_title
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
from babycryd.mqtt.soothing_topics import soothing_payload

NO_TRACK: Final = "none"


@dataclass(frozen=True, slots=True)
class _Episode:
    """Fields common to the messages of one episode."""

    id: str
    started_utc_s: float
    lullaby: str | None  # the last one that sounded, or sounds
    before: str | None = None  # the one before, in case that this one fails


class EventEncoder:
    """Encoder of events as messages. It stores what an event leaves out, such as the track of a running episode."""

    def __init__(
        self, base: str, outbox: Callable[[], tuple[int, int]] = lambda: (0, 0), language: str = DEFAULT
    ) -> None:
        """`base`: the prefix of every topic, without a slash at its end.

        `outbox`: how many messages wait, and how many were dropped, for `health`; `language`: of the sounds' names.
        """
        self._base = base
        self._outbox = outbox
        self._language = language
        self._controls: dict[str, bytes] = {}  # last payload of each control, by topic
        self._track: str | None = None  # the track that plays
        self._episode: _Episode | None = None  # the running episode
        self._scored: WindowScored | None = None  # the last score
        self._published: set[str | None] = set()  # ids of the episodes that an earlier run published

    @property
    def crying(self) -> bool:
        """Whether the last message on `cry` was ON."""
        return self._episode is not None

    def status(self, status: Status) -> Message:
        """Return the message on `status`."""
        return self._retained("status", status.encode())

    def cry(self, *, crying: bool) -> Message:
        """Return the message on `cry`."""
        return retained(f"{self._base}/cry", b"ON" if crying else b"OFF", CRY_EXPIRES_S)

    def lullaby(self, state: str = "OFF", track: str = NO_TRACK) -> list[Message]:
        """Return the messages of the lullaby's state, track and title; without arguments, that none plays."""
        title = NO_TRACK if track == NO_TRACK else sound_title(self._language, track)
        shown = {"lullaby/state": state, "lullaby/track": track, "lullaby/title": title}
        return [self._retained(leaf, printable(text, payloads.LONGEST_NAME).encode()) for leaf, text in shown.items()]

    def encode(self, event: Event) -> list[Message]:
        """Return the messages of an event in the order of sending; many events have none."""
        match event:
            case CryStarted() | CryUpdated() | CryEnded() | EpisodeInterrupted():
                return self._cry_messages(event)
            case LullabyStarted() | LullabyStopped() | LullabyFailed():
                return self._lullaby_messages(event)
            case LevelMeasured():
                return [self._level(event)]
            case WindowScored():
                self._scored = event
            case ClockSet(step_s=step_s) if self._episode is not None:
                moved_utc_s = self._episode.started_utc_s + step_s
                self._episode = dataclasses.replace(self._episode, started_utc_s=moved_utc_s)
            case StateChanged() | AlertChanged() | ListenersChanged():
                return [self._state(event)]
            case ControlsChanged():
                return self._changed_controls(event)
            case HealthMeasured():
                return [self._json("health", payloads.health(event, *self._outbox()))]
            case ReportMade() | DigestMade():
                return self._report(event)
            case _:
                soothing = soothing_payload(event, self._language)  # the other events are not published
                return [self._json(*soothing)] if soothing else []
        return []

    def mark_published(self, episode: str | None) -> None:
        """Record that an earlier run has published this episode."""
        self._published.add(episode)

    def interrupted(self, last: bytes) -> Message:
        """Return the end of an episode in which an earlier run was killed. `last`: the last payload of the episode.

        Raises ValueError.
        """
        fields = payloads.episode_fields(last) | {"type": "end", "reason": "interrupted"}
        return delayed(Message(f"{self._base}/episode", json_bytes(fields), qos=1, retain=False, durable=True))

    def _cry_messages(self, event: CryStarted | CryUpdated | CryEnded | EpisodeInterrupted) -> list[Message]:
        match event:
            case CryStarted():
                self._episode = _Episode(event.episode, event.utc_s, self._track)
                new = self._episode_message("new", self._episode, 0.0, event.confidence)
                return [
                    self.cry(crying=True),
                    new,
                    self._json("last_cry", payloads.last_cry(event.episode, event.utc_s, None)),
                ]
            case CryUpdated():
                if self._episode is None:
                    return []
                return [self._episode_message("update", self._episode, event.duration_s, event.confidence)]
            case CryEnded():
                last = self._json("last_cry", payloads.last_cry(event.episode, event.started_utc_s, event.duration_s))
                return [self.cry(crying=False), self._end(event), last]
            case EpisodeInterrupted():
                return [] if event.episode in self._published else self._unpublished(event)

    def _lullaby_messages(self, event: LullabyStarted | LullabyStopped | LullabyFailed) -> list[Message]:
        if not isinstance(event, LullabyStarted):
            if self._episode and self._track and isinstance(event, LullabyFailed):
                self._episode = dataclasses.replace(self._episode, lullaby=self._episode.before)
            self._track = None
            return self.lullaby()
        self._track = event.track
        if self._episode:
            self._episode = dataclasses.replace(self._episode, lullaby=event.track, before=self._episode.lullaby)
        return self.lullaby(event.track if event.chosen else "ON", event.track)

    def _changed_controls(self, event: ControlsChanged) -> list[Message]:
        values = {
            "volume/state": f"{event.volume_percent:g}",
            "threshold/state": f"{event.threshold:g}",
            "snooze/state": f"{math.ceil(event.snooze_left_min)}",
        }
        encoded = {leaf: value.encode() for leaf, value in values.items()}
        if event.loudness is not None:
            encoded["loudness"] = json_bytes(payloads.loudness(event.loudness))
        changed = {leaf: payload for leaf, payload in encoded.items() if self._controls.get(leaf) != payload}
        self._controls = encoded
        return [self._retained(leaf, payload) for leaf, payload in changed.items()]

    def _report(self, event: ReportMade | DigestMade) -> list[Message]:
        if isinstance(event, ReportMade):
            leaf, payload = "report", payloads.report(event)
        else:
            leaf, payload = "digest", payloads.digest(event)
        image = [self._retained(f"{leaf}/image", base64.b64encode(event.png))] if event.png else []
        return [self._json(leaf, payload), *image]

    def _state(self, event: StateChanged | AlertChanged | ListenersChanged) -> Message:
        match event:
            case StateChanged():
                return self._json("state", payloads.state(event))
            case AlertChanged():
                return self._retained("alert", event.state.encode())
            case ListenersChanged():
                return self._json("listen_in", {"listeners": event.listeners})

    def _level(self, event: LevelMeasured) -> Message:
        """Return the message on `level`; its score is 0 where the last one is over a second old (closed gate)."""
        recent = self._scored is not None and event.at_s - self._scored.at_s < 1.0
        fields = {
            "dbfs": round(event.level_dbfs, 1),
            "noise_floor_dbfs": round(event.noise_floor_dbfs, 1),
            "score": round(self._scored.score, 3) if recent and self._scored else 0.0,
        }
        return Message(f"{self._base}/level", json_bytes(fields), qos=0, retain=False, expires_s=LEVEL_EXPIRES_S)

    def _end(self, event: CryEnded) -> Message:
        lullaby = self._episode.lullaby if self._episode else None
        self._episode = None
        ended = _Episode(event.episode, event.started_utc_s, lullaby)
        return self._episode_message("end", ended, event.duration_s, event.confidence, event.settled_in_s, event.reason)

    def _unpublished(self, event: EpisodeInterrupted) -> list[Message]:
        """Return begin and end of an episode of an earlier run that was never published."""
        self.mark_published(event.episode)
        episode = _Episode(event.episode, event.started_utc_s, None)
        new = self._episode_message("new", episode, 0.0, event.confidence)
        end = self._episode_message("end", episode, event.duration_s, event.confidence)
        return [delayed(new), self.interrupted(end.payload)]

    def _episode_message(
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
            "lullaby": payloads.name(episode.lullaby),
            "settled_in_s": None if settled_in_s is None else round(settled_in_s, 2),
            "reason": reason,
        }
        return Message(f"{self._base}/episode", json_bytes(fields), qos=1, retain=False, durable=True)

    def _retained(self, leaf: str, payload: bytes) -> Message:
        return retained(f"{self._base}/{leaf}", payload)

    def _json(self, leaf: str, fields: Mapping[str, object]) -> Message:
        return self._retained(leaf, json_bytes(fields))
