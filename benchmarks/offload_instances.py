"""How many homes one instance of the Cloud Function serves, and how that grows with the instances.

    python -m benchmarks.offload_instances             about two minutes

The instances run in functions-framework, each in processes of its own; one forwarder hands them the news of recordings
that wait in a storage emulator, eight at a time to each, as the platform does. A home that cries sends a piece
every 1.2 s. All of it shares the cores of this machine; so the CPU time of the instances alone is told, too, which
carries over to a cloud where each has a core to itself.
"""

import argparse
import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tqdm import tqdm

from babycryd.offload.upload import encode
from tests.support.cloud import Function, Storage
from tests.support.offloading import piece

PIECE_S = 1.2  # of every crying home
AT_A_TIME = 8  # to each instance: deploy.sh's --concurrency
TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    pieces_a_second: float
    cpu_s: float  # of the instances, for each piece

    @property
    def homes(self) -> float:
        return self.pieces_a_second * PIECE_S

    @property
    def homes_a_core(self) -> float:
        return PIECE_S / self.cpu_s


def measure(instances: int, pieces: int) -> Run:
    """So many recordings through so many instances."""
    with Storage() as storage, ExitStack() as stack:
        functions = [stack.enter_context(Function(storage.environment)) for _ in range(instances)]
        content = encode(piece())
        for number in tqdm(range(pieces + instances * AT_A_TIME), unit="upload", leave=False):
            storage.put(f"recordings/harness/s{number}.flac", content, {"hops": "5"})
        events = [storage.event(name) for name in storage.names("recordings/")]
        deliver(events[pieces:], functions)  # so that each has its model and its connections
        before_s, began_s = cpu_s(functions), time.monotonic()
        deliver(events[:pieces], functions)
        lasted_s = time.monotonic() - began_s
        assert storage.names("recordings/") == []
        assert len(storage.answers()) == len(events)
        return Run(pieces / lasted_s, (cpu_s(functions) - before_s) / pieces)


def deliver(events: list[dict[str, Any]], functions: list[Function]) -> None:
    """The forwarder: each event once, to an instance that has room."""
    waiting: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def work(function: Function) -> None:
        while (event := waiting.get()) is not None:
            assert function.send(event) < 300

    threads = [
        threading.Thread(target=work, args=(one,))
        for one, _ in zip(cycle(functions), range(len(functions) * AT_A_TIME), strict=False)
    ]
    for thread in threads:
        thread.start()
    for event in events:
        waiting.put(event)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()


def cpu_s(functions: list[Function]) -> float:
    """That they and their workers have used since their start."""
    return sum(_cpu_s(pid) for function in functions for pid in _family(function.process.pid))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S  # utime, stime


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=600)
    parser.add_argument("--instances", type=int, nargs="+", default=[1, 2, 4, 8])
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {arguments.pieces} pieces\n")
    print("| instances | pieces a second | homes that cry at once | CPU ms a piece | homes a core of its own serves |")
    print("|---|---|---|---|---|")
    for instances in arguments.instances:
        run = measure(instances, arguments.pieces)
        print(
            f"| {instances} | {run.pieces_a_second:.0f} | {run.homes:.0f} "
            f"| {1000 * run.cpu_s:.1f} | {run.homes_a_core:.0f} |"
        )


if __name__ == "__main__":
    main()
