"""Store of the notices: those that wait, and the ids of those that arrived, in a small SQLite file."""

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from babycryd.notify.message import Message
from babycryd.notify.notice import Notice
from babycryd.notify.queue import Waiting
from babycryd.system.files import identity, set_aside
from babycryd.system.plain_files import require_plain_database
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

FILE: Final = "alerts.sqlite3"
_KNOWN_S: Final = 3 * 86_400.0  # for which an id is kept; a notice is dropped sooner
_LIMIT_S: Final = 3.0  # for the disk; an alert does not wait longer for it
_MOST_WAITING: Final = 1000  # writes
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY, notice TEXT NOT NULL, over INTEGER NOT NULL,
    tried TEXT, tried_utc_s REAL NOT NULL, unclear INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS arrived (id TEXT PRIMARY KEY, utc_s REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class StoredNotices:
    """Content of the store, as an earlier run left it."""

    waiting: list[Waiting] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)  # ids


class NoticeDatabase:
    """SQLite file of the notices, for one thread. Raises sqlite3.Error and OSError."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; set a damaged file aside."""
        path.parent.mkdir(parents=True, exist_ok=True)
        require_plain_database(path)
        try:
            self._file = _opened(path)
        except sqlite3.DatabaseError as broken:
            if isinstance(broken, sqlite3.OperationalError):
                raise  # locked, full, no rights: the file itself is not damaged
            log.warning("%s cannot be read (%s); set aside as %s", path, broken, set_aside(path, time.time()))
            self._file = _opened(path)
        self._path, self._identity = path, identity(path)

    @property
    def is_current(self) -> bool:
        """Whether the file is still the one at its path."""
        return identity(self._path) == self._identity

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

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")  # safe against a power cut; costs a few writes an alert
        file.executescript(_SCHEMA)
        (found,) = file.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    except sqlite3.Error:
        file.close()
        raise
    return file


def _waiting(row: tuple[Any, ...]) -> Waiting | None:
    number, notice, over, tried, tried_utc_s, unclear = row
    try:
        message = Message(**json.loads(tried)) if tried else None
        return Waiting(number, Notice(**json.loads(notice)), bool(over), True, message, tried_utc_s, unclear)
    except (ValueError, TypeError, RecursionError):
        return None


class NoticeStore:
    """QueueMirror that writes in a thread of its own; a failing disk loses the mirror, never an alert."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._database: NoticeDatabase | None = None
        self._worker = WorkerThread("notify-store", _MOST_WAITING)
        self._given_up = False
        self.trouble: str | None = None  # why notices are not stored

    async def restore(self) -> StoredNotices:
        """Return what the last run stored; nothing where the disk does not answer within _LIMIT_S."""
        try:
            return await self._worker.call(self._open, _LIMIT_S)
        except (sqlite3.Error, OSError) as error:  # TimeoutError is an OSError
            self._given_up = True  # even if it opens later, its numbers differ from ours
            self._complain(error)
            return StoredNotices()

    def put(self, waiting: Waiting) -> None:
        """See `QueueMirror.put`."""
        self._begin(lambda database: database.put(waiting))

    def remove(self, waiting: Waiting) -> None:
        """See `QueueMirror.remove`."""
        self._begin(lambda database: database.remove(waiting))

    async def written(self) -> None:
        """Wait until everything so far is on the disk, for _LIMIT_S at most."""
        with contextlib.suppress(OSError):
            await self._worker.call(lambda: None, _LIMIT_S)

    async def close(self, limit_s: float) -> None:
        """Write what waits, and close the file; give up after `limit_s`."""
        with contextlib.suppress(sqlite3.Error, OSError):
            await self._worker.call(self._close, limit_s)
        self._worker.end()

    def _open(self) -> StoredNotices:
        self._database = NoticeDatabase(self._path)
        return self._database.read()

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _begin(self, write: Callable[[NoticeDatabase], None]) -> None:
        def work() -> None:
            if self._database is None or self._given_up:
                return  # the trouble has been told already
            if not self._database.is_current:
                log.warning("%s was deleted or replaced; it begins anew", self._path)
                self._database.close()
                self._database = NoticeDatabase(self._path)
            write(self._database)

        try:
            self._worker.begin(work).add_done_callback(self._note_outcome)
        except TimeoutError as full:
            self._complain(full)

    def _note_outcome(self, outcome: "Future[None]") -> None:
        if (error := outcome.exception()) is not None:
            self._complain(error)
        else:
            self.trouble = None

    def _complain(self, error: BaseException) -> None:
        if self.trouble is None:
            why = str(error) or type(error).__name__
            log.warning("%s cannot be written (%s): a crash may lose or repeat an alert", self._path, why)
            self.trouble = f"{self._path} cannot be written ({why})"
