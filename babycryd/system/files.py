"""Files that others rely on: read within bounds, written whole or not at all, set aside when broken.

Root reads and writes in the daemon's folder, where the daemon's user may have planted links and pipes. No function here
follows a link in the last part of a path unless its caller says so, waits for a pipe, or truncates a file.
"""

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

AS_THE_DAEMON: Final = "run this as the daemon's user (sudo -u babycryd ...)"  # for a user who may not open its files
LOCK_LIMIT_S: Final = 5.0
_LOCK_PAUSE_S: Final = 0.02
PARTIAL: Final = ".partial"  # how the name of an unfinished file ends; nothing reads such a file
_SIDECARS: Final = ("-wal", "-shm", "-journal")  # SQLite's logs and their index, beside the main file
_NO_SYNC: Final = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}  # this file system, or this user, cannot sync a folder
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class UnfitFileError(OSError):
    """A path that leads to no plain file of a fit size; `strerror` and the text say what it leads to."""

    def __str__(self) -> str:
        return str(self.strerror)


def read_small(path: Path, largest_bytes: int = 1_000_000, *, follow: bool = False) -> bytes:
    """Return the content of a plain file. `follow`: a link leads to it, as an owner may set one; not in our own folder.

    It returns at once whatever the path leads to: a pipe, a device, a folder, a forbidden link or a file larger than
    `largest_bytes` raises UnfitFileError. Raises OSError.
    """
    with opened_plain(path, os.O_RDONLY, follow=follow) as descriptor:
        if os.fstat(descriptor).st_size > largest_bytes:
            raise _too_large(path, largest_bytes)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(largest_bytes + 1)
    if len(content) > largest_bytes:  # a file of /proc, or one that has grown
        raise _too_large(path, largest_bytes)
    return content


@contextlib.contextmanager
def opened_plain(path: Path, flags: int, *, follow: bool = False) -> Iterator[int]:
    """Yield the descriptor of a plain file that is there, opened with `flags`; else as `read_small`."""
    safe = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags | safe)
    except OSError as error:
        require_plain(path, follow=follow)
        raise error from None
    try:
        _require_plain(path, os.fstat(descriptor))
        yield descriptor
    finally:
        os.close(descriptor)


def require_plain(path: Path, *, follow: bool = False) -> None:
    """Raise UnfitFileError where a path leads to something else than a plain file; a missing file passes."""
    with contextlib.suppress(FileNotFoundError):
        _require_plain(path, path.stat(follow_symlinks=follow))


def require_plain_database(path: Path) -> None:
    """Raise UnfitFileError where a SQLite file, or a file that SQLite keeps beside it, is no plain file."""
    for ending in ("", *_SIDECARS):
        require_plain(_beside(path, ending))


def _require_plain(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), "no file")
        number = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise UnfitFileError(number, f"it is {kind}, not a plain file", str(path))


def _too_large(path: Path, largest_bytes: int) -> UnfitFileError:
    text = f"it is larger than {largest_bytes // 1000} kB, too large for a file of this kind"
    return UnfitFileError(errno.EFBIG, text, str(path))


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
    for ending in _SIDECARS:
        with contextlib.suppress(FileNotFoundError):
            _beside(path, ending).replace(_beside(aside, ending))
    _sync(path.parent)
    path.replace(aside)
    _sync(path.parent)
    return aside


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
    while any(os.path.lexists(_beside(found, ending)) for ending in ("", *_SIDECARS)):
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


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
