"""What the whole daemon costs: CPU and wake-ups of each thread, in quiet, with a cry, and with a lullaby over it.

    python -m benchmarks.daemon_cost [--beside FOLDER] [--card short-steps|long-steps|plain-alsa]

With a page, a broker and a virtual sound card; the processes that the daemon starts count as its own. FOLDER holds
another version (`git worktree add FOLDER COMMIT`), which runs at the same time with a room and a broker of its own:
the machine's other work slows both. A wake-up is a switch of a thread that gave up the CPU by itself (the kernel's
`voluntary_ctxt_switches`). In the last row the speaker is heard in the room, so that the echo canceller works.
Needs PulseAudio, mosquitto and libspeexdsp1. The cards: PulseAudio's virtual one passes sound on every 30 ms
(short-steps), or as seldom as its reader asks, as a real one does (long-steps). With plain-alsa there is no sound
server, as on Raspberry Pi OS Lite; the microphone does not hear the speaker, so that the canceller only looks for an
echo.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from benchmarks.paced_card import PacedCard
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port
from tests.support.sound_card import SoundCard

OVER_S: Final = 30.0
_SETTLES_S: Final = 45.0  # the gate learns the room
_CRY_SETTLES_S: Final = 5.0  # the second opinion and the canceller begin
_LEAST_WAKEUPS, _LEAST_MS = 0.5, 0.05  # a second, of a thread that is printed
_CONFIG: Final = """
device: {{id: cost}}
state_dir: {folder}/state
capture: {{device: mic}}
lullaby: {{enabled: {lullaby}}}
web: {{port: {page}}}
mqtt: {{host: 127.0.0.1, port: {port}, username: {username}, password_file: {folder}/password}}
"""

Card = Literal["short-steps", "long-steps", "plain-alsa"]
Thread = tuple[int, int, str]  # process, thread, name


@dataclass(frozen=True, slots=True)
class Cost:
    """What a thread, or all of them, cost in a second."""

    cpu_ms: float
    wakeups: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu_ms + other.cpu_ms, self.wakeups + other.wakeups)


@dataclass(frozen=True, slots=True)
class Room:
    """A daemon and the room that it hears."""

    card: SoundCard | PacedCard
    daemon: RunningDaemon


def processes(pid: int) -> Iterator[int]:
    """Yield a process and all that it has started."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from processes(int(child))


def so_far(pid: int) -> dict[Thread, Cost]:
    """Return what each thread of a process and its children has cost since its start."""
    found = {}
    for process in processes(pid):
        for task in Path(f"/proc/{process}/task").glob("*"):
            with contextlib.suppress(OSError):  # a thread that ends
                cpu_ms = int((task / "schedstat").read_text().split()[0]) / 1e6
                status = dict(line.split(":\t") for line in (task / "status").read_text().splitlines() if ":\t" in line)
                thread = process, int(task.name), status["Name"]
                found[thread] = Cost(cpu_ms, int(status["voluntary_ctxt_switches"]))
    return found


def measure(pids: Mapping[str, int]) -> dict[str, dict[Thread, Cost]]:
    """Return what each thread of each daemon costs in a second of the next OVER_S."""
    began_s, before = time.monotonic(), {name: so_far(pid) for name, pid in pids.items()}
    time.sleep(OVER_S)
    after, seconds = {name: so_far(pid) for name, pid in pids.items()}, time.monotonic() - began_s
    return {
        name: {
            thread: Cost((cost.cpu_ms - old.cpu_ms) / seconds, (cost.wakeups - old.wakeups) / seconds)
            for thread, cost in threads.items()
            for old in [before[name].get(thread, Cost(0.0, 0.0))]
        }
        for name, threads in after.items()
    }


@contextlib.contextmanager
def running(
    trees: Mapping[str, Path], *, lullaby: bool, kind: Card = "short-steps", python: str = sys.executable
) -> Iterator[dict[str, Room]]:
    """Start the daemon of each tree in a quiet room of its own; they listen. `kind`: of the sound card."""
    with contextlib.ExitStack() as stack:
        rooms = {}
        for name, tree in trees.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            card = _card(kind, lullaby=lullaby)
            stack.enter_context(card)
            broker = stack.enter_context(Broker())
            card.room_noise()
            (folder / "password").write_text(PASSWORD)
            (folder / "password").chmod(0o600)
            text = _CONFIG.format(
                folder=folder, lullaby=str(lullaby).lower(), page=free_port(), port=broker.port, username=USERNAME
            )
            command = ["run", "--config", str(write_config(folder, text))]
            env = card.env | {"PYTHONPATH": str(tree.resolve())}
            daemon = RunningDaemon(command, env, (python, "-P", "-m", "babycryd"))  # -P: not of this folder
            rooms[name] = Room(card, stack.enter_context(daemon))
        for room in rooms.values():
            room.daemon.says("listening to", within_s=60, at_once=True)
        yield rooms
        for room in rooms.values():
            room.daemon.stop(within_s=30)


def _card(kind: Card, *, lullaby: bool) -> SoundCard | PacedCard:
    if kind == "plain-alsa":
        return PacedCard()
    return SoundCard(echo=0.1 if lullaby else None, long_steps=kind == "long-steps")


def measure_states(trees: Mapping[str, Path], kind: Card) -> Iterator[tuple[str, dict[str, dict[Thread, Cost]]]]:
    """Yield what each tree costs in each state."""
    cry = DemoNight().samples()[25 * SAMPLE_RATE_HZ : 43 * SAMPLE_RATE_HZ]
    length = int((OVER_S + 60) * SAMPLE_RATE_HZ)
    for lullaby in (False, True):
        with running(trees, lullaby=lullaby, kind=kind) as rooms:
            pids = {name: room.daemon.process.pid for name, room in rooms.items()}
            time.sleep(_SETTLES_S)
            if not lullaby:
                yield "quiet", measure(pids)
            for room in rooms.values():
                room.card.play(np.resize(cry, length))
            for room in rooms.values():
                room.daemon.says("lullaby starts" if lullaby else "the baby cries", within_s=60)
            time.sleep(_CRY_SETTLES_S)
            yield "crying, lullaby, canceller" if lullaby else "crying", measure(pids)


def main() -> None:
    """Print a table of the threads of each state, and one of all states."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="folder of another version")
    parser.add_argument("--card", choices=get_args(Card), default="short-steps", help="what the daemons listen to")
    options = parser.parse_args()
    beside: Path | None = options.beside
    trees = {"this version": Path.cwd()} | ({} if beside is None else {"beside": beside})
    table = []
    for state, costs in measure_states(trees, options.card):
        for name, threads in costs.items():
            print(f"\n{state}, {name}:\n\n| process, thread | CPU ms/s | wake-ups/s |\n|---|---|---|")
            for (process, thread, label), cost in sorted(threads.items(), key=lambda each: -each[1].cpu_ms):
                if cost.cpu_ms >= _LEAST_MS or cost.wakeups >= _LEAST_WAKEUPS:
                    print(f"| {process} {thread} {label} | {cost.cpu_ms:.2f} | {cost.wakeups:.1f} |")
            whole = sum(threads.values(), Cost(0.0, 0.0))
            table.append(f"| {state} | {name} | {whole.cpu_ms:.1f} | {whole.wakeups:.1f} |")
            print(table[-1], flush=True)
    print("\n| state | | CPU ms/s | wake-ups/s |\n|---|---|---|---|\n" + "\n".join(table))
    print(subprocess.run(["uptime"], capture_output=True, text=True, check=True).stdout.strip())


if __name__ == "__main__":
    main()
