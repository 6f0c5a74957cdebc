"""One command makes the second opinion again, and compares it with the shipped one."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.data.paths import MODELS
from training.model.second_windows import CHUNK, HOPS, Windows, folder_of
from training.release.reproduce_second import (
    FILE,
    NETWORKS,
    SCENES,
    TRAINING,
    WHOLE,
    WINDOWS_OF,
    check_windows,
    comparison,
    logit_differences,
    parts_of,
    steps,
)


def test_the_sides_and_scenes_are_those_of_the_shipped_file() -> None:
    made = json.loads((MODELS / "second.json").read_text(encoding="utf-8"))["made_by"]
    assert list(SCENES) == made["scenes"]
    assert made["calibrated_by_a_fold"]
    assert {side for sides in NETWORKS.values() for side in sides} == {part.side for part in parts_of(WHOLE)}


def test_every_step_is_a_command_and_trainings_follow_their_windows() -> None:
    commands = steps()
    for module in {step[0] for step in commands}:
        assert callable(importlib.import_module(module).main)
    modules = [step[0] for step in commands]
    assert modules[:2] == [
        "training.synthesis.rooms",
        "training.data.teacher",
    ]  # with the next one, what the windows are rendered from
    assert modules[2:3] == ["training.synthesis.voices.instruments"]
    assert modules[3:] == [*[WINDOWS_OF] * 6, *[TRAINING] * 2, "training.release.second_opinion"]


def test_kept_weights_need_no_training() -> None:
    rooms, command = steps((Path("/whole.h5"), Path("/fold.h5")))
    assert rooms == ("training.synthesis.rooms",)
    assert command[command.index("--weights") + 1] == "/whole.h5"
    assert command[command.index("--heard-by") + 1] == "/fold.h5"


def test_a_training_does_not_begin_with_fewer_windows(tmp_path: Path) -> None:
    for part in parts_of(WHOLE):
        folder = tmp_path / folder_of(part.side, confusers=part.confusers).name
        folder.mkdir()
        for number in range(part.segments // CHUNK):
            (folder / f"{number:03}.npz").touch()
    check_windows(WHOLE, tmp_path)
    (tmp_path / "train" / "007.npz").unlink()
    with pytest.raises(SystemExit, match="holds 34 files of windows, not 35"):
        check_windows(WHOLE, tmp_path)


def test_the_comparison_tells_the_same_file_from_another_one() -> None:
    shipped = json.loads((MODELS / "second.json").read_text(encoding="utf-8"))
    assert comparison(shipped, shipped).startswith("the same network bit for bit")
    assert comparison(shipped | {"sha256": "0"}, shipped).startswith("another network")


def test_the_shipped_network_differs_from_itself_by_nothing() -> None:
    rng = np.random.default_rng(2)
    energies = rng.normal(-8, 2, (3, 384, 105)).astype(np.float16)
    ones = np.ones(3, np.float32)
    windows = Windows(energies, np.full((3, HOPS), 0.1, np.float32), ones, ones, ones)
    assert logit_differences(MODELS / FILE, MODELS / FILE, windows).tolist() == [0, 0, 0]


@pytest.mark.slow
def test_the_whole_command_in_miniature_makes_a_calibrated_file_and_stops_nowhere_twice(tmp_path: Path) -> None:
    """All steps from the recordings on, in minutes; a second call finds everything made but the calibration."""
    for needed in ("tensorflow", "onnx", "pyroomacoustics"):
        pytest.importorskip(needed, reason="the reproduction needs the training extra")
    command = [sys.executable, "-m", "training.release.reproduce_second", "--miniature"]
    environment = os.environ | {"BABYCRYD_WORK": str(tmp_path)}

    def made() -> tuple[str, dict[Path, int]]:
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        assert done.returncode == 1, done.stderr  # it is another network than the shipped one
        kept = [*tmp_path.glob("miniature/**/*.npz"), *tmp_path.glob("miniature/**/*.flac")]
        return done.stdout, {path: path.stat().st_mtime_ns for path in kept}

    told, first = made()
    assert "another network" in told
    card = json.loads((tmp_path / "miniature" / "second_reproduced" / "second.json").read_text(encoding="utf-8"))
    assert card["sum"]["slope"] > 0
    assert card["made_by"]["fine_tuned"]
    assert made()[1] == first
