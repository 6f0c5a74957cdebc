"""PURE. Recorder: makes records of episodes, lullabies and listening from the events of the bus."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from babycryd.core.events import (
    ClockSet,
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    EpisodeInterrupted,
    EpisodesMarked,
    Event,
    HealthMeasured,
    LevelMeasured,
    Route,
    StateChanged,
    WindowScored,
)
from babycryd.core.records import Ended, Episode, Lullaby, SoundTried, Stretch
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped, SoothingStep, SoundJudged
from babycryd.history.score_curve import ScoreCurve

LEAD_IN_S: Final = 2.0  # time before an episode whose scores belong to it
_APART_S: Final = 30.0  # wall clock and stream time drift apart by more: not all of this time was heard


@dataclass(frozen=True, slots=True)
class Marks:
    """The owner's marks of episodes: whether each was the baby; None: the mark is taken back."""

    marks: tuple[tuple[str, bool | None], ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """Episode of an earlier run that the outbox knows; kept where the history lacks it."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Moved:
    """A step of the clock, in seconds: all records that this run has written before move by it."""

    step_s: float


Replacing = Episode | Lullaby | Stretch | SoundTried  # each replaces one of the same id, start or step
Record = Replacing | Marks | Missed | Moved


class _Running:
    """Running episode, with its sums so far."""

    def __init__(self, event: CryStarted, model_sha256: str) -> None:
        self.curve = ScoreCurve(event.at_s - LEAD_IN_S)
        self._begin = Episode(event.episode, event.utc_s, 0.0, event.confidence, model_sha256=model_sha256)
        self._levels = 0
        self._power = 0.0
        self._peak_dbfs = -math.inf
        self._windows = 0
        self._positive = 0
        self._cloud = False

    def score(self, event: WindowScored, threshold: float) -> None:
        self.curve.add(event.score, event.at_s)
        self._windows += 1
        self._positive += event.score >= threshold

    def level(self, level_dbfs: float) -> None:
        if math.isfinite(level_dbfs):
            self._levels += 1
            self._power += 10 ** (level_dbfs / 10)
            self._peak_dbfs = max(self._peak_dbfs, level_dbfs)

    def move(self, step_s: float) -> None:
        self._begin = replace(self._begin, started_utc_s=self._begin.started_utc_s + step_s)

    def route(self, route: Route) -> None:
        self._cloud = self._cloud or route == "cloud"

    def row(self, duration_s: float, confidence: float) -> Episode:
        heard = self._levels > 0
        return replace(
            self._begin,
            duration_s=duration_s,
            confidence=confidence,
            peak_level_dbfs=round(self._peak_dbfs, 1) if heard else None,
            mean_level_dbfs=round(10 * math.log10(self._power / self._levels), 1) if heard else None,
            windows=self._windows,
            positive_windows=self._positive,
            scores=self.curve.scores,
            score_step_s=self.curve.step_s,
            route="cloud" if self._cloud else "local",
        )


class Recorder:
    """Recorder: turns every event, in order, into records; holds the running episode, lullaby and stretch."""

    def __init__(self, model_sha256: str, threshold: float) -> None:
        self._model = model_sha256
        self._threshold = threshold  # until ControlsChanged brings the one in force
        self._recent: deque[WindowScored] = deque(maxlen=16)
        self._running: _Running | None = None
        self._lullaby: Lullaby | None = None
        self._stretch: Stretch | None = None
        self._clock_s = 0.0  # wall clock at stream time 0, by the last event that had both

    def take(self, event: Event, utc_s: float, route: Route) -> list[Record]:
        """Return the records that an event makes, mostly none.

        `utc_s`: now, by the clock as it was when the event was published; `route`: where sound is judged now.
        """
        match event:
            case WindowScored() | LevelMeasured() | ControlsChanged():
                self._measure(event)
                return []
            case CryStarted() | CryUpdated() | CryEnded():
                return list(self._cry(event, route))
            case LullabyStarted() | LullabyStopped() | LullabyFailed():
                return list(self._play(event, utc_s))
            case StateChanged():
                return list(self._change(event, utc_s))
            case HealthMeasured():
                return list(self._go_on(event.at_s, utc_s))
            case ClockSet(step_s=step_s):
                return [self._move(step_s)]
            case _:
                return list(_passed_on(event))

    def stop(self, at_s: float, utc_s: float) -> list[Record]:
        """Return the records of the daemon's end: the last stretch lasts until now."""
        return list(self._go_on(at_s, utc_s))

    def _move(self, step_s: float) -> Moved:
        """Move everything that still runs."""
        self._clock_s += step_s
        if self._running is not None:
            self._running.move(step_s)
        if self._lullaby is not None:
            self._lullaby = replace(self._lullaby, started_utc_s=self._lullaby.started_utc_s + step_s)
        if (each := self._stretch) is not None:
            start_utc_s, end_utc_s = each.start_utc_s + step_s, each.end_utc_s + step_s
            self._stretch = replace(each, start_utc_s=start_utc_s, end_utc_s=end_utc_s)
        return Moved(step_s)

    def _measure(self, event: WindowScored | LevelMeasured | ControlsChanged) -> None:
        match event:
            case ControlsChanged(threshold=threshold):
                self._threshold = threshold
            case WindowScored():
                self._recent.append(event)
                if self._running is not None:
                    self._running.score(event, self._threshold)
            case LevelMeasured(level_dbfs=level_dbfs):
                if self._running is not None:
                    self._running.level(level_dbfs)

    def _cry(self, event: CryStarted | CryUpdated | CryEnded, route: Route) -> Iterator[Record]:
        match event:
            case CryStarted():
                self._running = _Running(event, self._model)
                self._running.route(route)
                for window in self._recent:
                    if window.at_s > event.at_s - LEAD_IN_S:
                        self._running.score(window, self._threshold)
                yield self._running.row(0.0, event.confidence)
            case CryUpdated() if self._running is not None:
                self._running.route(route)
                yield self._running.row(event.duration_s, event.confidence)
            case CryEnded():
                yield self._ended(event, route)

    def _ended(self, event: CryEnded, route: Route) -> Episode:
        row = Episode(event.episode, event.started_utc_s, event.duration_s, event.confidence, model_sha256=self._model)
        if self._running is not None:
            self._running.route(route)
            row = self._running.row(event.duration_s, event.confidence)
        self._running = None
        reason: Ended = event.reason
        ended_utc_s = event.started_utc_s + event.duration_s
        return replace(row, ended_utc_s=ended_utc_s, reason=reason, settled_in_s=event.settled_in_s)

    def _play(self, event: LullabyStarted | LullabyStopped | LullabyFailed, utc_s: float) -> Iterator[Record]:
        if self._lullaby is not None:  # each of these events ends the one that played
            reason = event.reason if isinstance(event, LullabyStopped) else "failed"
            stopped_utc_s = max(utc_s, self._lullaby.started_utc_s)
            yield replace(self._lullaby, stopped_utc_s=stopped_utc_s, reason=reason)
            self._lullaby = None
        elif isinstance(event, LullabyFailed):
            yield Lullaby(event.track, utc_s, utc_s, "failed")
        if isinstance(event, LullabyStarted):
            self._lullaby = Lullaby(event.track, utc_s)
            yield self._lullaby

    def _change(self, event: StateChanged, utc_s: float) -> Iterator[Record]:
        yield from self._go_on(event.at_s, utc_s)
        self._stretch = Stretch(utc_s, utc_s, event.state, event.reason)
        yield self._stretch

    def _go_on(self, at_s: float, utc_s: float) -> Iterator[Record]:
        """Extend the running stretch until now, unless the computer slept or the clock was set a little."""
        was, clock_s = self._clock_s, utc_s - at_s
        self._clock_s = clock_s
        if self._stretch is None:
            return
        if abs(clock_s - was) > _APART_S:  # the time in between never passed
            self._stretch = replace(self._stretch, start_utc_s=utc_s, end_utc_s=utc_s)
        else:
            self._stretch = replace(self._stretch, end_utc_s=max(utc_s, self._stretch.start_utc_s))
        yield self._stretch


def _passed_on(event: Event) -> Iterator[Record]:
    """Yield the record of an event that needs nothing else; most events have none."""
    match event:
        case SoothingStep(phase="playing", episode=str(episode), step=step, sound=str(sound)):
            yield SoundTried(episode, step, sound)
        case SoundJudged(episode=episode, step=step, sound=sound, outcome=outcome, took_s=took_s):
            yield SoundTried(episode, step, sound, outcome, took_s)
        case EpisodesMarked(marks=marks):
            yield Marks(marks)
        case EpisodeInterrupted():
            yield _missed(event)
        case _:
            pass


def _missed(event: EpisodeInterrupted) -> Missed:
    episode = Episode(event.episode, event.started_utc_s, event.duration_s, event.confidence, reason="interrupted")
    return Missed(replace(episode, ended_utc_s=event.started_utc_s + event.duration_s))
