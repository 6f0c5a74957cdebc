"""A small ext4 of its own, which can be filled and can fail like a worn memory card."""

import errno
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


class SmallDisk:
    """`with SmallDisk(folder) as disk:` is mounted at `disk.path`. Needs root and loop devices, else skips."""

    def __init__(self, folder: Path, megabytes: int = 12) -> None:
        self.path = folder / "disk"
        self._image = folder / "disk.img"
        self._megabytes = megabytes
        self._ballast = self.path / "ballast"

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            pytest.skip("mounting a disk needs root")
        with self._image.open("wb") as image:
            image.truncate(self._megabytes << 20)
        self.path.mkdir()
        self._do("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", str(self._image))
        self.mount()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run(["umount", "--lazy", str(self.path)], check=False, capture_output=True)

    def mount(self) -> None:
        done = subprocess.run(
            ["mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.path)],
            check=False,
            capture_output=True,
        )
        if done.returncode:
            pytest.skip(f"no loop device here: {done.stderr.decode()}")

    def fill(self) -> None:
        """Until not a byte more fits."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (1 << 16, 1 << 10, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError as full:
                    assert full.errno == errno.ENOSPC, full  # noqa: PT017  # any other end of the loop is wrong

    def make_room(self) -> None:
        self._ballast.unlink()

    def fail(self) -> None:
        """The kernel finds an error on it and mounts it read-only."""
        source = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.path)], check=True, capture_output=True, text=True
        ).stdout.strip()
        Path("/sys/fs/ext4", Path(source).name, "trigger_fs_error").write_text("1")

    def repair(self) -> None:
        """As at the next boot."""
        self._do("umount", str(self.path))
        while subprocess.run(["losetup", "-j", str(self._image)], check=True, capture_output=True).stdout:
            time.sleep(0.05)  # the kernel lets go of it in its own time, and keeps the failed state so long
        subprocess.run(["e2fsck", "-y", str(self._image)], check=False, capture_output=True)
        self.mount()

    def _do(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)
