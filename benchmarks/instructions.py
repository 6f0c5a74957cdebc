"""How busy would a Raspberry Pi be? From instructions, counted in an emulator that runs what the Pi would run.

    python -m benchmarks.instructions ROOT

ROOT is a Debian arm64 root folder with the package installed (`tests/support/debian_roots.py` makes one;
`chroot ROOT dpkg -i …deb`).
Needs Debian's qemu-user, a C compiler, PulseAudio and mosquitto. docs/measurements.md tells the method.
"""

import argparse
import array
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from benchmarks.footprint import CONFIG
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.sound_card import SoundCard

REPLAY = ("-m", "babycryd", "replay")
PLUGIN = Path(__file__).with_name("count_instructions.c")
# Two lengths of each kind: their difference is free of start and end
LENGTHS_S = {"quiet": (40, 160), "crying": (20, 60)}
NATIVE_ROUNDS = 5
CPU = "cortex-a53"  # the oldest of them: what it lacks, no library may use
SETTLES_S = 25.0  # the gate learns the room
OVER_S = 20.0
WITH_KERNEL = 1.3  # user's and kernel's time together by the user's, as the daemon has them on x86-64


@dataclass(frozen=True, slots=True)
class Board:
    name: str
    ghz: float
    ipc: tuple[float, float, float]  # instructions per cycle: low, likely, high; assumed, see docs/measurements.md


BOARDS = (
    Board("Zero 2 W (Cortex-A53, 1.0 GHz)", 1.0, (0.15, 0.3, 0.6)),
    Board("3 B+ (Cortex-A53, 1.4 GHz)", 1.4, (0.15, 0.3, 0.6)),
    Board("4 B (Cortex-A72, 1.5 GHz)", 1.5, (0.25, 0.5, 1.0)),
    Board("5 (Cortex-A76, 2.4 GHz)", 2.4, (0.5, 0.9, 1.8)),
)


class Counter:
    """Runs a program under one of QEMU's emulators and counts."""

    def __init__(self, folder: Path, emulator: Sequence[str], python: Sequence[str], packages: str) -> None:
        self._library = folder / "count.so"
        self._counts = folder / "counts"
        self._emulator = emulator
        self._python = python
        self.env = {"PYTHONPATH": packages}
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(self._library), str(PLUGIN)], check=True)

    @property
    def interpreter(self) -> list[str]:
        name, *options = self._emulator
        counting = [name, "-plugin", f"{self._library},out={self._counts}", *options, *self._python]
        # The TFLite runtime crashes where an emulated processor does not fit what /sys says of the real one
        hide = 'mount -t tmpfs none /sys/devices/system/cpu && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", hide, "sh", *counting]

    @property
    def command(self) -> list[str]:
        return [*self.interpreter, "-m", "babycryd"]

    def so_far(self) -> float:
        """Millions, of all threads; the kernel's are not among them."""
        return sum(array.array("Q", self._counts.read_bytes())) / 1e6

    def millions(self, *arguments: str) -> float:
        """Of a whole run of Python with these arguments."""
        self._counts.unlink(missing_ok=True)
        command = [*self.interpreter, *arguments]
        env = os.environ | self.env
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.so_far()

    def millions_per_s(self, over_s: float) -> float:
        """Of a program that runs."""
        began, began_s = self.so_far(), time.monotonic()
        time.sleep(over_s)
        return (self.so_far() - began) / (time.monotonic() - began_s)


def native_ms(recording: Path) -> float:
    """User's CPU time of the same, on this computer: the least of some rounds."""
    rounds = []
    for _ in range(NATIVE_ROUNDS):
        before_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        command = [sys.executable, "-m", "babycryd", "replay", str(recording)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rounds.append(1000 * (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before_s))
    return min(rounds)


def recordings(folder: Path) -> Mapping[str, tuple[Path, Path]]:
    night = DemoNight().samples()
    sounds = {"quiet": night[-20 * SAMPLE_RATE_HZ :], "crying": night[25 * SAMPLE_RATE_HZ : 43 * SAMPLE_RATE_HZ]}
    made = {}
    for name, lengths_s in LENGTHS_S.items():
        paths = []
        for length_s in lengths_s:
            path = folder / f"{name}-{length_s}.wav"
            soundfile.write(path, np.resize(sounds[name], length_s * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
            paths.append(path)
        made[name] = (paths[0], paths[1])
    return made


def whole_daemon(folder: Path, counter: Counter) -> dict[str, float]:
    """Million instructions a second of the running daemon, a virtual sound card's client and MQTT included."""
    cry = DemoNight().samples()[25 * SAMPLE_RATE_HZ : 43 * SAMPLE_RATE_HZ]
    counts = {}
    with SoundCard() as card, Broker() as broker:
        card.room_noise()
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        # SDL decodes, mixes and fades, into no device: an emulated one comes too late
        env = card.env | counter.env | {"SDL_AUDIODRIVER": "dummy"}
        for lullaby in (False, True):
            text = CONFIG.format(port=broker.port, username=USERNAME, password=password)
            text += f"state_dir: {folder / 'state'}\nlullaby: {{enabled: {str(lullaby).lower()}}}\n"
            config = write_config(folder, text)
            with RunningDaemon(["run", "--config", str(config)], env, counter.command) as daemon:
                daemon.says("listening to", within_s=300)
                time.sleep(SETTLES_S)
                if not lullaby:
                    counts["quiet"] = counter.millions_per_s(OVER_S)
                crying = card.play(np.tile(cry, 5))
                daemon.says("lullaby starts" if lullaby else "the baby cries", within_s=60)
                counts["crying, lullaby" if lullaby else "crying"] = counter.millions_per_s(OVER_S)
                crying.kill()
                daemon.stop(within_s=30)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="arm64 Debian with the package installed")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = next(path for path in (root / "usr" / "bin").glob("python3.1?"))
        site = f"/opt/babycryd/current/lib/{python.name}/site-packages"
        arm = Counter(folder, ["qemu-aarch64", "-cpu", CPU, "-L", str(root)], [str(python)], site)
        own = os.pathsep.join(path for path in [str(Path.cwd()), *sys.path] if path)
        x86 = Counter(folder, ["qemu-x86_64"], [os.path.realpath(sys.executable)], own)
        pipeline = {}
        for state, (short, long) in tqdm(recordings(folder).items(), disable=None):
            seconds = LENGTHS_S[state][1] - LENGTHS_S[state][0]
            there, here = (
                (one.millions(*REPLAY, str(long)) - one.millions(*REPLAY, str(short))) / seconds for one in (arm, x86)
            )
            pipeline[state] = (there, here, (native_ms(long) - native_ms(short)) / seconds)
        daemon = whole_daemon(folder, arm)
    _tell(pipeline, daemon)


def _tell(pipeline: Mapping[str, tuple[float, float, float]], daemon: Mapping[str, float]) -> None:
    print("| | million instructions a second, arm64 | x86-64 | ms here |\n|---|---|---|---|")
    for state, (arm, x86, ms) in pipeline.items():
        print(f"| pipeline, {state} | {arm:.2f} | {x86:.2f} | {ms:.3f} |")
    for state, arm in daemon.items():
        print(f"| whole daemon, {state} | {arm:.1f} | | |")
    print(f"\n| % of one core | {' | '.join(daemon)} |\n|---|" + "---|" * len(daemon))
    for state_view in BOARDS:
        cells = []
        for arm in daemon.values():
            hz_millions = state_view.ghz * 1000 / WITH_KERNEL
            likely, most, least = (100 * arm / (hz_millions * state_view.ipc[index]) for index in (1, 0, 2))
            cells.append(f"{likely:.2g} ({least:.2g} to {most:.2g})")
        print(f"| {state_view.name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
