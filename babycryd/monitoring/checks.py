"""Checks of broker, cloud, alerts and disk that open no device and send nothing, for page, `doctor` and MQTT."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babycryd.core.check_result import CheckResult
from babycryd.monitoring.update_check import failed_update
from babycryd.system.files import AS_THE_DAEMON

_EARLIEST_UTC_S: Final = 1_735_689_600.0  # 2025-01-01: an earlier time is that of a clock that was never set
_CHECKED: Final = frozenset({"mqtt", "offload", "history", "clips", "notify"})  # parts that the other checks name
LEAST_FREE_MB: Final = 100  # enough for weeks of history
Trouble = Callable[[], str | None]  # None: there is none


@dataclass(frozen=True, slots=True)
class ServiceChecks:
    """Checks of a running daemon's broker, cloud, alerts, disk, model, clock, update and parts, anew at each call."""

    broker: Trouble | None  # None: not enabled
    cloud: Trouble | None  # None: not enabled
    alerts: Trouble | None  # None: there are no recipients
    disk: Trouble  # of history and clips
    folder: Path  # of the state
    broker_answers: Callable[[], bool] = lambda: False  # whether there is a connection to it
    parts: Callable[[], Mapping[str, str]] = dict  # by name of a part that cannot be opened: why
    utc: Callable[[], float] = time.time
    update: Trouble = failed_update
    model: Callable[[], CheckResult | None] = lambda: None  # of the model channel; None: it is off

    def __call__(self) -> list[CheckResult]:
        """Return the results of `broker`, `cloud`, `alerts` and `disk`, in this order, then what else is wrong."""
        broker = _of("broker", self.broker)
        if broker.good is False and self.broker_answers():
            broker = replace(broker, advice="broker_rights")
        services = [broker, _of("cloud", self.cloud), _of("alerts", self.alerts)]
        return [*services, disk_check(self.folder, self.disk()), *self._others()]

    def _others(self) -> Iterator[CheckResult]:
        """Yield the model channel where it is on; clock, update and parts without a check of their own where wrong."""
        if (model := self.model()) is not None:
            yield model
        utc_s = self.utc()
        if utc_s < _EARLIEST_UTC_S:
            says = f"the clock says {datetime.fromtimestamp(utc_s, UTC):%Y-%m-%d %H:%M} UTC"
            yield CheckResult("clock", good=False, text=says)
        if (why_not := self.update()) is not None:
            yield CheckResult("update", good=False, text=why_not)
        for name, why in self.parts().items():
            if name not in _CHECKED:
                yield CheckResult("part", good=False, text=f"{name}: {why}")


def disk_check(folder: Path, trouble: str | None) -> CheckResult:
    """Check that the disk of the state folder works and has LEAST_FREE_MB left; `trouble`: why writing failed, or None.

    Where the folder is missing, the nearest one above it is checked.
    """
    if trouble:
        return CheckResult("disk", good=False, text=trouble)
    at = folder
    try:  # a failing card raises even when asked whether a folder exists
        at = next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
        free_mb = shutil.disk_usage(at).free // 10**6
    except OSError as error:
        return CheckResult("disk", good=False, text=f"{at}: {error.strerror}")
    if free_mb < LEAST_FREE_MB:
        return CheckResult("disk", good=False, text=f"{at}: only {free_mb} MB free, below {LEAST_FREE_MB}; make room")
    if not os.access(at, os.W_OK):
        return CheckResult("disk", good=False, text=not_writable(at, PermissionError(0, "Permission denied")))
    free = f"{free_mb // 1000} GB free" if free_mb >= 1000 else f"{free_mb} MB free"  # the page translates `free`
    return CheckResult("disk", good=True, text=free)


def not_writable(folder: Path, error: OSError) -> str:
    """Return the error text of a state folder that cannot be written, with the remedy."""
    who = f"{AS_THE_DAEMON}, or " if isinstance(error, PermissionError) else ""
    remedy = f"{who}give the daemon's user the right to write there, or set state_dir"
    return f"{folder} cannot be written ({error.strerror}): {remedy}"


def _of(what: str, trouble: Trouble | None) -> CheckResult:
    if trouble is None:
        return CheckResult(what, good=None, text="")
    found = trouble()
    return CheckResult(what, good=found is None, text=found or "")
