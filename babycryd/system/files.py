"""Whose the files are. What root writes for the daemon must be the daemon's: it could not even read it else."""

import os
from pathlib import Path
from typing import Final

AS_THE_DAEMON: Final = "run this as the daemon's user (sudo -u babycryd ...)"  # whoever may not open its files


def hand_over(descriptor: int, folder: Path) -> None:
    """An open file gets the folder's owner; only root may do so, and nobody else needs to. Raises OSError."""
    if os.geteuid() == 0 and folder.exists():
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
