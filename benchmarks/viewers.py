"""What the live page costs: CPU, memory and the lag of detection with nobody, one and fifty viewers, in one run.

    python -m benchmarks.viewers

The same daemon hears a baby that cries nearly all the time, so that there are as many events as there can be. Viewers
come and go, in another order each round; they are a process of their own.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from babycryd.demo.night import DemoNight
from babycryd.detect.features import SAMPLE_RATE_HZ
from benchmarks.footprint import cpu_ms
from tests.broker import free_port
from tests.daemon import RunningDaemon, write_config

CONDITIONS = (0, 1, 50)
SETTLE_S = 3.0
CONFIG = "state_dir: {folder}/state\nweb: {{port: {port}}}\nlullaby: {{enabled: false}}\n"


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


def condition(port: int, pid: int, viewers: int, over_s: float) -> tuple[float, float, list[float]]:
    """CPU in percent of a core, memory in MB, ages of the last judged sound in ms."""
    command = [sys.executable, "-m", "benchmarks.viewers", "--watch", str(port), str(viewers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as crowd:
        deadline_s = time.monotonic() + 20
        while page_state(port)["babycryd_page_viewers"] != viewers:
            assert time.monotonic() < deadline_s, page_state(port)["babycryd_page_viewers"]
            time.sleep(0.2)
        time.sleep(SETTLE_S)
        before_ms, began_s = cpu_ms(pid), time.monotonic()
        time.sleep(over_s)
        cpu_percent = (cpu_ms(pid) - before_ms) / (time.monotonic() - began_s) / 10
        ages = lag_ms(port, over_s / 2)
        memory_mb = rss_mb(pid)
        assert crowd.stdin is not None
        crowd.stdin.close()
    return cpu_percent, memory_mb, ages


def measure(rounds: int, over_s: float) -> dict[int, list[tuple[float, float, list[float]]]]:
    found: dict[int, list[tuple[float, float, list[float]]]] = {each: [] for each in CONDITIONS}
    length_s = rounds * len(CONDITIONS) * (1.5 * over_s + SETTLE_S + 15)
    night = DemoNight()
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    start, end = (int(at_s * SAMPLE_RATE_HZ) for at_s in (cry.start_s, cry.end_s))
    quiet_and_cry = np.concatenate([night.samples()[: 4 * SAMPLE_RATE_HZ], night.samples()[start:end]])
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        room = np.resize(quiet_and_cry, int(length_s * SAMPLE_RATE_HZ))
        soundfile.write(folder / "room.wav", room, SAMPLE_RATE_HZ)
        config = write_config(folder, CONFIG.format(folder=folder, port=port))
        arguments = ["run", "--config", str(config), "--recording", str(folder / "room.wav")]
        with RunningDaemon(arguments, os.environ | {"SDL_AUDIODRIVER": "dummy"}) as daemon:
            daemon.says("answering http", within_s=20)
            page_state(port)  # its library is imported now
            time.sleep(10)  # the gate learns the room
            pid = daemon.process.pid
            for number in tqdm(range(rounds), unit="round"):
                for viewers in CONDITIONS[number % 3 :] + CONDITIONS[: number % 3]:
                    found[viewers].append(condition(port, pid, viewers, over_s))
    return found


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
    found = measure(arguments.rounds, arguments.seconds)
    if arguments.json:
        print(json.dumps(found))
        return
    print("| viewers | CPU, % of a core | memory, MB | age of the last judged sound, ms: median | 95 % |")
    print("|---|---|---|---|---|")
    for viewers, rows in found.items():
        cpu, memory = (statistics.median(column) for column in list(zip(*rows, strict=True))[:2])
        ages = np.concatenate([row[2] for row in rows])
        print(f"| {viewers} | {cpu:.2f} | {memory:.1f} | {np.median(ages):.0f} | {np.percentile(ages, 95):.0f} |")


if __name__ == "__main__":
    main()
