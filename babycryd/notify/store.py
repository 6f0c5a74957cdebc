"""Store of the notices: those that wait, and the ids of those that arrived, in a small SQLite file."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from babycryd.notify.message import Message
from babycryd.notify.notice import Notice
from babycryd.notify.queue import Waiting
from babycryd.system.queue_store import QueueDatabase, QueueStore

FILE: Final = "alerts.sqlite3"
_KNOWN_S: Final = 3 * 86_400.0  # for which an id is kept; a notice is dropped sooner
_LIMIT_S: Final = 3.0  # for the disk; an alert does not wait longer for it


@dataclass(frozen=True, slots=True)
class StoredNotices:
    """Content of the store, as an earlier run left it."""

    waiting: list[Waiting] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)  # ids


class NoticeDatabase(QueueDatabase):
    """SQLite file of the notices, for one thread. Raises sqlite3.Error and OSError."""

    SCHEMA = """
        CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY, notice TEXT NOT NULL, over INTEGER NOT NULL,
            tried TEXT, tried_utc_s REAL NOT NULL, unclear INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS arrived (id TEXT PRIMARY KEY, utc_s REAL NOT NULL);
    """

    def read(self) -> StoredNotices:
        """Return everything that is stored; delete the ids of long ago, and rows that cannot be read."""
        with self._file:
            self._file.execute("DELETE FROM arrived WHERE utc_s < ?", (time.time() - _KNOWN_S,))
        rows = self._file.execute("SELECT * FROM waiting ORDER BY number").fetchall()
        waiting = [each for each in map(_waiting, rows) if each is not None]
        with self._file:
            bad = {row[0] for row in rows} - {each.number for each in waiting}
            self._file.executemany("DELETE FROM waiting WHERE number = ?", [(number,) for number in bad])
        return StoredNotices(waiting, [id_ for (id_,) in self._file.execute("SELECT id FROM arrived")])

    def put(self, waiting: Waiting) -> None:
        """Store a notice in place of an earlier one of its number."""
        notice, tried = json.dumps(asdict(waiting.notice)), waiting.tried and json.dumps(asdict(waiting.tried))
        row = (waiting.number, notice, waiting.over, tried, waiting.tried_utc_s, waiting.unclear)
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?)", row)

    def remove(self, waiting: Waiting) -> None:
        """Delete a notice, and keep its id."""
        with self._file:
            self._file.execute("DELETE FROM waiting WHERE number = ?", (waiting.number,))
            self._file.execute("INSERT OR REPLACE INTO arrived VALUES (?, ?)", (waiting.notice.id, time.time()))


def _waiting(row: tuple[Any, ...]) -> Waiting | None:
    number, notice, over, tried, tried_utc_s, unclear = row
    try:
        message = Message(**json.loads(tried)) if tried else None
        return Waiting(number, Notice(**json.loads(notice)), bool(over), True, message, tried_utc_s, unclear)
    except (ValueError, TypeError, RecursionError):
        return None


class NoticeStore:
    """QueueMirror on the disk; a failing disk loses the mirror, never an alert."""

    def __init__(self, folder: Path) -> None:
        self._store = QueueStore(folder / FILE, NoticeDatabase, "notify-store", "a crash may lose or repeat an alert")

    @property
    def trouble(self) -> str | None:
        """Why notices are not stored; None: all is well."""
        return self._store.trouble

    async def restore(self) -> StoredNotices:
        """Return what the last run stored; nothing where the disk does not answer within _LIMIT_S."""
        return await self._store.read(lambda database: database.read(), _LIMIT_S) or StoredNotices()

    def put(self, waiting: Waiting) -> None:
        """See `QueueMirror.put`."""
        self._store.write(lambda database: database.put(waiting))

    def remove(self, waiting: Waiting) -> None:
        """See `QueueMirror.remove`."""
        self._store.write(lambda database: database.remove(waiting))

    async def written(self) -> None:
        """Wait until everything so far is on the disk, for _LIMIT_S at most."""
        await self._store.written(_LIMIT_S)

    async def close(self, limit_s: float) -> None:
        """Write what waits, and close the file; give up after `limit_s`."""
        await self._store.close(limit_s)
