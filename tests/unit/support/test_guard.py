"""The guard against tests that write outside their folders fails them, and no others."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.guard import HOME, ROOT, Guard

OUTSIDE = Path("/var/tmp/babycryd-guard")  # noqa: S108  # outside on purpose
TESTS = f"""
import os, subprocess

def test_in_its_folder(tmp_path):
    (tmp_path / "file").write_text("")

def test_in_the_process():
    os.close(os.open({str(OUTSIDE)!r}, os.O_WRONLY | os.O_CREAT))

def test_of_a_program():
    subprocess.run(["sh", "-c", "mkdir -p ~/.local/state/babycryd"], check=True)

def test_behind_them():
    pass
"""


def test_a_test_that_writes_elsewhere_fails_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.guard", "-p", "no:cacheprovider", "test_bad.py"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    finally:
        subprocess.run(["rm", "-f", OUTSIDE], check=True)  # this process may not
    assert "4 passed, 2 errors" in done.stdout, done.stdout
    assert "ERROR test_bad.py::test_in_the_process" in done.stdout
    assert "ERROR test_bad.py::test_of_a_program" in done.stdout
    assert str(OUTSIDE) in done.stdout
    assert ".local/state/babycryd" in done.stdout


def test_a_new_file_in_the_checkout_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "old.py").touch()
    guard = Guard(tmp_path, tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "old.pyc").touch()
    assert guard.take() == []
    (tmp_path / "new.py").touch()
    assert guard.take() == [str(tmp_path / "new.py")]
    assert guard.take() == []
    room = tmp_path / "room"
    room.mkdir()
    for name in ("one.py", "two.py"):  # the second one in the same tick of the clock
        (room / name).touch()
        assert guard.take() == [str(room / name)]
    os.utime(room, (0, 0))
    assert guard.take() == []
    (room / "three.py").touch()
    assert guard.take() == [str(room / "three.py")]


def test_programs_have_the_home_of_the_tests() -> None:
    assert subprocess.run(["sh", "-c", "echo ~"], capture_output=True, text=True, check=True).stdout == f"{HOME}\n"
