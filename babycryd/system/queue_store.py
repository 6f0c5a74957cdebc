"""Queue store: a small SQLite file whose content survives a crash, written in a thread of its own."""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import ClassVar, Final, Generic, Self, TypeVar

from babycryd.system.files import identity, set_aside
from babycryd.system.plain_files import require_plain_database
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

_PAGE_BYTES: Final = 1024  # a message takes some hundred bytes; SQLite's own 4096 would be written for each change
_MOST_WAITING: Final = 1000  # writes in the queue; more mean that the disk is broken


class QueueDatabase:
    """SQLite file of a queue, for one thread; a subclass adds tables and statements. Raises sqlite3.Error, OSError."""

    SCHEMA: ClassVar[str]  # statements that make the tables where they are missing

    def __init__(self, path: Path) -> None:
        """Open or create the file; set a damaged file, or one that is not SQLite, aside."""
        path.parent.mkdir(parents=True, exist_ok=True)
        require_plain_database(path)
        try:
            self._file = self._opened(path)
        except sqlite3.DatabaseError as broken:
            if isinstance(broken, sqlite3.OperationalError):
                raise  # locked, full, no rights: the file itself is not damaged
            log.warning("%s cannot be read (%s); set aside as %s", path, broken, set_aside(path, time.time()))
            self._file = self._opened(path)
        self._path, self._identity = path, identity(path)

    def current(self) -> Self:
        """Return this database, made anew where its file, or the folder of its file, was deleted or replaced."""
        if identity(self._path) == self._identity:
            return self
        log.warning("%s was deleted or replaced; it begins anew", self._path)
        self.close()
        return type(self)(self._path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _opened(self, path: Path) -> sqlite3.Connection:
        file = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
        file.text_factory = lambda text: text.decode(errors="replace")  # else one damaged text would hide all rows
        try:
            _use_small_pages(file)
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = FULL")  # safe against a power cut; costs a few writes an episode
            file.executescript(self.SCHEMA)
            (found,) = file.execute("PRAGMA quick_check").fetchone()  # a power cut may damage any page
            if found != "ok":
                raise sqlite3.DatabaseError(found)
        except sqlite3.Error:
            file.close()
            raise
        return file


def _use_small_pages(file: sqlite3.Connection) -> None:
    """Give the file pages of _PAGE_BYTES: each write then costs a memory card less. A file in use keeps its pages."""
    (found,) = file.execute("PRAGMA page_size").fetchone()
    (pages,) = file.execute("PRAGMA page_count").fetchone()
    if found == _PAGE_BYTES:
        return
    with contextlib.suppress(sqlite3.OperationalError):  # another process has it open
        if pages:
            file.execute("PRAGMA journal_mode = DELETE")  # in WAL a file keeps its size of pages
        file.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        if pages:
            file.execute("VACUUM")


DatabaseT = TypeVar("DatabaseT", bound=QueueDatabase)
StoredT = TypeVar("StoredT")


class QueueStore(Generic[DatabaseT]):
    """Writer of a queue's database in a thread of its own; a failing disk loses the copy on the disk, never a message.

    It gives up the disk for this run where the file does not open in time: the numbers in it differ from those of
    this run then.
    """

    def __init__(self, path: Path, open_database: Callable[[Path], DatabaseT], thread: str, loss: str) -> None:
        """`thread`: its name; `loss`: what a crash does while the disk fails, for the log."""
        self._path = path
        self._open_database = open_database
        self._worker = WorkerThread(thread, _MOST_WAITING)
        self._loss = loss
        self._database: DatabaseT | None = None
        self._given_up = False
        self.trouble: str | None = None  # why nothing is stored

    async def read(self, read: Callable[[DatabaseT], StoredT], limit_s: float) -> StoredT | None:
        """Open the file, and return what `read` finds in it; None where the disk does not answer within `limit_s`."""

        def opened() -> StoredT:
            self._database = self._open_database(self._path)
            return read(self._database)

        try:
            return await self._worker.call(opened, limit_s)
        except (sqlite3.Error, OSError) as error:  # TimeoutError is an OSError
            self._given_up = True
            self._complain(error)
            return None

    def write(self, write: Callable[[DatabaseT], None]) -> None:
        """Let the thread write, after what it was given before; return at once."""

        def work() -> None:
            if self._database is not None and not self._given_up:  # else the trouble has been told already
                self._database = self._database.current()
                write(self._database)

        try:
            self._worker.begin(work).add_done_callback(self._note_outcome)
        except TimeoutError as full:
            self._complain(full)

    async def written(self, limit_s: float) -> None:
        """Wait until everything so far is on the disk, for `limit_s` at most."""
        with contextlib.suppress(OSError):
            await self._worker.call(lambda: None, limit_s)

    async def close(self, limit_s: float) -> None:
        """Write what waits, and close the file; give up after `limit_s`."""
        with contextlib.suppress(sqlite3.Error, OSError):
            await self._worker.call(self._close, limit_s)
        self._worker.end()

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _note_outcome(self, outcome: "Future[None]") -> None:
        if (error := outcome.exception()) is not None:
            self._complain(error)
        elif not self._given_up:
            self.trouble = None

    def _complain(self, error: BaseException) -> None:
        if self.trouble is None:
            self.trouble = f"{self._path} cannot be written ({str(error) or type(error).__name__})"
            log.warning("%s: %s", self.trouble, self._loss)
