"""What the live page costs: CPU, memory and the lag of detection with no, one and fifty viewers, and with no page.

    python -m benchmarks.viewers

Two daemons hear the same baby at the same time, who cries nearly all the time, so that there are as many events as
there can be; one of them has `web.enabled: false`. Viewers of the other one come and go, in another order each round;
they are a process of their own.
"""

import argparse
import asyncio
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from benchmarks.footprint import cpu_ms
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port

CONDITIONS = (0, 1, 50)
SETTLE_S = 3.0
CONFIG = "state_dir: {folder}/state\nweb: {{port: {port}, enabled: {enabled}}}\nlullaby: {{enabled: false}}\n"


@dataclass(frozen=True, slots=True)
class Daemons:
    """Both hear the same; one has no page."""

    port: int
    with_page: int  # process
    without: int


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement."""

    cpu_percent: float  # of a core
    memory_mb: float
    cpu_percent_without: float  # of the daemon without a page, in the same seconds
    memory_mb_without: float
    ages_ms: list[float]  # of the last judged sound


async def watch(port: int, viewers: int) -> None:
    """So many pages, which read all they are sent, until stdin closes."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while await reader.read(65_536):
            pass

    tasks = [asyncio.create_task(one()) for _ in range(viewers)]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def page_state(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:  # our own daemon
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def lag_ms(port: int, over_s: float) -> list[float]:
    """How old the last judged sound is, asked at random moments: half a hop on average, more where detection waits."""
    ages = []
    end_s = time.monotonic() + over_s
    rng = np.random.default_rng(0)
    while time.monotonic() < end_s:
        ages.append(1000 * page_state(port)["babycryd_last_judged_age_seconds"])
        time.sleep(rng.uniform(0.2, 0.6))
    return ages


def condition(daemons: Daemons, viewers: int, over_s: float) -> Row:
    port, pids = daemons.port, (daemons.with_page, daemons.without)
    command = [sys.executable, "-m", "benchmarks.viewers", "--watch", str(port), str(viewers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as crowd:
        deadline_s = time.monotonic() + 20
        while page_state(port)["babycryd_page_viewers"] != viewers:
            assert time.monotonic() < deadline_s, page_state(port)["babycryd_page_viewers"]
            time.sleep(0.2)
        time.sleep(SETTLE_S)
        before_ms, began_s = [cpu_ms(pid) for pid in pids], time.monotonic()
        time.sleep(over_s)
        took_s = time.monotonic() - began_s
        spent = [(cpu_ms(pid) - before) / took_s / 10 for pid, before in zip(pids, before_ms, strict=True)]
        memory = [rss_mb(pid) for pid in pids]
        ages = lag_ms(port, over_s / 2)
        assert crowd.stdin is not None
        crowd.stdin.close()
    return Row(spent[0], memory[0], spent[1], memory[1], ages)


def crying_room(path: Path, length_s: float) -> None:
    """A recording of a baby who cries nearly all the time."""
    night = DemoNight()
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    start, end = (int(at_s * SAMPLE_RATE_HZ) for at_s in (cry.start_s, cry.end_s))
    quiet_and_cry = np.concatenate([night.samples()[: 4 * SAMPLE_RATE_HZ], night.samples()[start:end]])
    soundfile.write(path, np.resize(quiet_and_cry, int(length_s * SAMPLE_RATE_HZ)), SAMPLE_RATE_HZ)


@contextmanager
def listening(folder: Path, port: int, *, page: bool) -> Iterator[int]:
    """A daemon's process id."""
    own = folder / ("with" if page else "without")
    own.mkdir()
    config = write_config(own, CONFIG.format(folder=own, port=port, enabled=str(page).lower()))
    arguments = ["run", "--config", str(config), "--recording", str(folder / "room.wav")]
    with RunningDaemon(arguments, os.environ | {"SDL_AUDIODRIVER": "dummy"}) as daemon:
        daemon.says("answering http" if page else "listening to", within_s=20)
        yield daemon.process.pid


def measure(rounds: int, over_s: float) -> tuple[dict[int, list[Row]], float]:
    """Rows by viewers, and the memory of the daemon with a page that was not asked for yet, MB."""
    found: dict[int, list[Row]] = {each: [] for each in CONDITIONS}
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        crying_room(folder / "room.wav", rounds * len(CONDITIONS) * (1.5 * over_s + SETTLE_S + 15) + 30)
        with listening(folder, port, page=True) as one, listening(folder, port, page=False) as other:
            daemons = Daemons(port, one, other)
            time.sleep(20)  # the gate learns the room
            unasked_mb = rss_mb(one)
            page_state(port)  # its library is imported now
            for number in tqdm(range(rounds), unit="round"):
                for viewers in CONDITIONS[number % 3 :] + CONDITIONS[: number % 3]:
                    found[viewers].append(condition(daemons, viewers, over_s))
    return found, unasked_mb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--watch", nargs=2, type=int, metavar=("PORT", "VIEWERS"), help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.watch:
        asyncio.run(watch(*arguments.watch))
        return
    found, unasked_mb = measure(arguments.rounds, arguments.seconds)
    if arguments.json:
        plain = {viewers: [dataclasses.asdict(row) for row in rows] for viewers, rows in found.items()}
        print(json.dumps({"rows": plain, "unasked_mb": unasked_mb}))
        return
    print("| viewers | CPU, % of a core | memory, MB | age of the last judged sound, ms: median | 95 % |")
    print("|---|---|---|---|---|")
    every = [row for rows in found.values() for row in rows]
    cpu = statistics.median(row.cpu_percent_without for row in every)
    print(f"| no page | {cpu:.2f} | {statistics.median(row.memory_mb_without for row in every):.1f} | | |")
    for viewers, rows in found.items():
        cpu, memory = (
            statistics.median(column) for column in zip(*((r.cpu_percent, r.memory_mb) for r in rows), strict=True)
        )
        ages = np.concatenate([row.ages_ms for row in rows])
        print(f"| {viewers} | {cpu:.2f} | {memory:.1f} | {np.median(ages):.0f} | {np.percentile(ages, 95):.0f} |")
    more = [row.cpu_percent - row.cpu_percent_without for row in found[0]]
    print(f"\nNobody looking, against no page in the same seconds: {statistics.median(more):+.2f} points of a core")
    print(f"({min(more):+.2f} to {max(more):+.2f}); memory before the first request: {unasked_mb:.1f} MB")


if __name__ == "__main__":
    main()
