"""Instructions of the second opinion for one suspected hop, and the time that they take on a Raspberry Pi.

    python -m benchmarks.second_instructions ROOT --site FOLDER

ROOT is a Debian arm64 root folder with Python; FOLDER holds the arm64 wheels of numpy and ai-edge-litert, unpacked. A
hop costs the energies of its sound, the network on the last 3.84 s, and the sum. docs/measurements.md tells the method.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.instructions import BOARDS, CPU, Counter

HOPS = (20, 50)  # two lengths beyond the first whole window: their difference is free of start and end
ROUNDS = 5
# It runs where only numpy and the TFLite runtime are installed. Its last line is the CPU time of a hop, in ms.
PROGRAM = """
import sys, time
import numpy as np
from babycryd.audio.block import Hop
from babycryd.audio.format import HOP
from babycryd.detect.second_tflite import shipped_second_opinion
second, rng, began_s, hops = shipped_second_opinion(), np.random.default_rng(1), time.thread_time(), int(sys.argv[1])
for number in range(hops):
    second.remember(Hop(rng.normal(0, 0.1, HOP).astype(np.float32), float(number), 0.0, after_gap=False))
    second.judge(0.9, float(number))
print(1000 * (time.thread_time() - began_s) / hops)
"""


def native_ms() -> float:
    """CPU time of a hop on this computer: the least of some rounds."""
    command = [sys.executable, "-c", PROGRAM, str(HOPS[1])]
    rounds = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(ROUNDS)]
    return min(float(one.stdout.split()[-1]) for one in rounds)


def main() -> None:
    """Count, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="arm64 Debian with Python")
    parser.add_argument("--site", type=Path, required=True, help="folder with arm64 numpy and ai-edge-litert")
    options = parser.parse_args()
    root, site = options.root.resolve(), os.pathsep.join([str(Path.cwd()), str(options.site.resolve())])
    python = next(path for path in (root / "usr" / "bin").glob("python3.1?"))
    with tempfile.TemporaryDirectory() as name:
        arm = Counter(Path(name), ["qemu-aarch64", "-cpu", CPU, "-L", str(root)], [str(python)], site)
        few, many = (arm.millions("-c", PROGRAM, str(hops)) for hops in HOPS)
    millions = (many - few) / (HOPS[1] - HOPS[0])
    print(f"{millions:.1f} million instructions a suspected hop on arm64; {native_ms():.2f} ms here\n")
    print("| ms a suspected hop | likely (least to most) |\n|---|---|")
    for board in BOARDS:
        likely, most, least = (millions / (board.ghz * board.ipc[index]) for index in (1, 0, 2))
        print(f"| {board.name} | {likely:.0f} ({least:.0f} to {most:.0f}) |")


if __name__ == "__main__":
    main()
