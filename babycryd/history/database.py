"""SQLite file of the history: its form, and how it is opened for writing and for reading."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from babycryd.core.records import RecordsError
from babycryd.system.files import AS_THE_DAEMON
from babycryd.system.plain_files import UnfitFileError, require_plain_database

FILE: Final = "history.sqlite3"

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
    """
    CREATE TABLE sounds_tried (
        episode TEXT NOT NULL, step INTEGER NOT NULL, sound TEXT NOT NULL, outcome TEXT, took_s REAL,
        PRIMARY KEY (episode, step)
    );
    """,
)


def open_to_write(path: Path, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open the file, or make it, and bring it to the newest form.

    Raises sqlite3.Error, OSError; RecordsError for the file of a newer babycryd.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    require_plain_database(path)
    file = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
    try:
        file.execute("PRAGMA auto_vacuum = INCREMENTAL")  # works only before there is a table
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")  # whole after a power cut, but for the last seconds
        _migrate(file, path, migrations)
    except BaseException:
        file.close()
        raise
    return file


def _migrate(file: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    (form,) = file.execute("PRAGMA user_version").fetchone()
    if form > len(migrations):
        raise RecordsError(
            f"{path} was written by a newer babycryd (form {form}, this one knows {len(migrations)}): "
            "upgrade babycryd, or move the file away to begin anew"
        )
    if form < len(migrations):  # whole or not at all: a reader never sees a form between
        script = "; ".join(migrations[form:])
        file.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {len(migrations)}; COMMIT;")


@contextlib.contextmanager
def opened_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file, which the daemon may be writing; an empty history where there is none. Raises RecordsError."""
    file = _connected(path) if _is_there(path) else _empty()
    try:
        yield file
    except (
        sqlite3.Error,
        ValueError,
        TypeError,
    ) as error:  # ValueError, TypeError: values that babycryd never wrote
        raise RecordsError(f"{path} cannot be read ({error}){_remedy(error)}") from error
    finally:
        file.close()


def _is_there(path: Path) -> bool:
    """Return whether the file exists. Raises RecordsError where this user may not know."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise RecordsError(f"{path} cannot be read ({error.strerror})") from error
    return True


def _empty() -> sqlite3.Connection:
    file = sqlite3.connect(":memory:")
    for script in MIGRATIONS:
        file.executescript(script)
    return file


def _connected(path: Path) -> sqlite3.Connection:
    try:
        require_plain_database(path)
        file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)
        form, tables = file.execute(
            "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
    except UnfitFileError as error:
        raise RecordsError(f"{path} cannot be read ({error})") from error
    except sqlite3.Error as error:
        raise RecordsError(f"{path} cannot be read ({error}){_remedy(error)}") from error
    if form == tables == 0:  # the daemon is just making it
        file.close()
        return _empty()
    if form != len(MIGRATIONS):
        file.close()
        who = "a newer" if form > len(MIGRATIONS) else "an older"
        raise RecordsError(f"{path} is of {who} babycryd: start this one's daemon, or upgrade it")
    file.text_factory = lambda text: text.decode(errors="replace")  # else one damaged text would hide all records
    return file


def _remedy(error: Exception) -> str:
    if not isinstance(error, sqlite3.OperationalError) or "no such" in str(error):
        return ": it is damaged; stop babycryd and move it away, and a new history begins"
    if "locked" in str(error):
        return ": try again"
    return f": {AS_THE_DAEMON}"
