"""Making of a backup, also while the daemon runs: each file is copied first, and each database as SQLite does it."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babycryd.backup.archive import BackupError, Manifest, is_name, write_archive
from babycryd.backup.contents import CONFIG, DATABASES, SECRET, SECRET_STATE, SMALL, STATE, VOICE, secret_files
from babycryd.config import Settings
from babycryd.soothe.library import VOICES
from babycryd.system.files import PARTIAL, is_there, replacing
from babycryd.system.plain_files import read_small, require_no_link, require_plain_database

_LARGEST: Final = 30_000_000  # bytes of a file that is no database: recordings are the largest


@dataclass(frozen=True, slots=True)
class Source:
    """What a backup is made of."""

    config: Path | None  # None: built-in defaults
    settings: Settings
    state: Path  # the state folder
    secrets: bool = False  # passwords, keys and certificates too
    voices: bool = False  # the owner's recordings too


def make_backup(target: Path, source: Source, now_utc_s: float) -> Manifest:
    """Write a backup, readable by this user only, whole or not at all. Raises BackupError, OSError."""
    with tempfile.TemporaryDirectory(prefix="babycryd-backup-") as name:
        copies = Path(name)
        files = dict[str, Path]()
        for number, (packed, path) in enumerate(_files(source)):
            files[packed] = copies / str(number)
            if packed.startswith(STATE) and path.name in DATABASES:
                _copy_database(path, files[packed])
            else:  # the owner may have links to configuration and secrets, and none in the state folder
                files[packed].write_bytes(read_small(path, _LARGEST, follow=not packed.startswith(STATE)))
        if not files:
            raise BackupError(f"there is nothing to keep: no configuration, and nothing in {source.state}")
        with replacing(target, mode=0o600, owner=copies) as file:
            return write_archive(file, files, now_utc_s)


def _files(source: Source) -> Iterator[tuple[str, Path]]:
    """Yield name in the archive and path of each file that is there."""
    if source.config is not None:
        yield CONFIG, source.config
    names = (*DATABASES, *SMALL, *(SECRET_STATE if source.secrets else ()))
    yield from ((f"{STATE}{name}", source.state / name) for name in names if is_there(source.state / name))
    if source.voices and (source.state / VOICES).exists():
        require_no_link(source.state / VOICES)
        for path in sorted((source.state / VOICES).iterdir()):
            if is_name(f"{VOICE}{path.name}") and not path.name.endswith(PARTIAL):
                yield f"{VOICE}{path.name}", path
    if source.secrets:
        yield from ((f"{SECRET}{key}", path) for key, path in secret_files(source.settings) if is_there(path))


def _copy_database(path: Path, target: Path) -> None:
    require_plain_database(path)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise BackupError(f"{path} cannot be read ({error})") from error
