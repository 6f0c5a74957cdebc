"""Records of the history in its SQLite file: the store that writes them, and the reader.

`HistoryWriter` (history/task.py) is what the daemon writes with: it keeps the records while the disk fails.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, assert_never

from babycryd.core.events import EpisodeInterrupted
from babycryd.core.records import Episode, Lullaby, RecordsError, Span, Stretch
from babycryd.history.database import FILE, MIGRATIONS, open_to_write, opened_to_read
from babycryd.history.recorder import Marks, Missed, Record
from babycryd.history.retention import RetentionLimits, prune

_COLUMNS: Final = (
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
SEEN_EVERY_S: Final = 90.0  # longest time between two updates of a running stretch's end
_OVERLAPPING = "started_utc_s < :until AND COALESCE({end}, :until) >= :since"


class HistoryStore:
    """Open database of the history, for the one thread that writes.

    Raises sqlite3.Error, OSError; RecordsError for the file of a newer babycryd.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        """Open the file, or make it."""
        self._file = open_to_write(path, migrations)

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
        """Delete what the limits do not allow, see `retention`."""
        prune(self._file, now_utc_s, limits)

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
        values = {name: getattr(episode, name) for name in _COLUMNS} | {"scores": json.dumps(episode.scores)}
        columns, places = ", ".join(_COLUMNS), ", ".join(f":{name}" for name in _COLUMNS)
        changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        then = f"UPDATE SET {changes}" if known == "UPDATE" else known
        query = f"INSERT INTO episodes ({columns}) VALUES ({places}) ON CONFLICT (id) DO {then}"  # noqa: S608  # our own names
        self._file.execute(query, values)


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


def _episodes(file: sqlite3.Connection, condition: str, values: dict[str, Any]) -> list[Episode]:
    columns = (*_COLUMNS, "cry")
    query = f"SELECT {', '.join(columns)} FROM episodes WHERE {condition} ORDER BY started_utc_s, id"  # noqa: S608  # our own words
    return [_episode(dict(zip(columns, row, strict=True))) for row in file.execute(query, values)]


def _episode(row: dict[str, Any]) -> Episode:
    cry = None if row["cry"] is None else bool(row["cry"])
    return Episode(**row | {"scores": tuple(json.loads(row["scores"])), "cry": cry})


def _lullabies(file: sqlite3.Connection, since_utc_s: float, until_utc_s: float) -> list[Lullaby]:
    condition = _OVERLAPPING.format(end="stopped_utc_s")
    columns = "track, started_utc_s, stopped_utc_s, reason"
    query = f"SELECT {columns} FROM lullabies WHERE {condition} ORDER BY started_utc_s"  # noqa: S608  # our own words
    return [Lullaby(*row) for row in file.execute(query, {"since": since_utc_s, "until": until_utc_s})]


def _with_lullabies(episode: Episode, lullabies: list[Lullaby]) -> Episode:
    end_utc_s = episode.started_utc_s + episode.duration_s
    during = [
        each
        for each in lullabies
        if each.started_utc_s <= end_utc_s and (each.stopped_utc_s or end_utc_s) >= episode.started_utc_s
    ]
    return replace(episode, lullabies=tuple(during))


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
