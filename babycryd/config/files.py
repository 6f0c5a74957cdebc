"""Whether a file is there, asked so that a closed door is not taken for an empty room."""

from pathlib import Path


def is_there(path: Path) -> bool:
    """False only where the file is absent; True also where we may not look, so that reading it says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
