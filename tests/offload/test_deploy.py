"""The deploy script: what it would do, and that it does nothing when only asked."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cloud import ROOT

SCRIPT = ROOT / "cloud_offload" / "deploy.sh"


def deploy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With a gcloud that only remembers that it was called."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "gcloud").write_text(f'#!/bin/sh\necho "$@" >> {folder}/called\ncase "$*" in *describe*) exit 1;; esac\n')
    (tools / "gcloud").chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, env=env, cwd=folder)


def test_a_dry_run_prints_every_command_and_runs_none(tmp_path: Path) -> None:
    told = deploy(tmp_path, "our-project", "our-bucket", "nursery", "--dry-run", "--region", "europe-west1")
    assert told.returncode == 0, told.stderr
    assert not (tmp_path / "called").exists()
    for part in (
        "buckets create gs://our-bucket --project=our-project --location=europe-west1 --uniform-bucket-level-access",
        "--lifecycle-file=",
        "roles/storage.objectCreator",
        "objects/recordings/nursery/",
        "objects/predictions/nursery/",
        "functions deploy score-recording --gen2",
        "--max-instances=3",
        "--concurrency=8",
        "--retry",
    ):
        assert part in told.stdout, part


def test_a_real_run_calls_what_the_dry_run_prints(tmp_path: Path) -> None:
    printed = deploy(tmp_path, "our-project", "our-bucket", "nursery", "--delete", "--dry-run").stdout
    assert deploy(tmp_path, "our-project", "our-bucket", "nursery", "--delete").returncode == 0
    called = (tmp_path / "called").read_text().splitlines()
    assert [f"+ gcloud {line}" for line in called] == printed.splitlines()
    assert len(called) == 4


@pytest.mark.parametrize(
    "arguments",
    [[], ["p"], ["p", "b"], ["p", "our-bucket", "Bad Name"], ["p", "X", "nursery"], ["p", "our-bucket", "n", "--x"]],
)
def test_wrong_arguments_end_with_2_and_call_nothing(tmp_path: Path, arguments: list[str]) -> None:
    told = deploy(tmp_path, *arguments)
    assert told.returncode == 2
    assert not (tmp_path / "called").exists()


def test_recordings_are_deleted_after_a_day_whatever_happens() -> None:
    rules = json.loads((ROOT / "cloud_offload" / "lifecycle.json").read_text())["rule"]
    assert {"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": ["recordings/"]}} in rules


def test_the_shell_is_clean() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("no shellcheck: apt install shellcheck")
    told = subprocess.run([shellcheck, SCRIPT], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
