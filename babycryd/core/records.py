"""PURE. The records of the nights, and the protocols of their readers.

The rooms `history/` and `clips/` keep the records; `web/` and the command line show them. Times are wall clock, seconds
since 1970-01-01 UTC; a day is a local one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from babycryd.core.events import EndReason, Route, StateName
from babycryd.core.soothing_events import Outcome, StopReason

TextForm = Literal["csv", "json"]
Form = TextForm | Literal["parquet"]
Doing = StateName | Literal["off"]  # `off`: babycryd did not run
SEEN_EVERY_S: Final = 90.0  # longest time between two updates of a running stretch's end
LISTENING: Final[tuple[Doing, ...]] = ("listening", "stirring", "crying", "soothing")  # a cry would have been heard
Ended = EndReason | Literal["interrupted"]  # `interrupted`: it was killed, or the power failed


class RecordsError(Exception):
    """A record that cannot be read or deleted; the text has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Lullaby:
    """A lullaby that was played, because of a cry or on command."""

    track: str
    started_utc_s: float
    stopped_utc_s: float | None = None  # None: it still plays
    reason: StopReason | Literal["failed", "interrupted"] | None = None  # why it stopped


@dataclass(frozen=True, slots=True)
class SoundTried:
    """A sound that soothing tried, and how that ended; see `SoundJudged`."""

    episode: str  # in which it began
    step: int  # its place among the sounds tried, from 1 on
    sound: str  # name of the track
    outcome: Outcome | None = None  # None: not judged yet, or never, because babycryd ended
    took_s: float | None = None  # until the baby was calm, or until the sound ended without calm


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of crying."""

    id: str
    started_utc_s: float
    duration_s: float  # from its start to its end, so far while it still runs; with the quiet that ended it
    confidence: float  # 0..1
    ended_utc_s: float | None = None  # None: it still runs
    reason: Ended | None = None  # why it ended
    settled_in_s: float | None = None  # from the start to the last sound of crying; time to calm where it ended calm
    peak_level_dbfs: float | None = None  # of the levels measured meanwhile, one in 1.2 s
    mean_level_dbfs: float | None = None  # mean power of those levels
    windows: int = 0  # that were scored
    positive_windows: int = 0  # that reached the threshold
    scores: tuple[float, ...] = ()  # the highest of each step, from two seconds before the start on; at most 600
    score_step_s: float = 1.0  # 2, 4, ... in a long episode
    route: Route = "local"  # `cloud`: some of it was judged there
    model_sha256: str = ""
    cry: bool | None = None  # the owner's mark: True: it was the baby; None: no mark yet
    lullabies: tuple[Lullaby, ...] = ()  # that sounded while it ran
    sounds: tuple[SoundTried, ...] = ()  # that soothing began in it, in their order


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which the state of the daemon was the same."""

    start_utc_s: float
    end_utc_s: float
    doing: Doing
    reason: str | None = None  # of being deaf


@dataclass(frozen=True, slots=True)
class Span:
    """The records of a span of time, such as a night. The stretches join and fill it."""

    start_utc_s: float
    end_utc_s: float  # now, at the latest
    episodes: tuple[Episode, ...] = ()
    lullabies: tuple[Lullaby, ...] = ()
    stretches: tuple[Stretch, ...] = ()


def filled(stretches: Sequence[Stretch], start_utc_s: float, end_utc_s: float, now_utc_s: float) -> Iterable[Stretch]:
    """Yield the stretches within [start, end), joined, with `off` in the gaps. They come in order of their starts.

    Where two overlap, because the clock was set back, the later one counts. A stretch that ends less than
    `SEEN_EVERY_S` before the next one begins, or before now, lasted until then.
    """
    at_s = start_utc_s
    for number, each in enumerate(stretches):
        next_s = stretches[number + 1].start_utc_s if number + 1 < len(stretches) else now_utc_s
        last_s = next_s if each.end_utc_s > next_s or next_s - each.end_utc_s < SEEN_EVERY_S else each.end_utc_s
        begin_s, last_s = max(at_s, each.start_utc_s), min(end_utc_s, last_s)
        if last_s <= begin_s:
            continue
        if begin_s > at_s:
            yield Stretch(at_s, begin_s, "off")
        yield Stretch(begin_s, last_s, each.doing, each.reason)
        at_s = last_s
    if at_s < end_utc_s:
        yield Stretch(at_s, end_utc_s, "off")


def sounded(lullaby: Lullaby) -> bool:
    """Return whether a lullaby sounded; only such a one is named, drawn and counted."""
    return lullaby.reason != "failed"


@dataclass(frozen=True, slots=True)
class Clip:
    """The recording of an episode, on the disk."""

    episode: str
    started_utc_s: float  # of its first sample, before the cry
    length_s: float
    n_bytes: int
    lead_in_s: float  # length of the part before the episode


class History(Protocol):
    """The history on the disk. Every method blocks and raises RecordsError."""

    def episodes(self, since_utc_s: float, until_utc_s: float) -> Sequence[Episode]:
        """Return the episodes that ran in [since, until), oldest first, with the lullabies played meanwhile."""
        ...

    def episode(self, episode: str) -> Episode:
        """Return the episode with this id."""
        ...

    def last(self, until_utc_s: float) -> Episode | None:
        """Return the last episode that began by then, without its lullabies; None: there is none."""
        ...

    def first_utc_s(self) -> float | None:
        """Return the time of the oldest record; None: there is no record."""
        ...

    def span(self, since_utc_s: float, until_utc_s: float, now_utc_s: float) -> Span:
        """Return the records of [since, until), up to now at the latest."""
        ...


class Nights(Protocol):
    """The history, read in a thread. Every method raises RecordsError."""

    async def episodes(self, since_utc_s: float, until_utc_s: float | None = None) -> Sequence[Episode]:
        """Return the episodes that ran in [since, until), oldest first."""
        ...

    async def episode(self, episode: str) -> Episode:
        """Return the episode with this id."""
        ...

    async def last(self) -> Episode | None:
        """Return the last episode, without its lullabies; None: there is none."""
        ...

    async def export(self, form: Form, since_utc_s: float, until_utc_s: float | None = None) -> bytes:
        """Return a CSV, JSON or Parquet file with one row for each episode."""
        ...

    async def day_picture(self, day: date, language: str) -> str:
        """Draw the timeline of the 24 hours until noon of that day, `<svg>`; its colours come from `style`."""
        ...

    async def week_picture(self, day: date, language: str) -> str:
        """Draw the timelines of the seven days until noon of that day, with the trend, `<svg>`."""
        ...

    async def week_text(self, day: date, language: str) -> Mapping[str, Any]:
        """Return the digest of the seven days until that day's morning: its title, and up to five sentences."""
        ...

    async def shown(self, day: date, language: str) -> Mapping[str, Any]:
        """Return the night before that day in words, figures and pictures, with the trend: JSON-ready.

        `last`: the day of the last night that has begun; `latest`: the day until whose noon the present 24 hours run.
        """
        ...

    def last_night(self) -> date:
        """Return the day of the last night that has begun: until the evening begins, the one of this morning."""
        ...

    async def report(self, day: date, language: str) -> str:
        """Return the night before that day as an HTML page with one `<style>` element and no script."""
        ...

    async def report_png(self, day: date, language: str) -> bytes:
        """Return the report as a PNG picture."""
        ...

    @property
    def style(self) -> str:
        """CSS of the pictures, dark and light."""
        ...


class Clips(Protocol):
    """The recordings of episodes, read in a thread. Every method raises RecordsError."""

    async def clips(self) -> Sequence[Clip]:
        """Return every clip, newest first."""
        ...

    async def file(self, episode: str) -> Path:
        """Return the path of the FLAC file of an episode."""
        ...

    async def picture(self, clip: str, episode: Episode | None) -> str:
        """Draw the spectrogram of a clip, `<svg>`, with the score curve of `episode` over it if it is given."""
        ...

    async def delete(self, episode: str) -> None:
        """Delete the clip of an episode."""
        ...

    async def delete_all(self) -> int:
        """Delete every clip; return their number."""
        ...
