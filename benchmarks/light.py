"""Start, memory and quiet CPU of the whole daemon, of this version and others side by side, for the history.

    python -m benchmarks.light [--beside FOLDER ...] [--starts 5] [--python PATH] [--append]

With a virtual sound card, a broker and the page. The versions start in turns; then they listen at the same time, each
in a room of its own, as in `daemon_cost`. FOLDER holds another version (`git worktree add FOLDER COMMIT`). `--append`
writes the figures into `history.jsonl`, which `python -m benchmarks.history` draws. Memory is the resident size, all
pages of libraries included, ten seconds after the start. `--first` puts the starts before the machine's other work; it
needs root. `--python` names a Python with the libraries, such as the package's /opt/babycryd/current/bin/python3, which
lacks what is never used. Each version's modules are compiled first, as the package's are.
"""

import argparse
import contextlib
import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.daemon_cost import Cost, measure, running
from benchmarks.history import Measured, append
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port
from tests.support.real_time import real_time
from tests.support.sound_card import SoundCard

_SETTLES_S: Final = 10.0
_QUIET_AFTER_S: Final = 45.0  # the gate learns the room
_CONFIG: Final = """
device: {{id: light}}
state_dir: {folder}/state
capture: {{device: mic}}
web: {{enabled: {page}, port: {port}}}
mqtt: {{host: 127.0.0.1, port: {broker}, username: {username}, password_file: {folder}/password}}
"""


@dataclass(slots=True)
class Starts:
    """Seconds to listening and resident MB of each start of a version."""

    listening_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def start_once(tree: Path, python: str, card: SoundCard, broker: Broker, *, page: bool) -> tuple[float, float]:
    """Return the seconds to listening of one start, and the resident MB when it has settled."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)
        text = _CONFIG.format(folder=folder, page=str(page).lower(), port=port, broker=broker.port, username=USERNAME)
        command = ["run", "--config", str(write_config(folder, text))]
        env = card.env | {"PYTHONPATH": str(tree.resolve())}
        began_s = time.monotonic()
        with RunningDaemon(command, env, (python, "-P", "-m", "babycryd")) as daemon:
            daemon.says("listening to", within_s=60, at_once=True)
            listening_s = time.monotonic() - began_s
            time.sleep(_SETTLES_S)
            if page:
                for path in ("/", "/api/state"):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).close()
            memory_mb = _resident_mb(daemon.process.pid)
            daemon.stop(within_s=30)
    return listening_s, memory_mb


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def starts_of(trees: Mapping[str, Path], python: str, count: int, *, page: bool) -> dict[str, Starts]:
    """Start each version `count` times, in turns."""
    found = defaultdict[str, Starts](Starts)
    with SoundCard() as card, Broker() as broker:
        card.room_noise()
        for _ in range(count):
            for name, tree in trees.items():
                listening_s, memory_mb = start_once(tree, python, card, broker, page=page)
                found[name].listening_s.append(listening_s)
                found[name].memory_mb.append(memory_mb)
    return found


def quiet_costs(trees: Mapping[str, Path], python: str) -> dict[str, Cost]:
    """Return what each version costs in a quiet room, all at the same time."""
    with running(trees, lullaby=False, python=python) as rooms:
        time.sleep(_QUIET_AFTER_S)
        costs = measure({name: room.daemon.process.pid for name, room in rooms.items()})
    return {name: sum(threads.values(), Cost(0.0, 0.0)) for name, threads in costs.items()}


def _git(tree: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(tree), *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def _machine(python: str) -> str:
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{os.uname().machine}, {os.cpu_count()} cores, {version}"


def measured(trees: Mapping[str, Path], python: str, starts: int, *, first: bool) -> list[Measured]:
    """Return the figures of all versions."""
    run, load = dt.datetime.now(dt.UTC).isoformat(timespec="minutes"), os.getloadavg()[0]
    for tree in trees.values():
        subprocess.run([python, "-m", "compileall", "-q", str(tree / "babycryd")], check=True)
    with real_time() if first else contextlib.nullcontext():
        paged = starts_of(trees, python, starts, page=True)
        alone = starts_of(trees, python, starts, page=False)
    costs = quiet_costs(trees, python)
    return [
        Measured(
            run=run,
            commit=_git(tree, "rev-parse", "--short", "HEAD"),
            committed=_git(tree, "log", "-1", "--format=%cI"),
            version=_git(tree, "describe", "--tags", "--always"),
            machine=_machine(python),
            load=round(load, 1),
            start_s=round(statistics.median(paged[name].listening_s), 2),
            memory_mb=round(statistics.median(paged[name].memory_mb), 1),
            memory_without_page_mb=round(statistics.median(alone[name].memory_mb), 1),
            cpu_quiet_ms=round(costs[name].cpu_ms, 1),
            wakeups_quiet=round(costs[name].wakeups, 1),
        )
        for name, tree in trees.items()
    ]


def main() -> None:
    """Print a line of figures for each version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="folders of other versions")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--python", default=sys.executable, help="with the libraries (default: this one)")
    parser.add_argument("--first", action="store_true", help="with real-time priority")
    parser.add_argument("--append", action="store_true", help="into the history")
    options = parser.parse_args()
    trees = {str(tree): tree for tree in (*options.beside, Path.cwd())}
    rows = measured(trees, options.python, options.starts, first=options.first)
    for row in rows:
        print(row)
    if options.append:
        append(rows)


if __name__ == "__main__":
    main()
