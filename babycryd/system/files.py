"""Files that others rely on: written whole or not at all, locked, set aside when broken, given to their owner.

Root writes in the daemon's folder, where the daemon's user may have planted links and pipes. No function here follows a
link in the last part of a path, waits for a pipe, or truncates a file.
"""

import contextlib
import errno
import fcntl
import glob
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from babycryd.system.plain_files import SIDECARS, beside, opened_plain

AS_THE_DAEMON: Final = "run this as the daemon's user (sudo -u babycryd ...)"  # for a user who may not open its files
LOCK_LIMIT_S: Final = 5.0
_LOCK_PAUSE_S: Final = 0.02
PARTIAL: Final = ".partial"  # how the name of an unfinished file ends; nothing reads such a file
_NO_SYNC: Final = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}  # this file system, or this user, cannot sync a folder


@contextlib.contextmanager
def replacing(path: Path, *, mode: int | None = None, owner: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a new file that replaces `path` when the block ends; at any moment either the old or the new one is there.

    `mode`: permissions; None keeps those of the old file, or takes the user's default. `owner`: the file or folder
    whose owner gets it, by default the folder of `path`. A block that raises changes nothing. A link is replaced, not
    followed. Raises OSError.
    """
    wanted = _mode_of(path) if mode is None else mode
    partial = path.with_name(f"{path.name}.{os.urandom(4).hex()}{PARTIAL}")
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(partial, new, 0o666 if wanted is None else 0o600)  # never open to more users than it will be
    try:
        with os.fdopen(descriptor, "wb") as file:
            hand_over(descriptor, path.parent if owner is None else owner)
            if wanted is not None:
                os.fchmod(descriptor, wanted)
            yield file
            file.flush()
            os.fsync(descriptor)
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    _sync(path.parent)


def write_whole(path: Path, content: bytes, *, mode: int | None = None, owner: Path | None = None) -> None:
    """Replace `path` by a file with this content; parameters and errors as of `replacing`."""
    with replacing(path, mode=mode, owner=owner) as file:
        file.write(content)


def set_aside(path: Path, utc_s: float) -> Path:
    """Move a broken file, and SQLite's files beside it, to `NAME.broken-<utc_s>`; return that name.

    The sidecars go first: a crash in between leaves a main file without them, never an old log beside a new main file.
    A file that was set aside in the same second is not overwritten. Raises OSError.
    """
    aside = _free(path.with_name(f"{path.name}.broken-{utc_s:.0f}"))
    for ending in SIDECARS:
        with contextlib.suppress(FileNotFoundError):
            beside(path, ending).replace(beside(aside, ending))
    _sync(path.parent)
    path.replace(aside)
    _sync(path.parent)
    return aside


def with_set_aside(path: Path) -> list[Path]:
    """Return a file, where it is there or this user may not look, and all that was set aside of it."""
    return [path] * is_there(path) + sorted(path.parent.glob(f"{glob.escape(path.name)}.broken-*"))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, made where it is missing, against other processes that do the same.

    Raises UnfitFileError, and TimeoutError where another process holds it for LOCK_LIMIT_S. Raises OSError.
    """
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            hand_over(descriptor, path.parent)  # only a new one: an old one may have another name elsewhere
        finally:
            os.close(descriptor)
    with opened_plain(path, os.O_RDWR) as lock:
        _lock(lock, path)
        yield


def _lock(descriptor: int, path: Path) -> None:
    ends_s = time.monotonic() + LOCK_LIMIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends_s:
                raise TimeoutError(errno.ETIMEDOUT, "another process holds the lock", str(path)) from None
            time.sleep(_LOCK_PAUSE_S)
        else:
            return


def hand_over(descriptor: int, owner: Path) -> None:
    """Give an open file the owner of another file or folder, so that the daemon can read root's files.

    Only root may give files away; for any other user the group follows, where the user belongs to it. Raises OSError.
    """
    if not owner.exists():
        return
    wanted, has = owner.stat(), os.fstat(descriptor)
    if os.geteuid() == 0:
        os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
    elif wanted.st_gid != has.st_gid:
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, -1, wanted.st_gid)


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file or folder from another one of its name (device, inode); None: there is none to see.

    An open database compares it, as what is written to a deleted file is lost without an error.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_there(path: Path) -> bool:
    """Return False only where the file is absent; True also where this user may not look, so that reading says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _mode_of(path: Path) -> int | None:
    """Return the permission bits of a plain file; None where there is none."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_mode & 0o777 if stat.S_ISREG(found.st_mode) else None


def _free(path: Path) -> Path:
    """Return `path`, or that name with -2, -3, ... where it or a sidecar of it is taken."""
    number, found = 1, path
    while any(os.path.lexists(beside(found, ending)) for ending in ("", *SIDECARS)):
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


def _sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Raises OSError."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def delete_with_set_aside(path: Path, lock: Path) -> bool:
    """Delete a file and what was set aside of it, under a lock; return whether there was any. Raises OSError."""
    if not with_set_aside(path):
        return False
    with locked(lock):
        for each in with_set_aside(path):
            each.unlink(missing_ok=True)
    return True
