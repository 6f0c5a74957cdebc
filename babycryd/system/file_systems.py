"""File systems that forget: those in memory, and overlays, whose upper layer is mostly there or in a container."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_FORGETFUL: Final = frozenset({"overlay", "ramfs", "tmpfs"})
_MOUNTS: Final = Path("/proc/self/mountinfo")


def forgetful(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the kind of a file system that does not outlive a restart, such as tmpfs; None for a disk, or if unknown.

    `mounts`: the list of mounts, proc_pid_mountinfo(5).
    """
    with suppress(OSError, ValueError, IndexError):
        device = path.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        for line in mounts.read_text(errors="replace").splitlines():
            mount, _, source = line.partition(" - ")
            if mount.split()[2] == number:
                kind = source.split()[0]
                return kind if kind in _FORGETFUL else None
    return None
