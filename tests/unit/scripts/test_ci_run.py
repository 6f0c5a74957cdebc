"""What `.ci/run` makes of a suite that fails; `scripts/test` is a script here that fails as it is told."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

_RUN = Path(__file__).parents[3] / ".ci" / "run"
_SUITE = """#!/usr/bin/env bash
echo "suite $*"
if [ $# -eq 0 ]; then
    mkdir -p .pytest_cache/v/cache
    [ ! -f failed.json ] || cp failed.json .pytest_cache/v/cache/lastfailed
    exit {first}
fi
exit {alone}
"""


def _ci(folder: Path, failed: list[str] | None, *, first: int, alone: int) -> subprocess.CompletedProcess[str]:
    (folder / ".ci").mkdir()
    (folder / "scripts").mkdir()
    shutil.copy(_RUN, folder / ".ci" / "run")
    suite = folder / "scripts" / "test"
    suite.write_text(_SUITE.format(first=first, alone=alone))
    suite.chmod(0o755)
    if failed is not None:
        (folder / "failed.json").write_text(json.dumps(dict.fromkeys(failed, True)))
    return subprocess.run([folder / ".ci" / "run"], capture_output=True, text=True, check=False, timeout=30)


def test_a_green_suite_is_run_once(tmp_path: Path) -> None:
    ended = _ci(tmp_path, None, first=0, alone=1)
    assert (ended.returncode, ended.stdout) == (0, "suite \n")


def test_what_passes_alone_is_named(tmp_path: Path) -> None:
    ended = _ci(tmp_path, ["tests/a.py::test_b[c d]"], first=1, alone=0)
    assert ended.returncode == 0
    assert "suite --last-failed" in ended.stdout
    assert ended.stdout.rstrip().endswith("races to be mended):\ntests/a.py::test_b[c d]")


@pytest.mark.parametrize(
    ("failed", "first", "alone", "runs"),
    [
        (["a", "b", "c"], 1, 1, 2),  # fails again
        (["a", "b", "c", "d"], 1, 0, 1),  # too many for races
        (None, 1, 0, 1),  # Ruff, mypy, or nothing collected
        (None, 2, 0, 1),
    ],
)
def test_what_fails_for_good_fails_the_run(
    tmp_path: Path, failed: list[str] | None, first: int, alone: int, runs: int
) -> None:
    ended = _ci(tmp_path, failed, first=first, alone=alone)
    assert ended.returncode == 1
    assert ended.stdout.count("suite ") == runs
