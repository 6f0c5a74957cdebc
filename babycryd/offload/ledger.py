"""Ledger of every piece of sound that left the house: when, why, and its outcome, in a small SQLite file.

Table, columns and JSON keep the older word `segment` for the piece's name.
"""

import logging
import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from babycryd.core.counting import counted
from babycryd.core.retention import too_old_until
from babycryd.offload.settings import PriceSettings
from babycryd.system.files import identity
from babycryd.system.plain_files import require_plain_database

log = logging.getLogger(__name__)


FILE: Final = "offload.sqlite3"
Outcome = Literal["sent", "answered", "late", "failed"]
_KEPT_DAYS: Final = 400
_PRUNE_EVERY: Final = 200  # entries
_SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
    segment TEXT PRIMARY KEY, sent_utc_s REAL NOT NULL, why TEXT NOT NULL, seconds REAL NOT NULL,
    n_bytes INTEGER NOT NULL, outcome TEXT NOT NULL, latency_s REAL, error TEXT,
    answer_bytes INTEGER NOT NULL DEFAULT 0, reads INTEGER NOT NULL DEFAULT 0, function_s REAL NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS by_time ON segments (sent_utc_s);
"""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Ledger entry of one piece; its outcome stays `sent` where the daemon died before the answer came."""

    segment: str  # the piece's name in the bucket, as 20261122T031502480Z-7
    sent_utc_s: float
    why: str  # the limit that was exceeded
    seconds: float  # of sound
    n_bytes: int
    outcome: Outcome = "sent"
    latency_s: float | None = None  # from its sending to its answer
    error: str | None = None
    answer_bytes: int = 0
    reads: int = 0  # requests for the answer
    function_s: float = 0.0  # the function's time
    stored: bool = True  # in the bucket, as far as is known


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """Totals of a calendar month, UTC."""

    name: str  # 2026-11
    pieces: int
    answered: int
    seconds: float  # of sound
    n_bytes: int
    reads: int
    answer_bytes: int
    function_s: float

    def cost_usd(self, prices: PriceSettings) -> float:
        """Return the estimated cost."""
        return (
            (self.pieces + self.answered) / 1e4 * prices.per_10k_writes  # the sound, and its answer
            + (self.reads + 2 * self.pieces) / 1e4 * prices.per_10k_reads  # ours, and the function's
            + self.pieces / 1e6 * prices.per_million_calls
            + self.function_s / 3600 * prices.per_cpu_hour
            + self.answer_bytes / 1e9 * prices.per_gb_down
        )


class LedgerError(Exception):
    """The ledger cannot be read or written; the text names its file."""


class Ledger:
    """Open ledger file, for one thread at a time; every method raises LedgerError."""

    def __init__(self, folder: Path, retention_utc: Callable[[], float] = time.time) -> None:
        """`retention_utc`: the time by which entries are too old, see `system/retention_clock.py`."""
        self._path = folder / FILE
        self._retention_utc = retention_utc
        self._written = 0  # entries since the start
        self._open()

    def _open(self) -> None:
        folder = self._path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            require_plain_database(self._path)
            self._file = sqlite3.connect(self._path, timeout=2.0, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.executescript(_SCHEMA)
            self._add_missing_columns()
            self._identity = identity(self._path)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def _open_anew_if_gone(self) -> None:
        """Make the file anew where it, or its folder, was deleted or replaced."""
        if identity(self._path) != self._identity:
            log.warning("%s was deleted or replaced; the ledger begins anew", self._path)
            self._file.close()
            self._open()

    def _add_missing_columns(self) -> None:
        columns = {row[1] for row in self._file.execute("PRAGMA table_info(segments)")}
        if "stored" not in columns:
            self._file.execute("ALTER TABLE segments ADD COLUMN stored INTEGER NOT NULL DEFAULT 1")

    def write(self, entry: LedgerEntry) -> None:
        """Write an entry in place of an earlier one of the same piece."""
        self._open_anew_if_gone()
        values = tuple(getattr(entry, name) for name in LedgerEntry.__slots__)
        marks = ", ".join("?" * len(values))
        columns = ", ".join(LedgerEntry.__slots__)
        try:
            if self._written % _PRUNE_EVERY == 0:
                self._prune()
            self._written += 1
            with self._file:
                self._file.execute(f"INSERT OR REPLACE INTO segments ({columns}) VALUES ({marks})", values)  # noqa: S608  # our own names
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def _prune(self) -> None:
        times = [at for (at,) in self._file.execute("SELECT sent_utc_s FROM segments ORDER BY sent_utc_s")]
        with self._file:
            until_utc_s = too_old_until(times, _KEPT_DAYS, self._retention_utc())
            deleted = self._file.execute("DELETE FROM segments WHERE sent_utc_s <= ?", (until_utc_s,)).rowcount
        if deleted:
            log.info("%s: %s older than %d days deleted", self._path, counted(deleted, "entry"), _KEPT_DAYS)

    def months(self) -> list[MonthUsage]:
        """Return the totals of every month with pieces, oldest first."""
        return self._totals(0.0, math.inf)

    def month(self, name: str) -> MonthUsage:
        """Return the totals of one month, such as `2026-11`; zeros where nothing was sent."""
        begin = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
        found = self._totals(begin.timestamp(), end.timestamp())
        return found[0] if found else MonthUsage(name, 0, 0, 0.0, 0, 0, 0, 0.0)

    def entries(self, since_utc_s: float = 0.0) -> list[LedgerEntry]:
        """Return the entries since then, oldest first."""
        columns = ", ".join(LedgerEntry.__slots__)
        query = f"SELECT {columns} FROM segments WHERE sent_utc_s >= ? ORDER BY sent_utc_s, segment"  # noqa: S608  # as above
        try:
            return [_entry(row) for row in self._file.execute(query, (since_utc_s,))]
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def close(self) -> None:
        self._file.close()

    def _totals(self, begin_s: float, end_s: float) -> list[MonthUsage]:
        query = """SELECT strftime('%Y-%m', sent_utc_s, 'unixepoch') AS name, COUNT(*),
            SUM(outcome IN ('answered', 'late')), SUM(seconds), SUM(n_bytes), SUM(reads), SUM(answer_bytes),
            SUM(function_s) FROM segments WHERE sent_utc_s >= ? AND sent_utc_s < ? GROUP BY name ORDER BY name"""
        try:
            return [MonthUsage(*row) for row in self._file.execute(query, (begin_s, end_s))]
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from error


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    fields = dict(zip(LedgerEntry.__slots__, row, strict=True))
    return LedgerEntry(**fields | {"stored": bool(fields["stored"])})  # SQLite knows no booleans


def deletion(entry: LedgerEntry) -> str:
    """Return when the piece's sound is deleted from the bucket, as far as known: this key may not list the bucket."""
    if not entry.stored:
        return "never stored"
    if entry.outcome in ("answered", "late"):
        return "by the function"
    return "within a day"  # by the function, or else by the rule of the bucket (lifecycle.json)


def month_of(utc_s: float) -> str:
    """Return the month of a time, UTC, as `2026-11`."""
    return f"{datetime.fromtimestamp(utc_s, UTC):%Y-%m}"
