"""What left the house: every segment, when, why, and what came of it, in a small SQLite file."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from babycryd.offload.policy import Usage
from babycryd.offload.settings import PriceSettings

FILE: Final = "offload.sqlite3"
Outcome = Literal["sent", "answered", "late", "failed"]
_KEPT_DAYS: Final = 400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
    segment TEXT PRIMARY KEY, sent_utc_s REAL NOT NULL, why TEXT NOT NULL, seconds REAL NOT NULL,
    n_bytes INTEGER NOT NULL, outcome TEXT NOT NULL, latency_s REAL, error TEXT,
    answer_bytes INTEGER NOT NULL DEFAULT 0, reads INTEGER NOT NULL DEFAULT 0, function_s REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_time ON segments (sent_utc_s);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment that left the house. `sent` is how one stays whose answer a dead daemon could not wait for."""

    segment: str
    sent_utc_s: float
    why: str  # the limit that was exceeded
    seconds: float  # of sound
    n_bytes: int
    outcome: Outcome = "sent"
    latency_s: float | None = None  # from its sending to its answer
    error: str | None = None
    answer_bytes: int = 0
    reads: int = 0  # looks for the answer
    function_s: float = 0.0  # that the function worked on it


@dataclass(frozen=True, slots=True)
class Month:
    """Totals of a calendar month, UTC."""

    name: str  # 2026-11
    segments: int
    answered: int
    seconds: float
    n_bytes: int
    cost_usd: float  # an estimate


class LedgerError(Exception):
    """The file cannot be read or written; the text names it."""


class Ledger:
    """The file, for one thread at a time. Raises LedgerError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(self._path, timeout=2.0, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def write(self, entry: Entry) -> None:
        """Keep it, in place of what was known of the same segment."""
        values = tuple(getattr(entry, name) for name in Entry.__slots__)
        marks = ", ".join("?" * len(values))
        columns = ", ".join(Entry.__slots__)
        try:
            with self._file:
                self._file.execute(f"INSERT OR REPLACE INTO segments ({columns}) VALUES ({marks})", values)  # noqa: S608  # our own names
                oldest_s = entry.sent_utc_s - _KEPT_DAYS * 86_400
                self._file.execute("DELETE FROM segments WHERE sent_utc_s < ?", (oldest_s,))
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def used(self, utc_s: float) -> Usage:
        """In the month of this moment."""
        begin_s, end_s = _month_of(utc_s)
        query = "SELECT COALESCE(SUM(n_bytes), 0), COUNT(*) FROM segments WHERE sent_utc_s >= ? AND sent_utc_s < ?"
        try:
            return Usage(*self._file.execute(query, (begin_s, end_s)).fetchone())
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def entries(self, since_utc_s: float = 0.0) -> list[Entry]:
        """Oldest first."""
        columns = ", ".join(Entry.__slots__)
        query = f"SELECT {columns} FROM segments WHERE sent_utc_s >= ? ORDER BY sent_utc_s, segment"  # noqa: S608  # as above
        try:
            return [Entry(*row) for row in self._file.execute(query, (since_utc_s,))]
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: {error}") from error

    def close(self) -> None:
        self._file.close()


def months(entries: list[Entry], prices: PriceSettings) -> list[Month]:
    """Totals, oldest month first."""
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(f"{datetime.fromtimestamp(entry.sent_utc_s, UTC):%Y-%m}", []).append(entry)
    return [_month(name, of_it, prices) for name, of_it in sorted(by_name.items())]


def _month(name: str, entries: list[Entry], prices: PriceSettings) -> Month:
    answered = sum(entry.outcome in ("answered", "late") for entry in entries)
    cost_usd = (
        (len(entries) + answered) / 1e4 * prices.per_10k_writes  # the sound, and its answer
        + (sum(entry.reads for entry in entries) + 2 * len(entries)) / 1e4 * prices.per_10k_reads  # ours, and its own
        + len(entries) / 1e6 * prices.per_million_calls
        + sum(entry.function_s for entry in entries) / 3600 * prices.per_cpu_hour
        + sum(entry.answer_bytes for entry in entries) / 1e9 * prices.per_gb_down
    )
    seconds, n_bytes = sum(entry.seconds for entry in entries), sum(entry.n_bytes for entry in entries)
    return Month(name, len(entries), answered, seconds, n_bytes, cost_usd)


def _month_of(utc_s: float) -> tuple[float, float]:
    begin = datetime.fromtimestamp(utc_s, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return begin.timestamp(), end.timestamp()
