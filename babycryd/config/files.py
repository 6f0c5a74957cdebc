"""Existence of a file, with a missing right to look told apart from a missing file."""

from pathlib import Path


def is_there(path: Path) -> bool:
    """False only where the file is absent; True also where this user may not look, so that reading it says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
