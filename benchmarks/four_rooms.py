"""Several rooms on one computer: does each daemon hear its own baby, and what do they cost together?

    python -m benchmarks.four_rooms          two minutes; exits with 1 where a cry is missed

Each room is a whole daemon with the page, whose microphone is a stream over HTTP in real time, decoded by ffmpeg. Every
half a minute each room has a cry of its own. Memory is the proportional set size (PSS): pages that processes share,
such as libraries and the model, count once in the sum.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.patience import until
from tests.support.ports import free_port
from tests.support.unpluggable_sound import crying

_PART_S = 0.08
_CRY_S, _QUIET_S = 8.0, 22.0
_CONFIG = """
device: {{id: room-{number}}}
state_dir: {folder}/state-{number}
capture: {{url: "http://127.0.0.1:{port}/{number}"}}
detection: {{episode: {{minimum_s: 1, quiet_s: 6}}}}
lullaby: {{enabled: false}}
web: {{port: {web}}}
"""


@dataclass
class Outcome:
    """What a number of rooms took and heard."""

    rooms: int
    cries: int = 0  # played to the end, all rooms together
    heard: int = 0
    pss_mb: dict[str, float] = field(default_factory=dict)  # by program, all rooms together
    rss_mb: dict[str, float] = field(default_factory=dict)
    cpu_percent: dict[str, float] = field(default_factory=dict)  # of one core
    logs: list[str] = field(default_factory=list)


def scene(number: int) -> bytes:
    """Half a minute of 16-bit samples with one cry, at another time in each room."""
    quiet = np.random.default_rng(number).normal(0, 1e-3, int((_CRY_S + _QUIET_S) * SAMPLE_RATE_HZ))
    cry, begin = crying(_CRY_S), int((4 + 4 * (number % 4)) * SAMPLE_RATE_HZ)
    quiet[begin : begin + len(cry)] += cry
    return np.round(quiet * 32_767).clip(-32_768, 32_767).astype("<i2").tobytes()


async def serve(scenes: list[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the room's scene again and again, in real time."""
    number = int((await reader.readuntil(b"\r\n\r\n")).split()[1].strip(b"/"))
    sound, part = scenes[number], 2 * round(_PART_S * SAMPLE_RATE_HZ)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + endless_wav_header())
    begun_s, sent = time.monotonic(), 0
    with contextlib.suppress(ConnectionError):
        while True:
            await asyncio.sleep(max(0.0, begun_s + sent / 2 / SAMPLE_RATE_HZ - time.monotonic()))
            writer.write(sound[sent % len(sound) :][:part])
            await writer.drain()
            sent += min(part, len(sound) - sent % len(sound))


def endless_wav_header() -> bytes:
    """Return the header of a WAV file whose length is not known."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, np.zeros(0, np.float32), SAMPLE_RATE_HZ, subtype="PCM_16")
        header = Path(file.name).read_bytes()
    return header[:4] + b"\xff\xff\xff\xff" + header[8:40] + b"\xff\xff\xff\xff"


async def measure(rooms: int, seconds: float) -> Outcome:
    """Let this many rooms listen for so long."""
    outcome = Outcome(rooms)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenes = [scene(number) for number in range(rooms)]
        server = await asyncio.start_server(lambda reader, writer: serve(scenes, reader, writer), "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        daemons = [await start(folder, number, port) for number in range(rooms)]
        logs = [folder / f"{number}.log" for number in range(rooms)]
        await until(lambda: all("listening to" in log.read_text() for log in logs), 600)
        before = {pid: cpu_s(pid) for daemon in daemons for pid in family(daemon.pid)}
        begun_s = time.monotonic()
        await asyncio.sleep(seconds)
        lasted_s = time.monotonic() - begun_s
        for daemon in daemons:
            for pid in family(daemon.pid):
                note(outcome, pid, (cpu_s(pid) - before.get(pid, 0.0)) / lasted_s)
            daemon.send_signal(signal.SIGTERM)
            await daemon.wait()
        outcome.logs = [log.read_text() for log in logs]
        outcome.heard = sum(log.count("the baby cries") for log in outcome.logs)
        outcome.cries = rooms * int(seconds // (_CRY_S + _QUIET_S))
        server.close()
    return outcome


async def start(folder: Path, number: int, port: int) -> asyncio.subprocess.Process:
    config = folder / f"{number}.yaml"
    config.write_text(_CONFIG.format(number=number, folder=folder, port=port, web=free_port()))
    with (folder / f"{number}.log").open("w") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "babycryd", "run", "--config", str(config)), stderr=log
        )


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def note(outcome: Outcome, pid: int, cores: float) -> None:
    """Add the memory and CPU of a process to those of its program."""
    program = "ffmpeg" if "ffmpeg" in Path(f"/proc/{pid}/comm").read_text() else "babycryd"
    for key, sums in (("Pss", outcome.pss_mb), ("Rss", outcome.rss_mb)):
        sums[program] = sums.get(program, 0.0) + _size_mb(pid, key)
    outcome.cpu_percent[program] = outcome.cpu_percent.get(program, 0.0) + 100 * cores


def _size_mb(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) / 1024


def report(outcomes: list[Outcome]) -> None:
    columns = ["rooms", "cries heard", "daemons, MB", "ffmpeg, MB", "CPU, % of a core"]
    print(f"| {' | '.join(columns)} |   (memory: PSS, in brackets RSS; CPU: daemons + ffmpeg)")
    print("|---|---|---|---|---|---|")
    for each in outcomes:
        memory = [f"{each.pss_mb[name]:.0f} ({each.rss_mb[name]:.0f})" for name in ("babycryd", "ffmpeg")]
        cpu = f"{each.cpu_percent['babycryd']:.1f} + {each.cpu_percent['ffmpeg']:.1f}"
        print("|", " | ".join([str(each.rooms), f"{each.heard} of {each.cries}", *memory, cpu]), "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    outcomes = [asyncio.run(measure(rooms, arguments.seconds)) for rooms in arguments.rooms]
    report(outcomes)
    missed = [each for each in outcomes if each.heard < each.cries]
    for log in (log for each in missed for log in each.logs):
        print(log, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
