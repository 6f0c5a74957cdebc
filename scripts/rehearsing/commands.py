"""Commands of the steps, each in a process group of its own, so that all of them can be interrupted together."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

CLEANING_S: Final = 20.0  # after an interruption: to end containers and emulators, and to delete folders


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int  # 0: well; below 0: by that signal
    cpu_s: float  # of its processes; what runs in a container is not counted
    output: str


class Commands:
    """Commands that run now; an exception that leaves `with commands:` ends them. `run` may be called in any thread."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the current folder of each command."""
        self._folder = folder
        self._running = set[int]()  # their process groups
        self._interrupted = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.interrupt()

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> Ended:
        """Run a command to its end; after an interruption none begins."""
        with tempfile.TemporaryFile() as output:
            with self._lock:
                if self._interrupted:
                    return Ended(-signal.SIGINT, 0.0, "")
                process = subprocess.Popen(  # noqa: S603  # our own commands
                    command,
                    cwd=self._folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
                self._running.add(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            self._running.discard(process.pid)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            told = output.read().decode(errors="replace")
            return Ended(process.returncode, used.ru_utime + used.ru_stime, told)

    def interrupt(self) -> None:
        """End all commands, as Ctrl+C in a terminal does; kill those that run on for CLEANING_S."""
        with self._lock:
            self._interrupted = True
        self._signal(signal.SIGINT)
        kill_from_s = time.monotonic() + CLEANING_S
        while self._running and time.monotonic() < kill_from_s:
            time.sleep(0.02)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for group in tuple(self._running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, number)
