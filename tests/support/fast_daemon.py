"""The whole daemon in a process whose clock runs as fast as the CPU allows, among cries; and what came of it."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from babycryd.control.controls import ControlsFile
from babycryd.feedback.store import FeedbackStore
from benchmarks.soak.nursery import BEGIN_UTC_S
from tests.support.broker import Broker
from tests.support.daemon import write_config
from tests.support.mqtt_subscriber import FastSubscriber
from tests.support.patience import HANG_S, exit_code, wait_until

PERSISTENT = ("persistence true", "max_queued_messages 0")  # what a subscriber has not got yet outlives a restart
_EVERYTHING = "babycryd/nursery/#"
_CONFIG = """
device: {{id: nursery}}
state_dir: {state}
detection: {{episode: {{minimum_s: 2, quiet_s: 3}}}}
web: {{enabled: false}}
mqtt:
  {{{login},
    timeout_s: 60, keepalive_s: 3600}}
"""


class FastDaemon:
    """`with FastDaemon(config) as nursery:` cries every half a minute of its time, some times a second of ours."""

    def __init__(
        self,
        config: Path,
        *,
        days: float = 1.0,
        night: float = 0,
        faults: Mapping[str, int] | None = None,
        wrapper: Iterable[str] = (),
    ) -> None:
        """`night`: begins so many days later; `wrapper`: a command that runs it."""
        options = [f"--days={days}", f"--begin-utc-s={BEGIN_UTC_S + night * 86_400}", f"--seed={int(night)}"]
        module = [sys.executable, "-m", "benchmarks.soak.nursery", str(config), "--restless"]
        self._command = [*wrapper, *module, *options, f"--faults={json.dumps(faults or {})}"]
        self._log = config.parent / "daemon.log"
        self.cries: list[str] = []  # ids, begun
        self.ended: list[str] = []
        self.figures: list[dict[str, float]] = []

    def __enter__(self) -> Self:
        env = os.environ | {"TZ": "Europe/Berlin"}
        with self._log.open("a") as log:
            self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        self._reader = threading.Thread(target=self._read, name="fast-nursery", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def kill(self) -> None:
        """Kills the process; all that it printed before is read."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def finish(self, within_s: float = 2 * HANG_S) -> None:
        """Waits for the clean end of its simulated days."""
        assert exit_code(self.process, within_s) == 0, self.log
        self._reader.join()

    def stop(self, within_s: float = HANG_S) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.finish(within_s)

    def wait_for_cries(self, more: int, within_s: float = HANG_S) -> None:
        """Blocks until that many more cries have ended."""
        wanted = len(self.ended) + more
        wait_until(lambda: len(self.ended) >= wanted or self.process.poll() is not None, within_s, lambda: self.log)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            match json.loads(line):
                case {"cry": {"id": episode}}:
                    self.cries.append(episode)
                case {"ended": episode}:
                    self.ended.append(episode)
                case {"figures": figures}:
                    self.figures.append(figures)


@dataclass(frozen=True)
class Home:
    """A broker, a subscriber to all its messages, and the configuration of a daemon that publishes there."""

    broker: Broker
    subscriber: FastSubscriber
    config: Path

    def told_once(self) -> tuple[set[str], set[str], int, list[float]]:
        return told_once(self.subscriber.notes)

    def wait_until_told(self, episodes: Iterable[str]) -> None:
        """Blocks until each of these episodes was told with its end."""
        wanted = set(episodes)
        wait_until(lambda: wanted <= self.told_once()[1], HANG_S, lambda: wanted - self.told_once()[1])

    def health(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for _, topic, payload in self.subscriber.notes if topic.endswith("/health")]


@contextmanager
def home_for(folder: Path, state: Path) -> Iterator[Home]:
    with Broker(options=PERSISTENT) as broker, FastSubscriber(broker.client(), _EVERYTHING) as subscriber:
        yield Home(broker, subscriber, config_for(folder, broker, state))


def config_for(folder: Path, broker: Broker, state: Path) -> Path:
    return write_config(folder, _CONFIG.format(folder=folder, state=state, login=broker.login(folder)))


def damage(state: Path) -> list[str]:
    """What is wrong with the files of a daemon that does not run any more; looked at in a copy, as they were left."""
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "state"
        shutil.copytree(state, copy)
        for path in copy.glob("*.sqlite3"):
            found = _rows(path, "PRAGMA integrity_check")
            wrong += [f"{path.name}: {found}"] if found != [("ok",)] else []
        wrong += [f"set aside: {path.name}" for path in copy.glob("*broken*")]
        json.loads((copy / "controls.json").read_text()) if (copy / "controls.json").exists() else None
        ControlsFile(copy).read()
        FeedbackStore(copy).read()  # raises where it makes no sense
    return wrong


def volume_kept(state: Path) -> float:
    return ControlsFile(state).read().volume_percent


def history_of(state: Path) -> dict[str, tuple[float, float | None]]:
    """Duration and end by id, which is the primary key."""
    rows = _rows(state / "history.sqlite3", "SELECT id, duration_s, ended_utc_s FROM episodes")
    return {episode: (duration_s, ended_utc_s) for episode, duration_s, ended_utc_s in rows}


def told_once(notes: Iterable[tuple[float, str, bytes]]) -> tuple[set[str], set[str], int, list[float]]:
    """Ids told as `new`, as `end`, messages that came again after a broken connection, and all durations."""
    messages = [json.loads(payload) for _, topic, payload in notes if topic.endswith("/episode")]
    count = Counter((each["id"], each["type"]) for each in messages if each["type"] != "update")
    begun, ended = ({episode for episode, kind in count if kind == wanted} for wanted in ("new", "end"))
    again = sum(times - 1 for times in count.values())
    return begun, ended, again, [each["duration_s"] for each in messages]


def _rows(path: Path, query: str) -> list[Any]:
    file = sqlite3.connect(path)
    try:
        return file.execute(query).fetchall()
    finally:
        file.close()


def seen(figures: str) -> None:
    """For docs/reliability.md: `pytest -s` shows it."""
    sys.stdout.write(f"\nseen: {figures}\n")
