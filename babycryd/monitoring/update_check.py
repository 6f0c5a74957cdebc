"""Update check: whether an update of the installed package failed, so that the version before runs on."""

import sys
from pathlib import Path
from typing import Final

from babycryd.system.plain_files import read_small

FAILED: Final = "update-failed"  # the package's script writes the reason beside the environments, and deletes it
_LARGEST_BYTES: Final = 10_000


def failed_update(environment: Path = Path(sys.prefix)) -> str | None:
    """Return why the last update failed, or None. `environment`: the one that this program runs in."""
    try:
        return read_small(environment.parent / FAILED, _LARGEST_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{environment.parent / FAILED}: {error.strerror}"
