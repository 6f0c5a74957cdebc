"""Reader of the history's file, which the daemon may be writing."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from babycryd.core.records import Episode, Lullaby, RecordsError, Span, Stretch
from babycryd.history.store import EPISODE_COLUMNS, FILE, MIGRATIONS
from babycryd.system.files import AS_THE_DAEMON, UnfitFileError, require_plain_database

SEEN_EVERY_S: Final = 90.0  # longest time between two updates of a running stretch's end
_COLUMNS: Final = (*EPISODE_COLUMNS, "cry")
_OVERLAPPING = "started_utc_s < :until AND COALESCE({end}, :until) >= :since"


class HistoryReader:
    """Reader of the history of a state folder, if there is one; opens the file for each call. Raises RecordsError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def episodes(self, since_utc_s: float, until_utc_s: float) -> list[Episode]:
        """Return the episodes that were running in [since, until), oldest first, each with its lullabies."""
        return list(self.span(since_utc_s, until_utc_s, until_utc_s).episodes)

    def episode(self, episode: str) -> Episode:
        """Return the episode of this id."""
        with self._opened() as file:
            found = _episodes(file, "id = :id", {"id": episode})
            if not found:
                raise RecordsError(f"there is no episode {episode!r} in the history")
            one = found[0]
            end_utc_s = one.started_utc_s + one.duration_s
            return _with_lullabies(one, _lullabies(file, one.started_utc_s, end_utc_s))

    def first_utc_s(self) -> float | None:
        """Return the time of the oldest record; None where there is none."""
        with self._opened() as file:
            query = (
                "SELECT MIN(at) FROM (SELECT MIN(start_utc_s) AS at FROM stretches"
                " UNION ALL SELECT MIN(started_utc_s) FROM episodes)"
            )
            (first_utc_s,) = file.execute(query).fetchone()
            return None if first_utc_s is None else float(first_utc_s)

    def span(self, since_utc_s: float, until_utc_s: float, now_utc_s: float) -> Span:
        """Return all records of [since, until); `until` is at most now."""
        until_utc_s = max(since_utc_s, min(until_utc_s, now_utc_s))
        with self._opened() as file:
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

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if not self._is_there():
            file = sqlite3.connect(":memory:")
            for script in MIGRATIONS:
                file.executescript(script)
        else:
            file = self._connected()
        try:
            yield file
        except (
            sqlite3.Error,
            ValueError,
            TypeError,
        ) as error:  # ValueError, TypeError: values that babycryd never wrote
            raise RecordsError(f"{self._path} cannot be read ({error}){_remedy(error)}") from error
        finally:
            file.close()

    def _is_there(self) -> bool:
        """Return whether the file exists. Raises RecordsError where this user may not know."""
        try:
            self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise RecordsError(f"{self._path} cannot be read ({error.strerror})") from error
        return True

    def _connected(self) -> sqlite3.Connection:
        try:
            require_plain_database(self._path)
            file = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)
            (form,) = file.execute("PRAGMA user_version").fetchone()
        except UnfitFileError as error:
            raise RecordsError(f"{self._path} cannot be read ({error})") from error
        except sqlite3.Error as error:
            raise RecordsError(f"{self._path} cannot be read ({error}){_remedy(error)}") from error
        if form != len(MIGRATIONS):
            file.close()
            who = "a newer" if form > len(MIGRATIONS) else "an older"
            raise RecordsError(f"{self._path} is of {who} babycryd: start this one's daemon, or upgrade it")
        return file


def _remedy(error: Exception) -> str:
    if not isinstance(error, sqlite3.OperationalError) or "no such" in str(error):
        return ": it is damaged; stop babycryd and move it away, and a new history begins"
    if "locked" in str(error):
        return ": try again"
    return f": {AS_THE_DAEMON}"


def _episodes(file: sqlite3.Connection, condition: str, values: dict[str, Any]) -> list[Episode]:
    query = f"SELECT {', '.join(_COLUMNS)} FROM episodes WHERE {condition} ORDER BY started_utc_s, id"  # noqa: S608  # our own words
    return [_episode(dict(zip(_COLUMNS, row, strict=True))) for row in file.execute(query, values)]


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
