"""Restoring of a backup: everything is checked first, and what it replaces is moved aside."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from babycryd.backup.archive import Archive, BackupError, Manifest
from babycryd.backup.contents import (
    CONFIG,
    DATABASES,
    HISTORY,
    KEPT_STATE,
    SECRET,
    SECRET_STATE,
    STATE,
    secret_files,
)
from babycryd.config import ConfigError, Settings, load, state_folder
from babycryd.config.load import LARGEST_BYTES, settings_from
from babycryd.config.page_file import FILE, with_page_file
from babycryd.core.records import RecordsError
from babycryd.history.database import open_to_write
from babycryd.soothe.library import VOICES
from babycryd.system.files import hand_over, replacing
from babycryd.system.plain_files import SIDECARS, beside, opened_plain, require_no_link, require_own_links

_OWNER_ONLY: Final = 0o600
_SPARE: Final = 20_000_000  # bytes that stay free


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    state: Path  # the state folder
    replaced: Path | None  # where the state before it is; None: there was none
    config: Path | None  # the configuration that was written; None: the backup has none
    left_out: tuple[str, ...]  # keys of secrets whose files lie elsewhere, and are to be written by hand


def restore(file: BinaryIO, config: Path, environ: Mapping[str, str], now_utc_s: float) -> Restored:
    """Restore a backup: its configuration into `config`, the state into the folder that this names.

    Raises BackupError, ConfigError and OSError; before the first file is replaced, everything has been checked.
    """
    archive = Archive(file)
    settings, text = _settings(archive, config)
    state = state_folder(settings, environ)
    settings = _with_page_settings(archive, settings, text, state)
    require_own_links(state)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if users := list(_users_of(state)):
        raise BackupError(f"{', '.join(users)} uses {state}: stop babycryd first (sudo systemctl stop babycryd)")
    require_no_link(state / VOICES)
    _require_room(state, sum(each.size for each in archive.manifest.files))
    with tempfile.TemporaryDirectory(prefix="babycryd-restore-") as name:
        unpacked = _unpacked(archive, Path(name))
        replaced = _set_aside(state, f"replaced-{datetime.fromtimestamp(now_utc_s, UTC):%Y%m%dT%H%M%SZ}")
        if text is not None:
            _write_config(config, text, now_utc_s)
        targets = _targets(state, settings, config.absolute().parent, unpacked)
        for packed, target in targets.items():
            _copy(unpacked[packed], target, state)
    left_out = tuple(each.removeprefix(SECRET) for each in unpacked.keys() - targets.keys())
    return Restored(archive.manifest, state, replaced, None if text is None else config, left_out)


def _require_room(state: Path, size: int) -> None:
    """Raise BackupError where the disk lacks room for a backup of this size, in bytes, unpacked."""
    for folder in (state, Path(tempfile.gettempdir())):
        free = shutil.disk_usage(folder).free
        if free < size + _SPARE:
            raise BackupError(f"it needs {size / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free in {folder}: make room")


def _settings(archive: Archive, config: Path) -> tuple[Settings, bytes | None]:
    """Return the settings of the backup and their text; without one in it, the present ones."""
    text = archive.read(CONFIG, LARGEST_BYTES)
    if text is None:
        return load(config if config.exists() else None), None
    try:
        return settings_from(
            text.decode("utf-8-sig"), f"the configuration in the backup (for {config})", Settings
        ), text
    except UnicodeDecodeError as error:
        raise BackupError("its configuration is no UTF-8 text") from error


def _with_page_settings(archive: Archive, settings: Settings, text: bytes | None, state: Path) -> Settings:
    """Return the settings of the backup with those of the page, whose recipients have secrets; without, if unfit."""
    page = archive.read(f"{STATE}{FILE}", LARGEST_BYTES)
    if page is None:
        return settings
    try:
        return with_page_file((text or b"").decode("utf-8-sig"), page.decode(), state / FILE)
    except (ConfigError, UnicodeDecodeError):  # the daemon names it in its log
        return settings


def _unpacked(archive: Archive, folder: Path) -> dict[str, Path]:
    """Unpack everything but the configuration, check it, and bring the history to this version's form."""
    unpacked = dict[str, Path]()
    for number, packed in enumerate(each for each in archive.manifest.files if each.name != CONFIG):
        unpacked[packed.name] = folder / str(number)
        with unpacked[packed.name].open("xb") as target:
            archive.unpack(packed, target)
    for name in DATABASES:
        if path := unpacked.get(f"{STATE}{name}"):
            _check_database(name, path)
    return unpacked


def _check_database(name: str, path: Path) -> None:
    try:
        with closing(open_to_write(path) if name == HISTORY else sqlite3.connect(path)) as database:
            (found,) = database.execute("PRAGMA quick_check").fetchone()
            database.execute("PRAGMA journal_mode = DELETE")  # so that nothing of it stands beside the file
    except RecordsError as error:
        raise BackupError(str(error).replace(str(path), name)) from error
    except sqlite3.Error as error:
        raise BackupError(f"{name} in it cannot be read ({error})") from error
    if found != "ok":
        raise BackupError(f"{name} in it is damaged ({found})")


def _set_aside(state: Path, name: str) -> Path | None:
    """Move the present files into a folder of the state folder; return it, or None where there are none."""
    kept = [state / each for each in (*KEPT_STATE, *SECRET_STATE)]
    present = [path for each in kept for ending in ("", *SIDECARS) if os.path.lexists(path := beside(each, ending))]
    if not present:
        return None
    folder = state / name
    folder.mkdir(mode=0o700)
    _give(folder, state)
    for path in present:
        path.rename(folder / path.name)
    return folder


def _write_config(config: Path, text: bytes, now_utc_s: float) -> None:
    require_own_links(config)
    config.parent.mkdir(parents=True, exist_ok=True)
    if config.exists():
        config.rename(config.with_name(f"{config.name}.replaced-{now_utc_s:.0f}"))
    with replacing(config, mode=0o644) as file:
        file.write(text)


def _targets(state: Path, settings: Settings, config_folder: Path, unpacked: Mapping[str, Path]) -> dict[str, Path]:
    """Return where each file goes. Secrets go beside the configuration or into the state folder, and nowhere else."""
    secrets = {f"{SECRET}{key}": path for key, path in secret_files(settings)}
    targets = dict[str, Path]()
    for packed in unpacked:
        path = secrets.get(packed) if packed.startswith(SECRET) else state / packed.removeprefix(STATE)
        if path is not None and (
            not packed.startswith(SECRET) or path.parent.resolve() in (config_folder.resolve(), state.resolve())
        ):
            targets[packed] = path
    return targets


def _copy(source: Path, target: Path, state: Path) -> None:
    """Copy a file for the daemon's user only; a recording's folder is made where it is missing."""
    if target.parent == state / VOICES and not target.parent.exists():
        target.parent.mkdir(mode=0o700)
        _give(target.parent, state)
    with opened_plain(source, os.O_RDONLY) as descriptor, replacing(target, mode=_OWNER_ONLY, owner=state) as file:
        while chunk := os.read(descriptor, 1 << 20):
            file.write(chunk)


def _give(folder: Path, owner: Path) -> None:
    """Give a new folder to the owner of another one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        hand_over(descriptor, owner)
    finally:
        os.close(descriptor)


def _users_of(folder: Path) -> Iterator[str]:
    """Yield name and number of each other process that has a file in a folder open, as far as this user may see."""
    inside = f"{folder.resolve()}{os.sep}"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            opened = [os.readlink(each) for each in (process / "fd").iterdir()]  # noqa: PTH115  # of names that are no path
            if int(process.name) != os.getpid() and any(each.startswith(inside) for each in opened):
                yield f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue
