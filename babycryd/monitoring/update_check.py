"""Update check: whether an update of the installed package failed or was undone, so that the version before runs."""

import sys
from pathlib import Path
from typing import Final

from babycryd.system.plain_files import read_small

FAILED: Final = "update-failed"  # the package's script writes the reason beside the environments, and deletes it
UNDONE: Final = "update-undone"  # the same for an update that listened no more (packaging/debian/update)
_LARGEST_BYTES: Final = 10_000


def failed_update(environment: Path = Path(sys.prefix)) -> str | None:
    """Return why the last update failed or was undone, or None. `environment`: the one that this program runs in."""
    reasons = (_reason(environment.parent / name) for name in (FAILED, UNDONE))
    return next((reason for reason in reasons if reason is not None), None)


def _reason(path: Path) -> str | None:
    try:
        return read_small(path, _LARGEST_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{path}: {error.strerror}"
