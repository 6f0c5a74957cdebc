"""Thousands of damaged recordings: `babycryd replay` hears them or names them, never crashes, and stays small."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.lullabies import damaged

FILES = 5_000 if os.environ.get("BABYCRYD_SLOW") == "1" else 400
AT_ONCE = min(FILES, 1_000)
MOST_BYTES = 2_000_000_000  # of address space, most of which is libraries
MOST_RESIDENT_KB = 200_000
FORMATS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("WAV", "ULAW"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"), ("OGG", "OPUS"), ("AIFF", "PCM_16"), ("W64", "PCM_16"), ("CAF", "PCM_16"), ("AU", "PCM_16"),
    ("MP3", "MPEG_LAYER_III"), ("RF64", "PCM_16"), ("VOC", "PCM_16"), ("NIST", "PCM_16"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A third of a second in every format."""
    folder = tmp_path_factory.mktemp("sounds")
    samples = np.random.default_rng(1).normal(0, 0.1, 5_333)
    for number, (kind, subtype) in enumerate(FORMATS):
        soundfile.write(folder / str(number), samples, 16_000, format=kind, subtype=subtype)
    return [(folder / str(number)).read_bytes() for number in range(len(FORMATS))]


def batches(folder: Path, sounds: list[bytes]) -> Iterator[list[str]]:
    dice = random.Random(11)  # noqa: S311  # the same files every time
    for begin in range(0, FILES, AT_ONCE):
        names = [str(folder / f"{number}.wav") for number in range(begin, begin + AT_ONCE)]
        for name in names:
            Path(name).write_bytes(damaged(dice.choice(sounds), dice))
        yield names


MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""  # by a small process between: a child counts what its parent had in memory when it was started


def replay(names: list[str], complaints: Path) -> tuple[int, int]:
    """Exit code, and the most memory in kB that the process had."""
    command = ["prlimit", f"--as={MOST_BYTES}", sys.executable, "-m", "babycryd", "replay", "--jsonl", "--scores"]
    with complaints.open("w") as stderr:
        told = subprocess.check_output([sys.executable, "-c", MEASURE, *command, *names], stderr=stderr)
    code, most_kb = told.split()
    return int(code), int(most_kb)


def test_no_recording_is_too_broken(tmp_path: Path, sounds: list[bytes]) -> None:
    read = refused = 0
    for names in batches(tmp_path, sounds):
        code, most_kb = replay(names, tmp_path / "stderr")
        told = (tmp_path / "stderr").read_text()
        assert code == 1, told[-2000:]  # some of them cannot be read
        assert "Traceback" not in told
        assert most_kb < MOST_RESIDENT_KB  # though a header may promise terabytes
        complaints = [name for name in names if name in told]
        refused += len(complaints)
        read += len(names) - len(complaints)
    assert read + refused == FILES
    assert min(read, refused) > FILES / 20, (read, refused)
