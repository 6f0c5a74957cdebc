"""The real daemon as a subprocess, and what it says."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.patience import HANG_S, Stopwatch, exit_code
from tests.support.planted_secrets import found_in


class RunningDaemon:
    """`with RunningDaemon(["run", …], env) as daemon:` starts it; on leaving it is stopped if it still runs."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (sys.executable, "-m", "babycryd"),
    ) -> None:
        self._command = [*program, *arguments]
        self._env = dict(env or os.environ) | {"PYTHONUNBUFFERED": "1"}
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self._command, env=self._env, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, name="daemon-log", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        if kind is None:
            assert found_in({"log": "\n".join(self.lines)}) == []

    def says(self, pattern: str, *, within_s: float = HANG_S, after: int = 0, at_once: bool = False) -> int:
        """Blocks until a line matches, from line number `after` on; returns the number of the line behind it.

        `within_s` is for what the product promises in seconds.
        The first time that it listens, page and broker are open as well, unless `at_once`.
        """
        if "listening to" in pattern and after == 0 and not at_once:
            self.says("every part has begun", within_s=within_s)
        stopwatch = Stopwatch()
        while True:
            for number, line in enumerate(self.lines[after:], after):
                if re.search(pattern, line):
                    return number + 1
            if stopwatch.over(within_s):
                pytest.fail(f"not said within {within_s:g} s: {pattern}\n" + "\n".join(self.lines))
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, within_s: float = HANG_S) -> int:
        """Signals it and returns its exit code, all its lines read; fails when that takes longer."""
        self.process.send_signal(number)
        try:
            exit_code(self.process, within_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still running {within_s:g} s after {number.name}:\n" + "\n".join(self.lines))
        self._reader.join(HANG_S)
        return self.process.returncode

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))


def write_config(folder: Path, text: str) -> Path:
    path = folder / "babycryd.yaml"
    path.write_text(text)
    return path
