"""What pictures cost the daemon: answers of /healthz and age of the last judged sound while a hundred are asked for.

    python -m benchmarks.pictures

The same daemon is asked for no picture, for the same report a hundred times at once, and for a hundred different
reports at once.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from babycryd.history.retention import RetentionLimits
from babycryd.history.task import HistoryWriter
from benchmarks.viewers import CONFIG, crying_room
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port
from tests.support.sample_nights import hard_night

REQUESTS = 100
CONDITIONS = ("no picture", "the same report", "different reports")


def path_of(name: str, number: int) -> str:
    """What is asked for in a condition."""
    return {
        "no picture": "/healthz",
        "the same report": "/report.png?date=2026-11-24",
        "different reports": f"/report.png?date=2026-{1 + number // 28:02d}-{1 + number % 28:02d}",
    }[name]


@dataclass(slots=True)
class Seen:
    """What was measured while the pictures were drawn."""

    healthz_ms: list[float] = field(default_factory=list)
    age_ms: list[float] = field(default_factory=list)
    answers: str = ""
    took_s: float = 0.0


async def ask_for_all(url: str, name: str) -> None:
    """Ask for a hundred pictures at once, and print the statuses of the answers."""
    async with ClientSession(url, timeout=ClientTimeout(total=60)) as client:

        async def ask(number: int) -> int:
            async with client.get(path_of(name, number)) as answer:
                await answer.read()
                return answer.status

        statuses = Counter(await asyncio.gather(*(ask(number) for number in range(REQUESTS))))
        sys.stdout.write(", ".join(f"{count} x {status}" for status, count in sorted(statuses.items())))


async def condition(url: str, name: str, least_s: float) -> Seen:
    """Measure while another process asks."""
    seen = Seen()
    async with ClientSession(url) as prober:
        await probe(prober, Seen())  # the connection is open
        begun_s = time.monotonic()
        command = (sys.executable, "-m", "benchmarks.pictures", "--ask", url, name)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        while process.returncode is None or time.monotonic() - begun_s < least_s:
            await probe(prober, seen)
            await asyncio.sleep(0.02)
            if not seen.took_s and process.returncode is not None:
                seen.took_s = time.monotonic() - begun_s
        seen.answers = (await process.communicate())[0].decode()
    return seen


async def probe(client: ClientSession, seen: Seen) -> None:
    """Ask /healthz for how long it takes, and /metrics for how old the last judged sound is."""
    begun_s = time.perf_counter()
    async with client.get("/healthz") as answer:
        await answer.read()
    seen.healthz_ms.append(1000 * (time.perf_counter() - begun_s))
    async with client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    age = next(line for line in lines if line.startswith("babycryd_last_judged_age_seconds"))
    seen.age_ms.append(1000 * float(age.split()[1]))


def write_history(folder: Path) -> None:
    """A night with many cries."""
    folder.mkdir()
    span = hard_night()
    writer = HistoryWriter(folder, RetentionLimits(10_000, 50))
    known = [each for each in span.stretches if each.doing != "off"]
    writer.keep([*span.episodes, *span.lullabies, *known], span.end_utc_s)
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="least length of each measurement")
    parser.add_argument("--ask", nargs=2, metavar=("URL", "NAME"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        asyncio.run(ask_for_all(*arguments.ask))
        return
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        crying_room(folder / "room.wav", 30 + 4 * arguments.seconds + 60)
        write_history(folder / "state")
        config = write_config(folder, CONFIG.format(folder=folder, port=port, enabled="true"))
        command = ["run", "--config", str(config), "--recording", str(folder / "room.wav")]
        with RunningDaemon(command, os.environ | {"SDL_AUDIODRIVER": "dummy"}) as daemon:
            daemon.says("answering http", within_s=20)
            time.sleep(5)
            sys.stdout.write("| asked for | answers | s | /healthz, ms: median, most | age of the last judgement |\n")
            sys.stdout.write("|---|---|---|---|---|\n")
            for what in CONDITIONS:
                seen = asyncio.run(condition(f"http://127.0.0.1:{port}", what, arguments.seconds))
                healthz = f"{statistics.median(seen.healthz_ms):.1f}, {max(seen.healthz_ms):.1f}"
                age = f"{statistics.median(seen.age_ms):.0f}, {max(seen.age_ms):.0f} ms"
                sys.stdout.write(f"| {what} | {seen.answers} | {seen.took_s:.1f} | {healthz} | {age} |\n")


if __name__ == "__main__":
    main()
