"""Records of the history in its SQLite file: the store that writes them, and the reader.

`HistoryWriter` (history/task.py) is what the daemon writes with: it keeps the records while the disk fails.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, assert_never, get_args

from babycryd.core.events import EndReason, EpisodeInterrupted
from babycryd.core.printable import printable
from babycryd.core.records import Episode, Lullaby, RecordsError, SoundTried, Span, Stretch, filled, sounded
from babycryd.history.database import FILE, MIGRATIONS, open_to_write, opened_to_read
from babycryd.history.recorder import Marks, Missed, Moved, Record
from babycryd.history.retention import RetentionLimits, prune
from babycryd.history.sounds_tried import keep_sound, with_sounds
from babycryd.system.files import identity

_COLUMNS: Final = (
    *("id", "started_utc_s", "duration_s", "confidence", "ended_utc_s", "reason", "settled_in_s", "peak_level_dbfs"),
    *("mean_level_dbfs", "windows", "positive_windows", "scores", "score_step_s", "route", "model_sha256"),
)  # all but `cry`, which only a mark changes
_UNFIT: Final = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.DataError, ValueError, OverflowError)
LastRows = tuple[int, int, int]  # of episodes, lullabies, stretches
_LONGEST_TEXT: Final = 500  # characters of a track or a reason
_REASONS: Final = (None, *get_args(EndReason), "interrupted")
_OVERLAPPING = "started_utc_s < :until AND COALESCE({end}, :until) >= :since"


class HistoryStore:
    """Open database of the history, for the one thread that writes.

    Raises sqlite3.Error, OSError; RecordsError for the file of a newer babycryd.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        """Open the file, or make it."""
        self._path = path
        self._file = open_to_write(path, migrations)
        self._identity = identity(path)

    @property
    def is_current(self) -> bool:
        """Whether the file is still the one at its path: False after it, or its folder, was deleted or replaced."""
        return identity(self._path) == self._identity

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

    def last_rows(self) -> LastRows:
        """Return the number of the last row of each table: this run's rows will come after it."""
        query = (
            "SELECT (SELECT COALESCE(MAX(rowid), 0) FROM episodes), (SELECT COALESCE(MAX(rowid), 0) FROM lullabies),"
            " (SELECT COALESCE(MAX(rowid), 0) FROM stretches)"
        )
        episodes, lullabies, stretches = self._file.execute(query).fetchone()
        return episodes, lullabies, stretches

    def keep(self, records: Sequence[Record], before: LastRows = (0, 0, 0)) -> list[str]:
        """Write the records, all or none, but for those that no table can hold: return why each of these is left out.

        `before`: the last rows of earlier runs, which stay when the clock is set.
        """
        refused = []
        with self._file:
            for record in records:
                try:
                    self._keep(record, before)
                except _UNFIT as error:
                    refused.append(f"{type(record).__name__}: {error}")
        return refused

    def prune(self, now_utc_s: float, limits: RetentionLimits) -> None:
        """Delete what the limits do not allow, see `retention`."""
        prune(self._file, now_utc_s, limits)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the main file, so that its records survive a power cut."""
        self._file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        self._file.close()

    def _keep(self, record: Record, before: LastRows) -> None:
        match record:
            case Episode():
                self._keep_episode(record, known="UPDATE")
            case Missed(episode=episode):
                self._keep_episode(episode, known="NOTHING")
            case Lullaby(track=track, started_utc_s=started_utc_s, stopped_utc_s=stopped_utc_s, reason=reason):
                row = (started_utc_s, _text(track), stopped_utc_s, reason)
                self._file.execute("INSERT OR REPLACE INTO lullabies VALUES (?, ?, ?, ?)", row)
            case Stretch(start_utc_s=start_utc_s, end_utc_s=end_utc_s, doing=doing, reason=why):
                span = (start_utc_s, end_utc_s, doing, None if why is None else _text(why))
                self._file.execute("INSERT OR REPLACE INTO stretches VALUES (?, ?, ?, ?)", span)
            case SoundTried():
                keep_sound(self._file, record)
            case Marks(marks=marks):
                by_id = [(cry, episode) for episode, cry in marks]
                self._file.executemany("UPDATE episodes SET cry = ? WHERE id = ?", by_id)
            case Moved(step_s=step_s):
                self._move(step_s, before)
            case _:
                assert_never(record)

    def _move(self, step_s: float, before: LastRows) -> None:
        """Move the rows of this run by a step of the clock. Episodes of earlier runs that it ended stay."""
        episodes, lullabies, stretches = ((step_s, step_s, last_row) for last_row in before)
        self._file.execute(
            "UPDATE episodes SET started_utc_s = started_utc_s + ?, ended_utc_s = ended_utc_s + ? "
            "WHERE rowid > ? AND reason IS NOT 'interrupted'",
            episodes,
        )
        self._file.execute(
            "UPDATE OR REPLACE lullabies SET started_utc_s = started_utc_s + ?, stopped_utc_s = stopped_utc_s + ? "
            "WHERE rowid > ?",
            lullabies,
        )
        self._file.execute(
            "UPDATE OR REPLACE stretches SET start_utc_s = start_utc_s + ?, end_utc_s = end_utc_s + ? WHERE rowid > ?",
            stretches,
        )

    def _keep_episode(self, episode: Episode, known: Literal["UPDATE", "NOTHING"]) -> None:
        """Write an episode. `known`: what to do where it is there already."""
        values = {name: getattr(episode, name) for name in _COLUMNS} | {"scores": json.dumps(episode.scores)}
        columns, places = ", ".join(_COLUMNS), ", ".join(f":{name}" for name in _COLUMNS)
        changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        then = f"UPDATE SET {changes}" if known == "UPDATE" else known
        query = f"INSERT INTO episodes ({columns}) VALUES ({places}) ON CONFLICT (id) DO {then}"  # noqa: S608  # our own names
        self._file.execute(query, values)


def _text(text: str) -> str:
    """Return a text that SQLite and every reader can take; a file name may hold bytes that are not UTF-8."""
    return printable(text, _LONGEST_TEXT)


class HistoryReader:
    """Reader of the history of a state folder, if there is one; opens the file for each call. Raises RecordsError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def episodes(self, since_utc_s: float, until_utc_s: float) -> list[Episode]:
        """Return the episodes that were running in [since, until), oldest first, each with its lullabies."""
        return list(self.span(since_utc_s, until_utc_s, until_utc_s).episodes)

    def episode(self, episode: str) -> Episode:
        """Return the episode of this id."""
        with opened_to_read(self._path) as file:
            found = _episodes(file, "id = :id", {"id": episode})
            if not found:
                raise RecordsError(f"there is no episode {episode!r} in the history")
            one = found[0]
            end_utc_s = one.started_utc_s + one.duration_s
            return _with_lullabies(one, _lullabies(file, one.started_utc_s, end_utc_s))

    def last(self, until_utc_s: float) -> Episode | None:
        """Return the last episode that began by then; None where there is none."""
        with opened_to_read(self._path) as file:
            found = _episodes(file, "started_utc_s <= :until", {"until": until_utc_s}, "DESC LIMIT 1")
        return found[0] if found else None

    def first_utc_s(self) -> float | None:
        """Return the time of the oldest record; None where there is none."""
        with opened_to_read(self._path) as file:
            query = (
                "SELECT MIN(at) FROM (SELECT MIN(start_utc_s) AS at FROM stretches"
                " UNION ALL SELECT MIN(started_utc_s) FROM episodes)"
            )
            (first_utc_s,) = file.execute(query).fetchone()
            return None if first_utc_s is None else float(first_utc_s)

    def span(self, since_utc_s: float, until_utc_s: float, now_utc_s: float) -> Span:
        """Return all records of [since, until); `until` is at most now."""
        until_utc_s = max(since_utc_s, min(until_utc_s, now_utc_s))
        with opened_to_read(self._path) as file:
            limits = {"since": since_utc_s, "until": until_utc_s}
            condition = _OVERLAPPING.format(end="COALESCE(ended_utc_s, started_utc_s + duration_s)")
            episodes = _episodes(file, condition, limits)
            lullabies = _lullabies(file, since_utc_s, until_utc_s)
            query = "SELECT * FROM stretches WHERE start_utc_s < :until AND end_utc_s > :since ORDER BY start_utc_s"
            stretches = [Stretch(*row) for row in file.execute(query, limits)]
        return Span(
            since_utc_s,
            until_utc_s,
            tuple(_with_lullabies(each, lullabies) for each in episodes),
            tuple(lullabies),
            tuple(filled(stretches, since_utc_s, until_utc_s, now_utc_s)),
        )


def _episodes(
    file: sqlite3.Connection, condition: str, values: dict[str, Any], order: str = "ASC, id"
) -> list[Episode]:
    columns = (*_COLUMNS, "cry")
    query = f"SELECT {', '.join(columns)} FROM episodes WHERE {condition} ORDER BY started_utc_s {order}"  # noqa: S608  # our own words
    return with_sounds(file, [_episode(dict(zip(columns, row, strict=True))) for row in file.execute(query, values)])


def _episode(row: dict[str, Any]) -> Episode:
    """Return an episode; a reason that only another version knows counts as an interruption. Raises ValueError."""
    cry = None if row["cry"] is None else bool(row["cry"])
    reason = row["reason"] if row["reason"] in _REASONS else "interrupted"
    return Episode(**row | {"scores": tuple(json.loads(row["scores"])), "cry": cry, "reason": reason})


def _lullabies(file: sqlite3.Connection, since_utc_s: float, until_utc_s: float) -> list[Lullaby]:
    condition = _OVERLAPPING.format(end="stopped_utc_s")
    columns = "track, started_utc_s, stopped_utc_s, reason"
    query = f"SELECT {columns} FROM lullabies WHERE {condition} ORDER BY started_utc_s"  # noqa: S608  # our own words
    rows = file.execute(query, {"since": since_utc_s, "until": until_utc_s})
    found = [Lullaby(_text(track), *rest) for track, *rest in rows]  # an earlier version stored any name
    return [each for each in found if sounded(each)]


def _with_lullabies(episode: Episode, lullabies: list[Lullaby]) -> Episode:
    end_utc_s = episode.started_utc_s + episode.duration_s
    during = [
        each
        for each in lullabies
        if each.started_utc_s <= end_utc_s and (each.stopped_utc_s or end_utc_s) >= episode.started_utc_s
    ]
    return replace(episode, lullabies=tuple(during))
