"""Vote and episodes: k of the last n windows begin and prolong an episode, with hysteresis."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from babycryd.core.events import CryEnded, CryStarted, CryUpdated, EndReason
from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class VoteSettings:
    """Settings of the vote: how many windows must agree."""

    needed: int = setting(3, "This many of the last windows must say cry.", unit="windows", low=1, high=50, live=True)
    windows: int = setting(5, "How many windows vote; one every 0.24 s.", unit="windows", low=1, high=50, live=True)

    def check(self) -> Iterator[tuple[str, str]]:
        if self.needed > self.windows:
            yield (
                "needed",
                f"{self.needed} of {self.windows} windows can never be reached; set it to {self.windows} at most",
            )


class Vote:
    """Vote of the last n windows: enough scores must reach the threshold; a window without a score votes against.

    Where a second opinion decides about the last window, its score stands for the vote.
    """

    def __init__(self, settings: VoteSettings) -> None:
        self.settings = settings
        self._scores: deque[float] = deque(maxlen=settings.windows)
        self._decided: float | None = None

    def add(self, score: float | None, decided: float | None = None) -> None:
        """Add the next window in time order: its score 0..1, or None where the gate was closed.

        `decided`: score 0..1 of the second opinion, where that decides about this window.
        """
        self._decided = decided
        if self._scores.maxlen != self.settings.windows:  # the settings were reloaded
            self._scores = deque(self._scores, maxlen=self.settings.windows)
        self._scores.append(0.0 if score is None else score)

    def passes(self, threshold: float) -> bool:
        """Return whether enough of the last windows reach `threshold`."""
        if self._decided is not None:
            return self._decided >= threshold
        return sum(score >= threshold for score in self._scores) >= self.settings.needed

    @property
    def voted(self) -> float:
        """Highest threshold at which the vote would pass now; 0 where there are too few scores."""
        if self._decided is not None:
            return self._decided
        needed = self.settings.needed
        return sorted(self._scores, reverse=True)[needed - 1] if len(self._scores) >= needed else 0.0

    def confidence(self, threshold: float) -> float:
        """Return the mean score of the windows that reach `threshold`; 0 where none does."""
        scores = self._scores if self._decided is None else [self._decided]
        positive = [score for score in scores if score >= threshold]
        return sum(positive) / len(positive) if positive else 0.0

    def clear(self) -> None:
        self._scores.clear()
        self._decided = None


@dataclass(frozen=True, slots=True)
class EpisodeSettings:
    """Settings of an episode: when it is over."""

    minimum_s: float = setting(5.0, "An episode lasts at least this long.", unit="s", low=0.0, high=300.0, live=True)
    quiet_s: float = setting(10.0, "Ends an episode after this much quiet.", unit="s", low=1.0, high=300.0, live=True)
    cooldown_s: float = setting(
        2.0, "No episode begins for this long after one has ended.", unit="s", low=0.0, high=60.0, live=True
    )
    update_s: float = setting(
        10.0, "A running episode is reported again this often.", unit="s", low=1.0, high=600.0, live=True
    )


LONGEST_DISMISSED_S: Final = 120.0  # after which a sound that was said to be no cry is heard as any other


@dataclass(slots=True)
class _Dismissed:
    """Sound that the owner said is no cry, while it goes on: it begins no new episode."""

    until_s: float
    last_s: float  # when it was last heard


@dataclass(slots=True)
class _Running:
    """Running episode."""

    episode: str
    started_s: float
    started_utc_s: float
    last_cry_s: float
    confidence: float
    reported_s: float


def episode_id(utc_s: float) -> str:
    """Return the id of an episode: its start, as `20261122T031502480Z`, so that ids sort by time."""
    moment = datetime.fromtimestamp(round(utc_s, 3), UTC)
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z"


def _to_10_ms(seconds: float) -> float:
    """Round a length here, once, so that every output shows the same."""
    return round(seconds, 2)


class EpisodeTracker:
    """Tracker of the running episode: follows the vote, one `update` a hop; at most one episode runs."""

    def __init__(self, settings: EpisodeSettings) -> None:
        self.settings = settings
        self._running: _Running | None = None
        self._cooldown_until_s = float("-inf")
        self._dismissed: _Dismissed | None = None

    @property
    def running(self) -> bool:
        return self._running is not None

    @property
    def id(self) -> str | None:
        """Id of the running episode; None: none runs."""
        return self._running.episode if self._running else None

    def update(
        self, vote: Vote, *, accepted: bool, threshold: float, end_threshold: float, at_s: float, utc_s: float
    ) -> CryStarted | CryUpdated | CryEnded | None:
        """Return the start, progress or end of an episode after the window that ends at `at_s`; None for no change.

        `accepted`: whether this vote may start an episode.
        """
        if self._running is None:
            heard = vote.passes(end_threshold)
            may_start = accepted and at_s >= self._cooldown_until_s and not self._is_dismissed(at_s, heard=heard)
            return self._start(vote.confidence(min(threshold, vote.voted)), at_s, utc_s) if may_start else None
        now = self._running
        # A lower threshold prolongs than starts an episode: a sob between two cries belongs to it.
        if vote.passes(end_threshold):
            now.last_cry_s = at_s
            now.confidence = max(now.confidence, vote.confidence(end_threshold))
        if at_s - now.last_cry_s >= self.settings.quiet_s and at_s - now.started_s >= self.settings.minimum_s:
            return self.end(at_s, "calm")
        if at_s - now.reported_s >= self.settings.update_s:
            now.reported_s = at_s
            return CryUpdated(at_s, now.episode, _to_10_ms(at_s - now.started_s), now.confidence)
        return None

    def end(self, at_s: float, reason: EndReason) -> CryEnded | None:
        """End the running episode, if there is one, so that the state never stays on "crying"."""
        if self._running is None:
            return None
        was, self._running = self._running, None
        self._cooldown_until_s = at_s + self.settings.cooldown_s
        if reason == "dismissed":
            self._dismissed = _Dismissed(at_s + LONGEST_DISMISSED_S, at_s)
        return CryEnded(
            at_s=at_s,
            episode=was.episode,
            started_utc_s=was.started_utc_s,
            duration_s=_to_10_ms(at_s - was.started_s),
            confidence=was.confidence,
            settled_in_s=_to_10_ms(was.last_cry_s - was.started_s),
            reason=reason,
        )

    def _is_dismissed(self, at_s: float, *, heard: bool) -> bool:
        """Return whether the sound that was said to be no cry may still go on: until some quiet, or for two minutes."""
        same = self._dismissed
        if same is None:
            return False
        if at_s >= same.until_s or at_s - same.last_s >= self.settings.quiet_s:
            self._dismissed = None
        elif heard:
            same.last_s = at_s
        return self._dismissed is not None

    def _start(self, confidence: float, at_s: float, utc_s: float) -> CryStarted:
        episode = episode_id(utc_s)
        self._running = _Running(episode, at_s, utc_s, at_s, confidence, reported_s=at_s)
        return CryStarted(at_s, utc_s, episode, confidence)
