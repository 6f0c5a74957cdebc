"""`babycryd replay --jobs`: a folder of recordings, several at once, told in order."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.processes import children, runs

REPLAY = (sys.executable, "-m", "babycryd", "replay")


def replay(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*REPLAY, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)


def silences(folder: Path, names: str, length_s: float = 20.0) -> None:
    for name in names:
        soundfile.write(folder / f"{name}.flac", np.zeros(int(length_s * SAMPLE_RATE_HZ), np.int16), SAMPLE_RATE_HZ)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    for name, seed in (("c.wav", 1), ("a.flac", 2)):
        soundfile.write(tmp_path / name, DemoNight(seed, length_s=36).samples(), SAMPLE_RATE_HZ)
    (tmp_path / "b.wav").write_text("no sound")
    (tmp_path / "notes.txt").write_text("no recording")
    return tmp_path


def test_a_folder_is_told_in_order_and_alike_by_one_process_and_by_two(recordings: Path) -> None:
    one, two = replay("--jsonl", "--scores", recordings), replay("--jsonl", "--scores", "--jobs", 2, recordings)
    assert one.returncode == two.returncode == 1
    assert one.stdout == two.stdout != ""
    assert one.stderr == two.stderr
    assert [line.split(": ")[1] for line in two.stderr.splitlines()] == [str(recordings / "b.wav")]
    told = [json.loads(line)["file"] for line in two.stdout.splitlines()]
    assert list(dict.fromkeys(told)) == [str(recordings / name) for name in ("a.flac", "c.wav")]


def test_mistakes_are_told(tmp_path: Path) -> None:
    nothing = replay(tmp_path)
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert f"{tmp_path}: there is no recording in this folder" in nothing.stderr
    refused = replay("--jobs", "0", tmp_path)
    assert refused.returncode == 2
    assert "'0' is no number from 1 to 64" in refused.stderr


def test_a_killed_process_costs_no_recording(tmp_path: Path) -> None:
    silences(tmp_path, "abc")
    command = [*REPLAY, "--jobs", "2", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:

        def workers() -> list[int]:
            return children(running.pid, "spawn_main")

        wait_until(lambda: len(workers()) == 2, HANG_S, workers)
        os.kill(workers()[0], signal.SIGKILL)
        told, errors = running.communicate(timeout=CLOCK_HANG_S)
    assert (running.returncode, errors) == (0, "")
    assert [line.split(": ")[0] for line in told.splitlines() if " in all" in line] == [
        str(tmp_path / f"{name}.flac") for name in "abc"
    ]


def test_ctrl_c_ends_all_processes_at_once_and_quietly(tmp_path: Path) -> None:
    silences(tmp_path, "ab", length_s=7200.0)  # the signal comes while they are read
    command = [*REPLAY, "--jobs", "2", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        found: list[int] = []

        def workers() -> list[int]:
            found[:] = children(running.pid, "spawn_main")
            return found

        wait_until(lambda: len(workers()) == 2, HANG_S, workers)
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=CLOCK_HANG_S)
    assert running.returncode == 130
    assert "Traceback" not in errors
    wait_until(lambda: not any(map(runs, found)), HANG_S, lambda: errors)
