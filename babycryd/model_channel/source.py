"""Source of offers: a folder here, or what a bucket's client keeps of this protocol."""

import errno
from pathlib import Path
from typing import Protocol

from babycryd.system.plain_files import UnfitFileError, read_small


class SourceError(Exception):
    """Nothing could be read; the text has the reason and the remedy."""


class ModelSource(Protocol):
    """Source that reads one file after the other. It blocks."""

    def read(self, name: str, largest_bytes: int) -> bytes | None:
        """Return the content of a file; None where it is not there. Raises SourceError."""
        ...


class FolderSource:
    """Source in a folder of this computer, such as a memory stick or a share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, largest_bytes: int) -> bytes | None:
        path = self._folder / name
        try:
            return read_small(path, largest_bytes, follow=True)
        except (FileNotFoundError, NotADirectoryError):
            if self._folder.is_dir():
                return None
            raise SourceError(f"{self._folder} is no folder: is the drive plugged in, or the share mounted?") from None
        except UnfitFileError as unfit:
            raise SourceError(f"{path}: {unfit}") from unfit
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror or errno.errorcode.get(error.errno or 0)}") from error
