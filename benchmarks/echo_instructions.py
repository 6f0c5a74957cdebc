"""Instructions of the echo canceller for a second of sound, on arm64 and x86-64, and its time on a Raspberry Pi.

    python -m benchmarks.echo_instructions ROOT --site FOLDER

ROOT is a Debian arm64 root folder with Python and `libspeexdsp1`; FOLDER holds the arm64 wheel of numpy, unpacked. A
noise plays and is heard 0.19 s later by a clock that differs by 60 ppm, and the delay and the drift are known: every
hop is aligned by fractions of a sample and filtered. docs/measurements.md tells the method.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from babycryd.audio.format import HOP_S
from benchmarks.instructions import BOARDS, CPU, Counter

HOPS = (60, 160)  # two lengths: their difference is free of start, search and end
ROUNDS = 5
# It runs where only numpy and libspeexdsp are installed. It prints the drift, and the CPU time of a second in ms.
PROGRAM = """
import sys, time
import numpy as np
from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.core.echo_reference import Played
from babycryd.echo.canceller import EchoCanceller
from babycryd.echo.speexdsp import SpeexFilter
hops, rng = int(sys.argv[1]), np.random.default_rng(1)
played = np.zeros(40 * SAMPLE_RATE_HZ, np.float32)
played[3200:] = np.convolve(rng.normal(0, 0.05, len(played) - 3200), np.ones(4) / 4, "same")
heard = np.interp(np.arange(len(played)) * (1 + 60e-6) - 3000, np.arange(len(played)), played).astype(np.float32)
class Reference:
    def played(self, first, n):
        part = np.zeros(n, np.float32)
        low, high = max(0, first), min(len(played), first + n)
        part[low - first : high - first] = played[low:high]
        return Played(part, 3200)
    def playing_since(self, first, n):
        return 3200 if first + n > 3200 else None
canceller, spent_s = EchoCanceller(Reference(), SpeexFilter()), 0.0
for number in range(hops):
    if number == hops - 60:
        began_s = time.thread_time()
    hop = Hop(heard[number * HOP : (number + 1) * HOP], (number + 1) * HOP_S, 0.0, after_gap=number == 0)
    canceller.process(hop)
print(canceller.drift_ppm)
print(1000 * (time.thread_time() - began_s) / (60 * HOP_S))
"""


def native() -> tuple[float, float]:
    """Return the measured drift in ppm, and the CPU time of a second of sound in ms here, the least of some rounds."""
    command = [sys.executable, "-c", PROGRAM, str(HOPS[1])]
    rounds = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(ROUNDS)]
    told = [[float(line) for line in one.stdout.split()] for one in rounds]
    return told[0][0], min(ms for _, ms in told)


def millions_per_s(counter: Counter) -> float:
    """Return the million instructions of a second of sound."""
    few, many = (counter.millions("-c", PROGRAM, str(hops)) for hops in HOPS)
    return (many - few) / ((HOPS[1] - HOPS[0]) * HOP_S)


def main() -> None:
    """Count, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="arm64 Debian with Python and libspeexdsp1")
    parser.add_argument("--site", type=Path, required=True, help="folder with arm64 numpy")
    options = parser.parse_args()
    root, site = options.root.resolve(), os.pathsep.join([str(Path.cwd()), str(options.site.resolve())])
    python = next(path for path in (root / "usr" / "bin").glob("python3.1?"))
    own = os.pathsep.join(path for path in [str(Path.cwd()), *sys.path] if path)
    drift_ppm, here_ms = native()
    with tempfile.TemporaryDirectory() as name:
        arm = millions_per_s(Counter(Path(name), ["qemu-aarch64", "-cpu", CPU, "-L", str(root)], [str(python)], site))
        x86 = millions_per_s(Counter(Path(name), ["qemu-x86_64"], [os.path.realpath(sys.executable)], own))
    print(f"{arm:.1f} million instructions a second of sound on arm64, {x86:.1f} on x86-64; {here_ms:.1f} ms here")
    print(f"(drift found: {drift_ppm:.0f} ppm)\n\n| ms a second of sound | likely (least to most) |\n|---|---|")
    for board in BOARDS:
        likely, most, least = (arm / (board.ghz * board.ipc[index]) for index in (1, 0, 2))
        print(f"| {board.name} | {likely:.0f} ({least:.0f} to {most:.0f}) |")


if __name__ == "__main__":
    main()
