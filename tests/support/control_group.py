"""A control group around a process: so much memory, such a share of one CPU, as the unit or a busy Pi would give it."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.patience import HANG_S

_ROOT = Path("/sys/fs/cgroup")
_PERIOD_US = 100_000


class Cage:
    """`with Cage(memory_mb=150) as cage:` then run `[*cage.command, PROGRAM, …]`. Needs root, else skips."""

    def __init__(self, *, memory_mb: int | None = None, cpu_share: float | None = None) -> None:
        self._memory_mb = memory_mb
        self._cpu_share = cpu_share
        self._unified = (_ROOT / "cgroup.controllers").exists()
        name = f"babycryd-test-{os.getpid()}"
        parts = {"memory": memory_mb, "cpu": cpu_share}
        self._folders = {
            part: _ROOT / name if self._unified else _ROOT / part / name for part, limit in parts.items() if limit
        }

    def __enter__(self) -> Self:
        try:
            for folder in set(self._folders.values()):
                folder.mkdir(exist_ok=True)
            self._limit()
        except OSError as error:
            self._remove()
            pytest.skip(f"no control groups here: {error}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._remove()

    @property
    def command(self) -> list[str]:
        """A program of these words puts itself into the cage, then becomes the rest of its command line."""
        joins = "".join(f"echo $$ > {folder}/cgroup.procs && " for folder in set(self._folders.values()))
        return ["sh", "-c", f'{joins}exec "$@"', "cage"]

    def peak_mb(self) -> float:
        """Most memory that was used at once, 2^20 bytes."""
        name = "memory.peak" if self._unified else "memory.max_usage_in_bytes"
        return int((self._folders["memory"] / name).read_text()) / (1 << 20)

    def _limit(self) -> None:
        if self._memory_mb is not None:
            folder, limit = self._folders["memory"], str(self._memory_mb << 20)
            (folder / ("memory.max" if self._unified else "memory.limit_in_bytes")).write_text(limit)
            swap = folder / "memory.swap.max"
            if self._unified and swap.exists():
                swap.write_text("0")
        if self._cpu_share is not None:
            folder, quota_us = self._folders["cpu"], round(self._cpu_share * _PERIOD_US)
            if self._unified:
                (folder / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
            else:
                (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
                (folder / "cpu.cfs_quota_us").write_text(str(quota_us))

    def _remove(self) -> None:
        deadline_s = time.monotonic() + HANG_S
        for folder in set(self._folders.values()):
            while folder.exists() and time.monotonic() < deadline_s:
                try:
                    folder.rmdir()
                except OSError:  # a process in it has not ended yet
                    time.sleep(0.05)
