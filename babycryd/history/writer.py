"""Keeps records in the file, come what may: a disk that fails costs nothing that it takes again later."""

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from babycryd.core.events import EpisodeInterrupted
from babycryd.core.records import Episode, Lullaby, RecordsError, Stretch
from babycryd.history.recorder import Marks, Missed, Record
from babycryd.history.store import FILE, HistoryStore, Limits
from babycryd.system.files import set_aside

log = logging.getLogger(__name__)

_MOST_WAITING: Final = 2000  # records that a full disk may keep waiting: weeks
_PRUNE_EVERY_S: Final = 6 * 3600.0
_BROKEN: Final = ("malformed", "not a database", "no such table", "no such column")


class HistoryWriter:
    """For one thread. It never raises; `trouble` says what is wrong, if anything is."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._path = folder / FILE
        self._limits = limits
        self._store: HistoryStore | None = None
        self._waiting: dict[object, Record] = {}  # by what a later one replaces
        self._pruned_utc_s = -_PRUNE_EVERY_S
        self._given_up = False
        self._left: list[EpisodeInterrupted] | None = None  # by an earlier run; None: not looked for yet
        self.trouble: str | None = None

    def keep(self, records: Sequence[Record], now_utc_s: float) -> Sequence[EpisodeInterrupted]:
        """These, and whatever still waits. An episode's end is on the disk, whatever becomes of the power.

        Returns, once, the episodes in which an earlier run was killed.
        """
        known = self._left is not None
        if not self._given_up:
            self._keep(records, now_utc_s)
        return [] if known else self._left or []

    def _keep(self, records: Sequence[Record], now_utc_s: float) -> None:
        for record in records:
            key = _key(record)
            self._waiting.pop(key, None)  # the newest ones come last
            self._waiting[key] = record
        while len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
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
        """Nothing more is kept."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _write(self, now_utc_s: float) -> None:
        if self._store is None:
            self._store = HistoryStore(self._path)
            left = self._store.close_what_ran()
            if self._left is None:  # else it is this run's own, which goes on
                self._left = left
        waiting = list(self._waiting.values())
        self._store.keep(waiting)
        self._waiting.clear()
        if any(isinstance(record, Episode) and record.ended_utc_s is not None for record in waiting):
            self._store.settle()
        if abs(now_utc_s - self._pruned_utc_s) >= _PRUNE_EVERY_S:
            self._pruned_utc_s = now_utc_s
            self._store.prune(now_utc_s, self._limits)
        if self.trouble:
            log.info("%s can be written again", self._path)
        self.trouble = None

    def _recover(self, error: sqlite3.Error | OSError, now_utc_s: float) -> None:
        """The next attempt opens the file anew: another one, where this one is broken."""
        if self._store is not None:
            self._store.close()
            self._store = None
        if not isinstance(error, sqlite3.DatabaseError) or not any(word in str(error) for word in _BROKEN):
            return
        try:
            aside = set_aside(self._path, now_utc_s)
        except OSError as failed:
            log.warning("%s makes no sense and cannot be moved away: %s", self._path, failed)
            return
        log.warning("%s makes no sense; set aside as %s, the history begins anew", self._path, aside)
        try:
            self._write(now_utc_s)
        except (sqlite3.Error, OSError, RecordsError) as again:
            self._complain(f"{self._path} cannot be written: {again}")

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("history: %s", trouble)
        self.trouble = trouble


def _key(record: Record) -> object:
    match record:
        case Episode(id=episode):
            return episode
        case Lullaby(started_utc_s=at_s):
            return Lullaby, at_s
        case Stretch(start_utc_s=at_s):
            return Stretch, at_s
        case Marks() | Missed():
            return record
