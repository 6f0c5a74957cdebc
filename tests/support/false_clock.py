"""A wall clock that a test sets, for one process; its steady clocks are real. Needs libfaketime, else skips.

The library that is not made for threads now and then shows one of them the real time.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest


class FalseClock:
    """`RunningDaemon(…, clock.env(QUIET))`, then `clock.set("+0")`: the process notices within moments."""

    def __init__(self, folder: Path, shows: str) -> None:
        """`shows`: `+20d`, `@1970-01-01 00:00:20`, ... as libfaketime reads it."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            pytest.skip("libfaketime is not installed: apt-get install libfaketime")
        self._library = found[0]
        self._file = folder / "false-clock"
        self.set(shows)

    def set(self, shows: str) -> None:
        partial = self._file.with_suffix(".partial")
        partial.write_text(shows + "\n")
        partial.replace(self._file)

    def env(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment of the process that is deceived."""
        return dict(base) | {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
