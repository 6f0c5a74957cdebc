"""Training with its checkpoints in a bucket: killed and started again, it goes on from the last one."""

import io
import os
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cloud import BUCKET, Storage
from tests.support.patience import HANG_S, wait_until
from training.cloud.storage import Bucket, CloudError
from training.cloud.train import SavedState
from training.data.paths import REPOSITORY
from training.model.training_runs import load_history

STATE = "training/runs/killed/state.tar"
PROGRAM = REPOSITORY / "tests" / "support" / "tiny_training.py"
PATIENCE_S = 10 * HANG_S  # TensorFlow takes its time to begin


def test_a_state_comes_back_whole_and_replaces_the_last(storage: Storage, tmp_path: Path) -> None:
    state, here, there = SavedState(Bucket(BUCKET), "one"), tmp_path / "here", tmp_path / "there"
    assert not state.restore(there)
    (here / "state").mkdir(parents=True)
    (here / "state" / "ckpt-1").write_bytes(b"first")
    state.save(here)
    (here / "state" / "ckpt-1").rename(here / "state" / "ckpt-2")
    state.save(here)
    assert state.restore(there)
    assert [file.name for file in (there / "state").iterdir()] == ["ckpt-2"]


def test_a_state_that_is_damaged_is_named(storage: Storage, tmp_path: Path) -> None:
    storage.put("training/runs/broken/state.tar", b"half of it")
    with pytest.raises(CloudError, match=r"runs/broken/state\.tar is no saved state .*delete it to begin anew"):
        SavedState(Bucket(BUCKET), "broken").restore(tmp_path)


def test_a_state_that_leads_out_of_its_folder_is_refused(storage: Storage, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../escaped"), io.BytesIO())
    storage.put("training/runs/hostile/state.tar", packed.getvalue())
    with pytest.raises(CloudError, match="no plain file below the folder"):
        SavedState(Bucket(BUCKET), "hostile").restore(tmp_path / "deep" / "folder")
    assert not (tmp_path / "escaped").exists()


def test_a_state_cannot_be_saved_where_the_bucket_is_gone(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="404: there is no such bucket"):
        SavedState(Bucket("no-such-bucket"), "one").save(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_killed_training_goes_on_from_its_last_checkpoint(storage: Storage, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="tensorflow is in the extra training")
    first = started(tmp_path / "one machine")
    wait_until(lambda: STATE in storage.names(), PATIENCE_S, storage.names)
    first.send_signal(signal.SIGKILL)
    first.wait()
    SavedState(Bucket(BUCKET), "killed").restore(tmp_path / "left")
    (left,) = load_history(tmp_path / "left")
    again = started(tmp_path / "another machine", stdout=subprocess.PIPE)
    told, _ = again.communicate()
    assert again.returncode == 0
    assert "goes on from its checkpoint" in told
    assert f"step {left.end}  " not in told  # what was saved is not computed again
    assert "step 20  " in told
    SavedState(Bucket(BUCKET), "killed").restore(tmp_path / "end")
    assert load_history(tmp_path / "end") == [replace(left, end=20)]


def started(work: Path, stdout: int | None = None) -> "subprocess.Popen[str]":
    options = ["--steps", "20", "--batch", "4", "--threads", "1", "--save-every", "5", "--architecture", "plain"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "BABYCRYD_WORK": str(work)}
    command = [sys.executable, str(PROGRAM), BUCKET, "--run", "killed", *options]
    return subprocess.Popen(command, env=environment, stdout=stdout, text=True)
