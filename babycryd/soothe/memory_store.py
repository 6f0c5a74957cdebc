"""Store of the memory of soothing: one small file in the state folder, replaced whole."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from babycryd.soothe.memory_file import DamagedMemoryError, MemoryFileError, NewerMemoryError, from_json, to_json
from babycryd.soothe.sound_memory import Try
from babycryd.system.files import delete_with_set_aside, identity, locked, set_aside, write_whole
from babycryd.system.plain_files import UnfitFileError, read_small

logger = logging.getLogger(__name__)

FILE: Final = "soothing.json"
LOCK: Final = "soothing.lock"
_LARGEST_BYTES: Final = 1_000_000  # 500 tries take 0.1 MB


class MemoryStore:
    """Store of a state folder, for the daemon and `babycryd soothing`. Blocks for the time of a small write.

    A file that is deleted while the daemon runs is to be forgotten; one that is replaced is to be read again.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first write."""
        self._path = folder / FILE
        self._lock = folder / LOCK
        self._ours: tuple[int, int] | None = None  # the file that was read or written last
        self._unread: MemoryFileError | None = None  # why the file must stay as it is: it was not understood

    def look(self) -> tuple[Try, ...]:
        """Return the tries; none where there is no file. It changes nothing. Raises MemoryFileError."""
        try:
            return from_json(read_small(self._path, _LARGEST_BYTES).decode(), str(self._path))
        except FileNotFoundError:
            return ()
        except (UnicodeDecodeError, UnfitFileError) as broken:
            raise DamagedMemoryError(f"{self._path} is damaged ({broken})") from broken
        except OSError as error:
            raise MemoryFileError(f"{self._path} cannot be read ({error.strerror})") from error

    def read(self) -> tuple[Try, ...]:
        """Return the tries as `look` does, but set a damaged file aside. Raises MemoryFileError."""
        self._ours, self._unread = identity(self._path), None
        try:
            return self.look()
        except DamagedMemoryError as broken:
            return self._without(broken)
        except MemoryFileError as error:
            self._unread = error
            raise

    def must_read(self) -> bool:
        """Return whether the file is another one than was read or written last, or was deleted, or never read."""
        return self.has_changed() or (self._unread is not None and not isinstance(self._unread, NewerMemoryError))

    def has_changed(self) -> bool:
        """Return whether the file is another one than was read or written last, or was deleted."""
        return identity(self._path) != self._ours

    def write(self, tries: Sequence[Try]) -> bool:
        """Replace the file; return False, and write nothing, where it has changed meanwhile. Raises MemoryFileError."""
        if self._unread is not None:
            raise MemoryFileError(str(self._unread))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._lock):
                if self.has_changed():
                    return False
                write_whole(self._path, to_json(tries).encode())
                self._ours = identity(self._path)
        except OSError as error:
            raise MemoryFileError(f"{self._path} cannot be written ({error.strerror})") from error
        return True

    def delete(self) -> bool:
        """Delete the file and what was set aside of it; return whether there was any. Raises MemoryFileError."""
        try:
            return delete_with_set_aside(self._path, self._lock)
        except OSError as error:
            raise MemoryFileError(f"{self._path} cannot be deleted ({error.strerror})") from error

    def _without(self, broken: Exception) -> tuple[Try, ...]:
        try:
            aside = set_aside(self._path, time.time())
        except OSError as error:
            self._unread = MemoryFileError(f"{broken}, and cannot be moved away ({error.strerror})")
            raise self._unread from error
        self._ours = None
        logger.warning("%s; set aside as %s, learning begins anew", broken, aside)
        return ()
