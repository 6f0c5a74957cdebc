"""What the daemon writes to the memory card in an hour: bytes and syncs of each file, in a quiet and a lively home.

    python -m benchmarks.card [--minutes 10]     twice that long, in real time; needs strace and mosquitto

A microphone of the network sends a quiet room, then the same room with one cry of eight seconds every two minutes. The
book of marks is full, as after months: a new home writes less. The lively hour is reckoned as CRIES_AN_HOUR episodes
above the quiet one. A card takes whole pages: the writes to a file between two syncs count as the pages they touch, and
a pause of _PAUSE_S counts as a sync, as the kernel writes by itself then.
"""

import argparse
import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.tflite import shipped_classifier
from babycryd.feedback.book import EMBEDDING, MOST_MARKED, MOST_UNMARKED, Book, BookEntry, to_json
from babycryd.feedback.store import FILE, RECENT
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port
from tests.support.udp_microphone import UdpMicrophone
from tests.support.unpluggable_sound import crying

CRIES_AN_HOUR: Final = 12
GOAL_QUIET_MB, GOAL_LIVELY_MB = 1.0, 3.0
_PAGE: Final = 4096
_PART_S, _CRY_S, _PERIOD_S = 0.1, 8.0, 120.0
_SETTLED_S: Final = 70.0  # what the start writes comes once
_CONFIG = """
device: {{id: card}}
state_dir: {folder}/state
capture: {{url: "udp://127.0.0.1:{microphone}"}}
lullaby: {{enabled: {lullaby}}}
web: {{port: {page}}}
mqtt: {{host: 127.0.0.1, port: {broker}, username: {username}, password_file: {folder}/password}}
"""
_PAUSE_S: Final = 5.0
_CALL = re.compile(
    r"\d+ +(?P<at>[\d.]+) \w+\(\d+<(?P<path>[^>]+)>"
    r"(?:, \"\"\.*, (?P<size>\d+)(?:, (?P<offset>\d+))?)?\)\s+= (?P<result>-?\d+)"
)


@dataclass
class Written:
    """What was written to each file below a folder."""

    folder: Path
    pages: Counter[str] = field(default_factory=Counter)
    syncs: Counter[str] = field(default_factory=Counter)
    episodes: int = 0

    def read(self, trace: str) -> None:
        """Count the calls of a trace by strace (-f -ttt -y -s 0)."""
        dirty: dict[
            str, tuple[set[int], float, int]
        ] = {}  # by path: pages, time of the last write, end of the last one
        for line in trace.splitlines():
            call = _CALL.match(line)
            if call is None or not call["path"].startswith(f"{self.folder}/"):
                continue
            path, at_s = call["path"], float(call["at"])
            pages, last_s, end = dirty.get(path, (set[int](), at_s, 0))
            if call["size"] is None or at_s - last_s > _PAUSE_S:
                self.pages[self._name(path)] += len(pages)
                pages = set()
            if call["size"] is None:
                self.syncs[self._name(path)] += 1
            else:
                begin = end if call["offset"] is None else int(call["offset"])
                end = begin + max(0, int(call["result"]))
                pages |= set(range(begin // _PAGE, -(-end // _PAGE)))
            dirty[path] = pages, at_s, end
        for path, (pages, _, _) in dirty.items():
            self.pages[self._name(path)] += len(pages)

    def _name(self, path: str) -> str:
        """Return the name of a file, without the random part of one that will replace another."""
        return re.sub(r"(?<=\.json)\..*", "", str(Path(path).relative_to(self.folder)))

    def mb_an_hour(self, hours: float) -> float:
        return sum(self.pages.values()) * _PAGE / 1e6 / hours


def room(*, cries: bool) -> NDArray[np.int16]:
    """_PERIOD_S of a quiet room, with or without one cry."""
    sound = np.random.default_rng(1).normal(0, 1e-3, int(_PERIOD_S * SAMPLE_RATE_HZ))
    if cries:
        cry, begin = crying(_CRY_S), int(10 * SAMPLE_RATE_HZ)
        sound[begin : begin + len(cry)] += cry
    return (sound * 32_767).clip(-32_768, 32_767).astype(np.int16)


async def play(microphone: UdpMicrophone, sound: NDArray[np.int16], length_s: float, what: str) -> None:
    """Send a sound again and again in real time, with a progress bar."""
    loop = asyncio.get_running_loop()
    begun_s, part = loop.time(), int(_PART_S * SAMPLE_RATE_HZ)
    for number in tqdm(range(round(length_s / _PART_S)), desc=what, unit_scale=_PART_S, unit="s"):
        await asyncio.sleep(begun_s + number * _PART_S - loop.time())
        at = number * part % len(sound)
        microphone.send(*microphone.packets(sound[at : at + part]))


@contextlib.contextmanager
def traced(process: int, into: Written) -> Iterator[None]:
    """Trace what a process writes, and count it at the end."""
    with tempfile.NamedTemporaryFile(suffix=".trace") as trace:
        calls = "trace=write,pwrite64,fsync,fdatasync"
        command = ["strace", "-f", "-ttt", "-y", "-qq", "-s", "0", "-e", calls, "-p", str(process), "-o", trace.name]
        tracer = subprocess.Popen(command)
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
            into.read(Path(trace.name).read_text(errors="replace"))


def full_book() -> Book:
    """A book with as many marked and unmarked episodes as it holds."""
    rng, model, second = np.random.default_rng(2), shipped_classifier().sha256, shipped_second_opinion().model
    numbers, others = (tuple(rng.normal(0, spread, EMBEDDING).tolist()) for spread in (3, 0.3))
    marks = [True] * MOST_MARKED + [None] * MOST_UNMARKED
    episodes = [f"2026{n:04d}T000000000Z" for n in range(len(marks))]
    return Book(
        tuple(BookEntry(one, numbers, model, cry, others, second) for one, cry in zip(episodes, marks, strict=True))
    )


def print_table(name: str, written: Written, hours: float) -> None:
    print(f"\n{name}, an hour:\n\n| file | kB | syncs |\n|---|---|---|")
    for file in sorted(written.pages | written.syncs, key=lambda each: -written.pages[each]):
        kb = written.pages[file] * _PAGE / 1e3 / hours
        print(f"| {file} | {kb:.0f} | {written.syncs[file] / hours:.0f} |")
    syncs = sum(written.syncs.values()) / hours
    print(f"| together | {1e3 * written.mb_an_hour(hours):.0f} | {syncs:.0f} |", flush=True)


async def measure(folder: Path, minutes: float, *, lullaby: bool) -> tuple[Written, Written]:
    """Run the daemon in the quiet and the lively room, and return what was written in each."""
    (folder / "state").mkdir()
    for name, part in zip((FILE, RECENT), full_book().parts(), strict=True):
        (folder / "state" / name).write_text(to_json(part))
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    quiet, lively = Written(folder / "state"), Written(folder / "state")
    microphone = free_port()
    with Broker() as broker:
        config = write_config(
            folder,
            _CONFIG.format(
                folder=folder,
                microphone=microphone,
                page=free_port(),
                broker=broker.port,
                username=USERNAME,
                lullaby=str(lullaby).lower(),
            ),
        )
        with RunningDaemon(["run", "--config", str(config)]) as daemon, UdpMicrophone(microphone) as sender:
            while not any("listening to" in line for line in daemon.lines):
                await play(sender, room(cries=False), 1.0, "start")
            await play(sender, room(cries=False), _SETTLED_S, "settle")
            with traced(daemon.process.pid, quiet):
                await play(sender, room(cries=False), minutes * 60, "quiet")
            begun = len(daemon.lines)
            with traced(daemon.process.pid, lively):
                await play(sender, room(cries=True), minutes * 60, "lively")
            lively.episodes = sum("the baby cries" in line for line in daemon.lines[begun:])
    return quiet, lively


def main() -> int:
    """Measure, print both tables, and return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each room (default: %(default)s)")
    parser.add_argument("--lullaby", action="store_true", help="play lullabies, too; needs a speaker")
    arguments = parser.parse_args()
    hours = arguments.minutes / 60
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # a disk: what lies in memory is not synced
        quiet, lively = asyncio.run(measure(Path(folder), arguments.minutes, lullaby=arguments.lullaby))
    print_table("Quiet room", quiet, hours)
    print_table(f"{lively.episodes / hours:.0f} cries an hour", lively, hours)
    quiet_mb = quiet.mb_an_hour(hours)
    a_cry_mb = (lively.mb_an_hour(hours) - quiet_mb) * hours / max(1, lively.episodes)
    lively_mb = quiet_mb + CRIES_AN_HOUR * a_cry_mb
    print(f"\nquiet {quiet_mb:.2f} MB an hour (goal {GOAL_QUIET_MB:g}); {1e3 * a_cry_mb:.0f} kB a cry; ", end="")
    print(f"{CRIES_AN_HOUR} cries an hour {lively_mb:.2f} MB (goal {GOAL_LIVELY_MB:g})")
    return int(quiet_mb > GOAL_QUIET_MB or lively_mb > GOAL_LIVELY_MB)


if __name__ == "__main__":
    sys.exit(main())
