"""History task: follows the bus and keeps records of it; the disk has a thread of its own."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Final

from babycryd.core.bus import Subscription
from babycryd.core.events import ClockSet, EpisodeInterrupted, Event, Route
from babycryd.core.records import Episode, Lullaby, RecordsError, SoundTried, Stretch
from babycryd.history.database import FILE
from babycryd.history.recorder import Marks, Missed, Moved, Record, Recorder
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryStore, LastRows
from babycryd.system.files import set_aside
from babycryd.system.wall_clock import WallClock
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

_MOST_CALLS: Final = 500  # writes that may wait for the disk; with more it counts as broken
_SLOW: Final = "the disk does not answer: history is lost"
_MOST_WAITING: Final = 2000  # records that wait in memory for a full disk: weeks
_PRUNE_EVERY_S: Final = 6 * 3600.0
_BROKEN: Final = ("malformed", "not a database", "no such table", "no such column")


class HistoryWriter:
    """Writer of records to the history's file; keeps them in memory while that fails. For one thread; never raises."""

    def __init__(self, folder: Path, limits: RetentionLimits, retention_utc: Callable[[], float] | None = None) -> None:
        """`retention_utc`: the time by which records are too old, see `RetentionClock`; None: `now_utc_s`."""
        self._path = folder / FILE
        self._limits = limits
        self._retention_utc = retention_utc
        self._before: LastRows | None = None  # last rows of earlier runs; None: not read yet
        self._store: HistoryStore | None = None
        self._waiting: dict[object, Record] = {}  # by `_key`: a later record replaces an earlier one
        self._pruned_utc_s = -_PRUNE_EVERY_S
        self._given_up = False
        self._interrupted: list[EpisodeInterrupted] | None = None  # episodes of a killed run; None: not read yet
        self.trouble: str | None = None  # why records are not written, if so

    def keep(self, records: Sequence[Record], now_utc_s: float) -> Sequence[EpisodeInterrupted]:
        """Write these records and those that still wait; the end of an episode survives a power cut.

        Return, with the first write, the episodes in which an earlier run was killed.
        """
        known = self._interrupted is not None
        if not self._given_up:
            self._keep(records, now_utc_s)
        return [] if known else self._interrupted or []

    def _keep(self, records: Sequence[Record], now_utc_s: float) -> None:
        for record in records:
            key = _key(record)
            self._waiting.pop(key, None)  # the newest ones come last
            self._waiting[key] = record
        while len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(key for key, each in self._waiting.items() if not isinstance(each, Moved))]
        try:
            self._write(now_utc_s)
        except RecordsError as newer:
            self._given_up = True
            self._waiting.clear()
            self._complain(str(newer))
        except (sqlite3.Error, OSError) as error:
            self._complain(f"{self._path} cannot be written ({error}); what happens meanwhile waits in memory")
            self._recover(error, now_utc_s)

    def close(self) -> None:
        """Close the file."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _write(self, now_utc_s: float) -> None:
        if self._store is not None and not self._store.is_current:
            log.warning("%s was deleted or replaced; the history begins anew", self._path)
            self.close()
            self._before = None
        if self._store is None:
            self._store = HistoryStore(self._path)
            interrupted = self._store.end_open_records()
            if self._interrupted is None:  # else the open episode is this run's own
                self._interrupted = interrupted
        if self._before is None:
            self._before = self._store.last_rows()
        waiting = list(self._waiting.values())
        for why in self._store.keep(waiting, self._before):
            log.warning("history: a record that cannot be written is left out (%s)", why)
        self._waiting.clear()
        if any(isinstance(record, Episode) and record.ended_utc_s is not None for record in waiting):
            self._store.checkpoint()
        if abs(now_utc_s - self._pruned_utc_s) >= _PRUNE_EVERY_S:
            self._pruned_utc_s = now_utc_s
            self._store.prune(self._retention_utc() if self._retention_utc else now_utc_s, self._limits)
        if self.trouble:
            log.info("%s can be written again", self._path)
        self.trouble = None

    def _recover(self, error: sqlite3.Error | OSError, now_utc_s: float) -> None:
        """Close the file, for the next write to open it anew; set a broken file aside first."""
        if self._store is not None:
            self._store.close()
            self._store = None
        if not isinstance(error, sqlite3.DatabaseError) or not any(word in str(error) for word in _BROKEN):
            return
        try:
            aside = set_aside(self._path, now_utc_s)
        except OSError as failed:
            log.warning("%s is damaged and cannot be moved away: %s", self._path, failed)
            return
        self._before = None
        log.warning("%s is damaged; set aside as %s, the history begins anew", self._path, aside)
        try:
            self._write(now_utc_s)
        except (sqlite3.Error, OSError, RecordsError) as again:
            self._complain(f"{self._path} cannot be written: {again}")

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("history: %s", trouble)
        self.trouble = trouble


class HistoryTask:
    """Optional task of the history: `run` it while the daemon runs, then `close` it."""

    def __init__(
        self,
        recorder: Recorder,
        writer: HistoryWriter,
        subscription: Subscription,
        route: Callable[[], Route] = lambda: "local",
        clock: WallClock | None = None,
        publish: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """`route`: where sounds are judged now; `clock`: the one that stamps all events, by default an own one.

        `publish` gets the episodes in which an earlier run was killed.
        """
        self._recorder = recorder
        self._writer = writer
        self._events = subscription
        self._route = route
        self._clock = clock or WallClock()
        self._clock_set_s = self._clock.set_s  # steps of the clock, as far as they have been taken from the bus
        self._publish = publish
        self._worker = WorkerThread("history", _MOST_CALLS)
        self._lost = False
        self._at_s = 0.0  # stream time of the last event

    @property
    def trouble(self) -> str | None:
        """Reason why no record reaches the disk, or None."""
        return _SLOW if self._lost else self._writer.trouble

    async def run(self) -> None:
        """Keep records of the bus until cancelled."""
        self._keep([])  # an episode that the last run left open ends now, not with the next one
        async for event in self._events:
            if records := self._records_of(event):
                self._keep(records)

    async def close(self, limit_s: float) -> None:
        """Write all remaining records, within `limit_s`."""
        while len(self._events):
            self._keep(self._records_of(await self._events.get()))
        self._keep(self._recorder.stop(self._at_s, self._clock.as_of(self._clock_set_s)))
        with contextlib.suppress(OSError):  # TimeoutError is one
            await self._worker.call(self._writer.close, limit_s)
        self._worker.end()

    def _records_of(self, event: Event) -> Sequence[Record]:
        self._at_s = event.at_s
        if isinstance(event, ClockSet):
            self._clock_set_s += event.step_s
        return self._recorder.take(event, self._clock.as_of(self._clock_set_s), self._route())

    def _keep(self, records: Sequence[Record]) -> None:
        try:
            kept = self._worker.begin(partial(self._writer.keep, records, self._clock.as_of(self._clock_set_s)))
            kept.add_done_callback(partial(self._publish_interrupted, asyncio.get_running_loop()))
        except TimeoutError:
            self._lost = True
        else:
            self._lost = False

    def _publish_interrupted(
        self, loop: asyncio.AbstractEventLoop, kept: "Future[Sequence[EpisodeInterrupted]]"
    ) -> None:
        """Publish the episodes in which an earlier run was killed. Runs in the disk's thread."""
        for each in kept.result():
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._publish, each)


def _key(record: Record) -> object:
    """Return the subject of a record: a later record of the same subject replaces it."""
    match record:
        case Episode(id=episode):
            return episode
        case Lullaby(started_utc_s=at_s):
            return Lullaby, at_s
        case Stretch(start_utc_s=at_s):
            return Stretch, at_s
        case SoundTried(episode=episode, step=step):
            return SoundTried, episode, step
        case Marks() | Missed():
            return record
        case Moved():
            return object()  # two equal steps are two
