"""How broker, cloud and disk are: what no event tells, asked when somebody looks."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babycryd.core.check_result import CheckResult

_LEAST_FREE_MB: Final = 100
Trouble = Callable[[], str | None]  # None: there is none


@dataclass(frozen=True, slots=True)
class Checkup:
    """Ask it as often as you like: it opens nothing and sends nothing. None: not wanted by the owner."""

    broker: Trouble | None
    cloud: Trouble | None
    disk: Trouble  # of what is kept
    folder: Path  # where

    def __call__(self) -> list[CheckResult]:
        return [_of("broker", self.broker), _of("cloud", self.cloud), self._disk()]

    def _disk(self) -> CheckResult:
        if trouble := self.disk():
            return CheckResult("disk", good=False, text=trouble)
        at = self.folder
        try:  # a card that fails may not even tell whether a folder is there
            at = next((each for each in (self.folder, *self.folder.parents) if each.exists()), Path("/"))
            free_mb = shutil.disk_usage(at).free // 10**6
        except OSError as error:
            return CheckResult("disk", good=False, text=f"{at}: {error.strerror}")
        if free_mb < _LEAST_FREE_MB:
            return CheckResult("disk", good=False, text=f"{at}: only {free_mb} MB free; make room")
        if not os.access(at, os.W_OK):
            return CheckResult("disk", good=False, text=f"{at} cannot be written")
        return CheckResult(
            "disk", good=True, text=f"{free_mb // 1000} GB free" if free_mb >= 1000 else f"{free_mb} MB free"
        )


def _of(what: str, trouble: Trouble | None) -> CheckResult:
    if trouble is None:
        return CheckResult(what, good=None, text="")
    found = trouble()
    return CheckResult(what, good=found is None, text=found or "")
