"""Store of the history: one SQLite file, migrated when it is opened, for the one thread that writes."""

import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, assert_never

from babycryd.core.events import EpisodeInterrupted
from babycryd.core.records import Episode, Lullaby, RecordsError, Stretch
from babycryd.history.recorder import Marks, Missed, Record
from babycryd.system.files import identity, require_plain_database

log = logging.getLogger(__name__)

FILE: Final = "history.sqlite3"
_DAY_S: Final = 86_400.0
_SHARE_PRUNED: Final = 0.1  # of the time on record, deleted at once when the file is too large

# A file of version n gets the scripts from n on. A released script never changes; a new version is a new script.
MIGRATIONS: Final = (
    """
    CREATE TABLE episodes (
        id TEXT PRIMARY KEY, started_utc_s REAL NOT NULL, duration_s REAL NOT NULL, confidence REAL NOT NULL,
        ended_utc_s REAL, reason TEXT, settled_in_s REAL, peak_level_dbfs REAL, mean_level_dbfs REAL,
        windows INTEGER NOT NULL, positive_windows INTEGER NOT NULL, scores TEXT NOT NULL, score_step_s REAL NOT NULL,
        route TEXT NOT NULL, model_sha256 TEXT NOT NULL, cry INTEGER
    );
    CREATE INDEX episodes_by_time ON episodes (started_utc_s);
    CREATE TABLE lullabies (started_utc_s REAL PRIMARY KEY, track TEXT NOT NULL, stopped_utc_s REAL, reason TEXT);
    CREATE TABLE stretches (start_utc_s REAL PRIMARY KEY, end_utc_s REAL NOT NULL, doing TEXT NOT NULL, reason TEXT);
    """,
)

EPISODE_COLUMNS: Final = (
    "id",
    "started_utc_s",
    "duration_s",
    "confidence",
    "ended_utc_s",
    "reason",
    "settled_in_s",
    "peak_level_dbfs",
    "mean_level_dbfs",
    "windows",
    "positive_windows",
    "scores",
    "score_step_s",
    "route",
    "model_sha256",
)  # all but `cry`, which only a mark changes


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """Limits on age and size of the history."""

    keep_days: int
    max_mb: float


class HistoryStore:
    """Open database of the history. Raises sqlite3.Error, OSError; RecordsError for the file of a newer babycryd."""

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        """Open the file, or make it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        require_plain_database(path)
        self._path = path
        self._file = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
        try:
            self._file.execute("PRAGMA auto_vacuum = INCREMENTAL")  # works only before there is a table
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = NORMAL")  # whole after a power cut, but for the last seconds
            self._migrate(migrations)
        except BaseException:
            self._file.close()
            raise
        self._identity = identity(path)

    @property
    def is_current(self) -> bool:
        """Whether the file is still the one at its path: False after it, or its folder, was deleted or replaced."""
        return identity(self._path) == self._identity

    def _migrate(self, migrations: Sequence[str]) -> None:
        (form,) = self._file.execute("PRAGMA user_version").fetchone()
        if form > len(migrations):
            raise RecordsError(
                f"{self._path} was written by a newer babycryd (form {form}, this one knows {len(migrations)}): "
                "upgrade babycryd, or move the file away to begin anew"
            )
        for number, script in enumerate(migrations[form:], form + 1):  # each whole or not at all
            self._file.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")

    def end_open_records(self) -> list[EpisodeInterrupted]:
        """End the records that an earlier run left open, at the time they were last seen; return their episodes."""
        with self._file:
            open_ones = self._file.execute(
                "UPDATE episodes SET ended_utc_s = started_utc_s + duration_s, reason = 'interrupted' "
                "WHERE ended_utc_s IS NULL RETURNING id, started_utc_s, duration_s, confidence"
            ).fetchall()
            self._file.execute(
                "UPDATE lullabies SET reason = 'interrupted', stopped_utc_s = MAX(started_utc_s, "
                "COALESCE((SELECT MAX(end_utc_s) FROM stretches), 0)) WHERE stopped_utc_s IS NULL"
            )
        return [EpisodeInterrupted(0.0, *row) for row in open_ones]

    def keep(self, records: Sequence[Record]) -> None:
        """Write all records or none."""
        with self._file:
            for record in records:
                self._keep(record)

    def prune(self, now_utc_s: float, limits: RetentionLimits) -> None:
        """Delete the records that are too old, then the oldest until the file is small enough."""
        self._delete_before(now_utc_s - limits.keep_days * _DAY_S)
        while self._used_mb() > limits.max_mb:
            begin_s, end_s = self._file.execute(
                "SELECT MIN(at), MAX(at) FROM (SELECT start_utc_s AS at FROM stretches UNION ALL "
                "SELECT started_utc_s FROM episodes UNION ALL SELECT started_utc_s FROM lullabies)"
            ).fetchone()
            if begin_s is None or end_s - begin_s < _DAY_S:
                break
            self._delete_before(begin_s + max(_DAY_S / 2, (end_s - begin_s) * _SHARE_PRUNED))
        self._file.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page only

    def checkpoint(self) -> None:
        """Move the write-ahead log into the main file, so that its records survive a power cut."""
        self._file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        self._file.close()

    def _keep(self, record: Record) -> None:
        match record:
            case Episode():
                self._keep_episode(record, known="UPDATE")
            case Missed(episode=episode):
                self._keep_episode(episode, known="NOTHING")
            case Lullaby(track=track, started_utc_s=started_utc_s, stopped_utc_s=stopped_utc_s, reason=reason):
                row = (started_utc_s, track, stopped_utc_s, reason)
                self._file.execute("INSERT OR REPLACE INTO lullabies VALUES (?, ?, ?, ?)", row)
            case Stretch(start_utc_s=start_utc_s, end_utc_s=end_utc_s, doing=doing, reason=why):
                span = (start_utc_s, end_utc_s, doing, why)
                self._file.execute("INSERT OR REPLACE INTO stretches VALUES (?, ?, ?, ?)", span)
            case Marks(marks=marks):
                by_id = [(cry, episode) for episode, cry in marks]
                self._file.executemany("UPDATE episodes SET cry = ? WHERE id = ?", by_id)
            case _:
                assert_never(record)

    def _keep_episode(self, episode: Episode, known: Literal["UPDATE", "NOTHING"]) -> None:
        """Write an episode. `known`: what to do where it is there already."""
        values = {name: getattr(episode, name) for name in EPISODE_COLUMNS} | {"scores": json.dumps(episode.scores)}
        columns, places = ", ".join(EPISODE_COLUMNS), ", ".join(f":{name}" for name in EPISODE_COLUMNS)
        changes = ", ".join(f"{name} = excluded.{name}" for name in EPISODE_COLUMNS[1:])
        then = f"UPDATE SET {changes}" if known == "UPDATE" else known
        query = f"INSERT INTO episodes ({columns}) VALUES ({places}) ON CONFLICT (id) DO {then}"  # noqa: S608  # our own names
        self._file.execute(query, values)

    def _delete_before(self, utc_s: float) -> None:
        with self._file:
            self._file.execute("DELETE FROM episodes WHERE started_utc_s < ?", (utc_s,))
            self._file.execute("DELETE FROM lullabies WHERE started_utc_s < ?", (utc_s,))
            self._file.execute("DELETE FROM stretches WHERE end_utc_s < ?", (utc_s,))

    def _used_mb(self) -> float:
        pages = [self._file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")]
        size = self._file.execute("PRAGMA page_size").fetchone()[0]
        return float((pages[0] - pages[1]) * size) / 1e6
