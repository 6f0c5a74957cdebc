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
    model_mb: tuple[float, float] = (0.0, 0.0)  # RSS and PSS of the mapped model files
    cpu_percent: dict[str, float] = field(default_factory=dict)  # of one core


def scene(number: int) -> bytes:
    """Half a minute of 16-bit samples with one cry, at another time in each room."""
    quiet = np.random.default_rng(number).normal(0, 1e-3, int((_CRY_S + _QUIET_S) * SAMPLE_RATE_HZ))
    cry, begin = crying(_CRY_S), int((4 + 4 * (number % 4)) * SAMPLE_RATE_HZ)
    quiet[begin : begin + len(cry)] += cry
    return np.round(quiet * 32_767).clip(-32_768, 32_767).astype("<i2").tobytes()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Send the room's scene again and again, in real time."""
    number = int((await reader.readuntil(b"\r\n\r\n")).split()[1].strip(b"/"))
    sound, part = scene(number), 2 * round(_PART_S * SAMPLE_RATE_HZ)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + endless_wav_header())
    begun_s, sent = time.monotonic(), 0
    with contextlib.suppress(ConnectionError):
        while (at_s := sent / 2 / SAMPLE_RATE_HZ) < seconds:
            await asyncio.sleep(max(0.0, begun_s + at_s - time.monotonic()))
            writer.write(sound[sent % len(sound) :][:part])
            await writer.drain()
            sent += min(part, len(sound) - sent % len(sound))
    writer.close()


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
        server = await asyncio.start_server(lambda r, w: serve(r, w, seconds + 600), "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        daemons = [await start(folder, number, port) for number in range(rooms)]
        await asyncio.sleep(seconds / 4)  # they start, and have begun to judge
        before = {pid: cpu_s(pid) for daemon in daemons for pid in family(daemon.pid)}
        begun_s = time.monotonic()
        await asyncio.sleep(seconds * 3 / 4)
        lasted_s = time.monotonic() - begun_s
        for daemon in daemons:
            for pid in family(daemon.pid):
                note(outcome, pid, (cpu_s(pid) - before.get(pid, 0.0)) / lasted_s)
            daemon.send_signal(signal.SIGTERM)
            log = (await daemon.communicate())[1].decode()
            outcome.heard += log.count("the baby cries")
            outcome.cries += log.count("listening to") and int(seconds // (_CRY_S + _QUIET_S))
        server.close()
    return outcome


async def start(folder: Path, number: int, port: int) -> asyncio.subprocess.Process:
    config = folder / f"{number}.yaml"
    config.write_text(_CONFIG.format(number=number, folder=folder, port=port, web=free_port()))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "babycryd", "run", "--config", str(config)), stderr=asyncio.subprocess.PIPE
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
        sums[program] = sums.get(program, 0.0) + sum(mapped_kb(pid, "smaps_rollup", key, "")) / 1024
    outcome.cpu_percent[program] = outcome.cpu_percent.get(program, 0.0) + 100 * cores
    rss, pss = (sum(mapped_kb(pid, "smaps", key, ".tflite")) / 1024 for key in ("Rss", "Pss"))
    outcome.model_mb = (outcome.model_mb[0] + rss, outcome.model_mb[1] + pss)


def mapped_kb(pid: int, file: str, key: str, of: str) -> Iterator[int]:
    """Sizes of one kind of the mappings whose first line ends so."""
    wanted = False
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if not line.split()[0].endswith(":"):
            wanted = line.endswith(of)
        elif wanted and line.startswith(f"{key}:"):
            yield int(line.split()[1])


def report(outcomes: list[Outcome]) -> None:
    columns = ["rooms", "cries heard", "daemons, MB", "ffmpeg, MB", "model files, MB", "CPU, % of a core"]
    print(f"| {' | '.join(columns)} |   (memory: PSS, in brackets RSS; CPU: daemons + ffmpeg)")
    print("|---|---|---|---|---|---|")
    for each in outcomes:
        memory = [f"{each.pss_mb[name]:.0f} ({each.rss_mb[name]:.0f})" for name in ("babycryd", "ffmpeg")]
        model = f"{each.model_mb[1]:.1f} ({each.model_mb[0]:.1f})"
        cpu = f"{each.cpu_percent['babycryd']:.1f} + {each.cpu_percent['ffmpeg']:.1f}"
        print("|", " | ".join([str(each.rooms), f"{each.heard} of {each.cries}", *memory, model, cpu]), "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    outcomes = [asyncio.run(measure(rooms, arguments.seconds)) for rooms in arguments.rooms]
    report(outcomes)
    return 1 if any(each.heard < each.cries for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
