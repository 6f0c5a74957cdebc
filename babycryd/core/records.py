"""PURE. What is remembered of the nights, and what whoever shows it may ask for.

The rooms `history/` and `clips/` keep these things, `web/` and the commands show them. Times are wall clock, seconds
since 1970-01-01 UTC; a day is a local one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, Protocol

from babycryd.core.events import EndReason, Route, StateName, StopReason

Form = Literal["csv", "json"]
Doing = StateName | Literal["off"]  # `off`: babycryd did not run
LISTENING: Final[tuple[Doing, ...]] = ("listening", "crying", "soothing")  # a cry would have been heard
Ended = EndReason | Literal["interrupted"]  # `interrupted`: it was killed, or the power failed


class RecordsError(Exception):
    """It cannot be done; the text says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Lullaby:
    """Something that was played, with a cry or because somebody asked."""

    track: str
    started_utc_s: float
    stopped_utc_s: float | None = None  # None: it plays
    reason: StopReason | Literal["failed", "interrupted"] | None = None  # why it stopped


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of crying."""

    id: str
    started_utc_s: float
    duration_s: float  # so far, where it still runs
    confidence: float  # 0..1
    ended_utc_s: float | None = None  # None: it runs
    reason: Ended | None = None  # why it ended
    settled_in_s: float | None = None  # from the start to the last sound of crying
    peak_level_dbfs: float | None = None  # of the levels measured meanwhile, one in 1.2 s
    mean_level_dbfs: float | None = None  # their mean power
    windows: int = 0  # that were scored
    positive_windows: int = 0  # that reached the threshold
    scores: tuple[float, ...] = ()  # the highest of each step, from two seconds before the start on; at most 600
    score_step_s: float = 1.0  # 2, 4, ... in a long episode
    route: Route = "local"  # `cloud`: some of it was judged there
    model_sha256: str = ""
    cry: bool | None = None  # what the owner says: it was the baby, it was not, nothing yet
    lullabies: tuple[Lullaby, ...] = ()  # that played while it ran


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the daemon was doing."""

    start_utc_s: float
    end_utc_s: float
    doing: Doing
    reason: str | None = None  # of being deaf


@dataclass(frozen=True, slots=True)
class Span:
    """All that is known of a time, such as a night. Stretches join, and together are as long as the span."""

    start_utc_s: float
    end_utc_s: float  # now, at the latest
    episodes: tuple[Episode, ...] = ()
    lullabies: tuple[Lullaby, ...] = ()
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Clip:
    """The sound of an episode, on the disk."""

    episode: str
    started_utc_s: float  # of its first sample, before the cry
    length_s: float
    n_bytes: int
    lead_in_s: float  # how much of it is from before the episode


class History(Protocol):
    """What is remembered, read from the disk; every method blocks, and raises NightsError."""

    def episodes(self, since_utc_s: float, until_utc_s: float) -> Sequence[Episode]:
        """Those that were going on in [since, until), oldest first, with what was played meanwhile."""
        ...

    def episode(self, episode: str) -> Episode:
        """The one of this id."""
        ...

    def first_utc_s(self) -> float | None:
        """Since when something is remembered; None: nothing is."""
        ...

    def span(self, since_utc_s: float, until_utc_s: float, now_utc_s: float) -> Span:
        """All that is known of [since, until), as far as that has come."""
        ...


class Nights(Protocol):
    """The history. Whatever is asked is done in a thread; every method raises NightsError."""

    async def episodes(self, since_utc_s: float, until_utc_s: float | None = None) -> Sequence[Episode]:
        """Those that were going on then, oldest first."""
        ...

    async def episode(self, episode: str) -> Episode:
        """The one of this id."""
        ...

    async def export(self, form: Form, since_utc_s: float, until_utc_s: float | None = None) -> bytes:
        """A file with one row an episode."""
        ...

    async def day_picture(self, day: date, language: str) -> str:
        """The 24 hours until noon of that day, `<svg>`; its colours come from `style`."""
        ...

    async def week_picture(self, day: date, language: str) -> str:
        """The seven days until noon of that day, with the trend."""
        ...

    async def report(self, day: date, language: str) -> str:
        """The night before that day as a whole HTML page; in it, one `<style>` element and no script."""
        ...

    async def report_png(self, day: date, language: str) -> bytes:
        """The same as a picture."""
        ...

    @property
    def style(self) -> str:
        """CSS for the pictures, dark and light."""
        ...


class Clips(Protocol):
    """The shelf of clips, which may be empty. Whatever is asked is done in a thread; raises NightsError."""

    async def clips(self) -> Sequence[Clip]:
        """Newest first."""
        ...

    async def file(self, episode: str) -> Path:
        """Its FLAC file, to be sent piece by piece."""
        ...

    async def picture(self, clip: str, episode: Episode | None) -> str:
        """Spectrogram, `<svg>` with the score curve of the episode over it, where that is known."""
        ...

    async def delete(self, episode: str) -> None:
        """One."""
        ...

    async def delete_all(self) -> int:
        """How many there were."""
        ...
