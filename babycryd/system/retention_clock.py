"""Retention clock: the clock by which records are too old, kept over restarts in a small file."""

import contextlib
import json
import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babycryd.system.files import write_whole
from babycryd.system.plain_files import read_small
from babycryd.system.wall_clock import steady_s

log = logging.getLogger(__name__)

FILE: Final = "retention.json"
RATE: Final = 4.0  # how many times faster than the daemon runs it catches up; it need not run all day
_EARLIEST_UTC_S: Final = 1_735_689_600.0  # 2025-01-01: an earlier time is that of a clock that was never set
_MOVED_WITHIN_S: Final = 60.0  # after the clock was first set, the records of this run need a moment to move with it
_LARGEST_BYTES: Final = 1000


class RetentionClock:
    """Clock of all retention: never ahead of the wall clock, and behind it after a jump, until the jump is proven.

    It follows the wall clock at most RATE times as fast as the daemon has been running. After a jump by 20 days it
    needs five days of running to arrive. A clock that is wrong for hours ages a record by less than a day. May be
    used from any thread.
    """

    def __init__(
        self, folder: Path, utc: Callable[[], float] = time.time, steady: Callable[[], float] = steady_s
    ) -> None:
        """Read the time of the last run; without one, the clock begins at the newest file of the state folder."""
        self._path = folder / FILE
        self._utc = utc
        self._steady = steady
        self._lock = threading.Lock()
        self._read_s = steady()
        self._unset_s = -math.inf  # when the clock last showed a time before _EARLIEST_UTC_S
        self._reached_utc_s = _stored(self._path) or _newest_change(folder)  # 0: no clock was ever set
        self._complained = False
        self.now()

    def now(self) -> float:
        """Return the time by which to decide what is too old, seconds since 1970; 0 while no clock was ever set."""
        with self._lock:
            utc_s, read_s = self._utc(), self._steady()
            run_s, self._read_s = max(0.0, read_s - self._read_s), read_s
            if utc_s < _EARLIEST_UTC_S:
                self._unset_s = read_s
            if read_s - self._unset_s < _MOVED_WITHIN_S:
                return 0.0
            if not self._reached_utc_s:
                self._reached_utc_s = utc_s
            elif utc_s > self._reached_utc_s:
                self._reached_utc_s = min(utc_s, self._reached_utc_s + RATE * run_s)
            return min(utc_s, self._reached_utc_s)

    def behind_s(self) -> float:
        """Return by how much it is behind the wall clock."""
        now_utc_s = self.now()
        return max(0.0, self._utc() - now_utc_s) if now_utc_s else 0.0

    def save(self) -> None:
        """Write its time into the state folder; a disk that fails is told once."""
        now_utc_s = self.now()
        if not now_utc_s:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps({"utc_s": round(self._reached_utc_s, 3)}).encode())
        except OSError as error:
            if not self._complained:
                log.warning("%s cannot be written: %s", self._path, error)
            self._complained = True
        else:
            self._complained = False


def _stored(path: Path) -> float:
    """Return the time in the file; 0 where there is none that makes sense."""
    try:
        utc_s = float(json.loads(read_small(path, _LARGEST_BYTES))["utc_s"])
    except (OSError, ValueError, TypeError, LookupError, RecursionError, OverflowError):
        return 0.0
    return utc_s if _EARLIEST_UTC_S <= utc_s < math.inf else 0.0


def _newest_change(folder: Path) -> float:
    """Return when a file of the folder was last changed; 0 where there is none, or none since a clock was set."""
    changes = [0.0]
    with contextlib.suppress(OSError):
        changes += [path.lstat().st_mtime for path in folder.iterdir()]
    newest_utc_s = max(changes)
    return newest_utc_s if newest_utc_s >= _EARLIEST_UTC_S else 0.0
