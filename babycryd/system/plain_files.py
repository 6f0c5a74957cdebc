"""Plain files, read or opened within bounds: a path to anything else costs neither time nor memory.

Root reads and writes in the daemon's folder, where the daemon's user may have planted links and pipes. No function here
follows a link in the last part of a path unless its caller says so.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SIDECARS: Final = ("-wal", "-shm", "-journal")  # SQLite's logs and their index, beside the main file
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

    It returns at once: a pipe, a device, a folder, a forbidden link or a file larger than
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
    """Raise UnfitFileError where a SQLite file, or a file that SQLite keeps beside it, is no plain file.

    SQLite opens them by their names. So for root in another user's folder none may have a second name elsewhere.
    """
    for each in (beside(path, ending) for ending in ("", *SIDECARS)):
        require_plain(each)
        if os.geteuid() == 0 and each.exists() and each.stat().st_nlink > 1 and each.parent.stat().st_uid != 0:
            raise UnfitFileError(errno.EMLINK, f"{each.name} is a hard link, and may be another file too", str(each))


def require_no_link(folder: Path) -> None:
    """Raise UnfitFileError where a folder of our own is a link: what it leads to is not ours to list or delete."""
    if folder.is_symlink():
        raise UnfitFileError(errno.ELOOP, "it is a link, which is not followed", str(folder))


def require_own_links(path: Path) -> None:
    """Raise UnfitFileError where a link on the way to a path may have been planted there by another user than root.

    It may if the link, or the folder that it is in, belongs to neither root nor this user.
    """
    own = {0, os.geteuid()}
    for each in (path.absolute(), *path.absolute().parents):
        if each.is_symlink() and not {each.lstat().st_uid, each.parent.stat().st_uid} <= own:
            text = f"{each} is a link of another user, which is not followed"
            raise UnfitFileError(errno.ELOOP, text, str(path))


def _require_plain(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), "no file")
        number = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise UnfitFileError(number, f"it is {kind}, not a plain file", str(path))


def _too_large(path: Path, largest_bytes: int) -> UnfitFileError:
    text = f"it is larger than {largest_bytes // 1000} kB, too large for a file of this kind"
    return UnfitFileError(errno.EFBIG, text, str(path))


def beside(path: Path, ending: str) -> Path:
    """Return the path with `ending` behind its name."""
    return path.with_name(path.name + ending)
