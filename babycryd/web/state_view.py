"""PURE. State view: the state that the page shows, made from the rare events."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from babycryd.core.alert import AlertChanged
from babycryd.core.check_result import CheckResult
from babycryd.core.device_status import DeviceStatus
from babycryd.core.event_json import as_json
from babycryd.core.events import (
    ClockSet,
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    Deaf,
    EpisodesMarked,
    Event,
    HealthMeasured,
    LevelMeasured,
    StateChanged,
    WindowScored,
)
from babycryd.core.live_sound import ListenersChanged
from babycryd.core.records import Ended, Episode
from babycryd.core.soothing_events import (
    LullabyFailed,
    LullabyStarted,
    LullabyStopped,
    NeedsYou,
    SoothingLearnt,
    SoothingStep,
)
from babycryd.web.soothing_view import SoothingView

RARE: Final[tuple[type[Event], ...]] = (
    *DeviceStatus.EVENTS,
    ClockSet,
    HealthMeasured,
    StateChanged,
    ControlsChanged,
    CryStarted,
    CryUpdated,
    CryEnded,
    LullabyStopped,
    EpisodesMarked,
    AlertChanged,
    ListenersChanged,
    SoothingStep,
    SoothingLearnt,
    NeedsYou,
)
_MARKS_KEPT: Final = 1_000  # the book of marks holds 250 episodes, so this bounds a run of years
OFTEN: Final[tuple[type[Event], ...]] = (LevelMeasured, WindowScored)  # one or more a second


@dataclass(slots=True)
class Totals:
    """Counts and sums since the start."""

    episodes: int = 0
    crying_s: float = 0.0
    settled_s: float = 0.0
    calm: int = 0  # episodes that ended because the baby was calm
    lullabies: int = 0
    lullaby_failures: int = 0
    deaf: int = 0  # how many times


@dataclass(slots=True)
class _Episode:
    """An episode, as the page shows it."""

    id: str
    started_utc_s: float
    confidence: float
    duration_s: float = 0.0
    settled_in_s: float | None = None
    reason: Ended | None = None  # why it ended; None: it still runs
    cry: bool | None = None  # the owner's mark
    earlier: bool = False  # heard by an earlier run

    def as_json(self) -> dict[str, Any]:
        """Return the episode as JSON-ready values."""
        fields: dict[str, Any] = {
            "id": self.id,
            "started_utc_s": round(self.started_utc_s, 3),
            "confidence": round(self.confidence, 4),
            "cry": self.cry,
        }
        if self.reason is not None:
            fields |= {"duration_s": self.duration_s, "settled_in_s": self.settled_in_s, "reason": self.reason}
        return fields


class StateView:
    """The state that the page shows; `note` takes the events in order."""

    def __init__(self) -> None:
        self.totals = Totals()
        self.marks: dict[str, bool] = {}  # of the owner, by episode: whether it was the baby; the last _MARKS_KEPT
        self.health: HealthMeasured | None = None
        self.state: StateChanged | None = None
        self.alert = AlertChanged(0.0, "quiet")
        self.track: str | None = None  # the track that plays
        self.controls: ControlsChanged | None = None
        self.crying: _Episode | None = None  # the running episode
        self._last: _Episode | None = None
        self._since_utc_s: float | None = None  # when the lullaby began
        self._devices = DeviceStatus()
        self.soothing = SoothingView()

    def note(self, event: Event, utc_s: float) -> None:
        """Update the state with an event of the time `utc_s`."""
        self._devices.note(event)
        self.soothing.note(event)
        match event:
            case StateChanged():
                self.state = event
            case ControlsChanged():
                self.controls = event
            case HealthMeasured():
                self.health = event
            case AlertChanged():
                self.alert = event
            case Deaf():
                self.totals.deaf += 1
            case CryStarted() | CryUpdated() | CryEnded() | EpisodesMarked():
                self._note_cry(event)
            case LullabyStarted() | LullabyStopped() | LullabyFailed():
                self._note_lullaby(event, utc_s)
            case ClockSet(step_s=step_s):
                self._move(step_s)
            case _:
                pass

    def _move(self, step_s: float) -> None:
        """Move everything of this run by a step of the clock; a new `StateChanged` brings the state's own time."""
        for episode in (self.crying, self._last):
            if episode is not None and not episode.earlier:
                episode.started_utc_s += step_s
        if self._since_utc_s is not None:
            self._since_utc_s += step_s

    def remember(self, last: Episode) -> None:
        """Take the last episode of earlier runs, unless this run has heard one."""
        if self.crying is None and self._last is None:
            self._last = _Episode(last.id, last.started_utc_s, last.confidence, cry=last.cry, earlier=True)
            self._last.duration_s, self._last.settled_in_s = last.duration_s, last.settled_in_s
            self._last.reason = last.reason or "interrupted"  # the history may not have ended it yet

    def as_json(self) -> dict[str, Any]:
        """Return the fields of `/api/state` that come from events."""
        state, controls = self.state, self.controls
        return {
            "state": state.state if state else "deaf",
            "since_utc_s": round(state.since_utc_s, 3) if state else None,
            "reason": state.reason if state else "starting",
            "episode": self.crying.as_json() if self.crying else None,
            "last_episode": self._last.as_json() if self._last else None,
            "lullaby": {
                "track": self.track,
                "since_utc_s": round(self._since_utc_s, 3) if self._since_utc_s is not None else None,
                "trouble": self._devices.speaker_trouble,
            },
            "soothing": self.soothing.now(),
            "volume": controls.volume_percent if controls else None,
            "loudness": asdict(controls.loudness) if controls and controls.loudness else None,
            "threshold": controls.threshold if controls else None,
            "snoozed_until_utc_s": controls.snoozed_until_utc_s if controls else None,
            "alert": {"state": self.alert.state, "kind": self.alert.kind, "since_utc_s": self.alert.since_utc_s},
            "health": as_json(self.health) if self.health else None,
            "self_test": as_json(test) if (test := self._devices.self_test) else None,
        }

    def results(self) -> list[CheckResult]:
        """Return the checks of microphone, speaker and self-test, made from events."""
        return self._devices.checks(self.health.speaker if self.health else None)

    def _note_cry(self, event: CryStarted | CryUpdated | CryEnded | EpisodesMarked) -> None:
        match event:
            case EpisodesMarked(marks=marks):
                self._note_marks(marks)
                for episode in (self.crying, self._last):
                    if episode is not None:
                        episode.cry = dict(marks).get(episode.id, episode.cry)
            case CryStarted():
                self.crying = _Episode(event.episode, event.utc_s, event.confidence)
                self.totals.episodes += 1
            case CryUpdated():
                if self.crying is not None:
                    self.crying.confidence = event.confidence
            case CryEnded():
                cry = self.crying.cry if self.crying else None
                self._last = _Episode(event.episode, event.started_utc_s, event.confidence, cry=cry)
                self._last.duration_s, self._last.settled_in_s = event.duration_s, event.settled_in_s
                self._last.reason = event.reason
                self.crying = None
                self.totals.crying_s += event.duration_s
                if event.reason == "calm":
                    self.totals.calm += 1
                    self.totals.settled_s += event.settled_in_s

    def _note_marks(self, marks: tuple[tuple[str, bool | None], ...]) -> None:
        for episode, cry in marks:
            self.marks.pop(episode, None)
            if cry is not None:
                self.marks[episode] = cry
        for episode in list(self.marks)[:-_MARKS_KEPT]:
            del self.marks[episode]

    def _note_lullaby(self, event: LullabyStarted | LullabyStopped | LullabyFailed, utc_s: float) -> None:
        match event:
            case LullabyStarted():
                self.track, self._since_utc_s = event.track, utc_s
                self.totals.lullabies += 1
            case LullabyStopped():
                self.track = self._since_utc_s = None
            case LullabyFailed():
                self.track = self._since_utc_s = None
                self.totals.lullaby_failures += 1
