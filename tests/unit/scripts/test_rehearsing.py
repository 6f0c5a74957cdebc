"""Rehearsal of the cloud: a step that fails is told and stops no other."""

import os
import sys
from pathlib import Path

import pytest

from scripts.rehearsing import main as rehearsal
from scripts.rehearsing.main import Step, main, ran, table

GOOD, BAD = (sys.executable, "-c", "print('all well')"), (sys.executable, "-c", "import sys; sys.exit('bucket gone')")


def test_a_step_ends_with_its_first_failure_and_keeps_the_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    failed = ran(Step("upload", "", (GOOD, BAD, GOOD)), dict(os.environ), log)
    assert failed.outcome.startswith("failed: ")
    assert failed.told == "bucket gone"
    assert log.read_text("utf-8").count("all well") == 2  # in the command and once in its output
    good = ran(Step("money", "", (GOOD,)), dict(os.environ), log)
    assert (good.outcome, good.told) == ("done", "all well")
    assert table([failed, good]).count("\n") == 4


def test_a_step_without_its_library_is_left_out(tmp_path: Path) -> None:
    out = ran(Step("train", "", (BAD,), needs="no_such_library"), {}, tmp_path / "log")
    assert out.outcome == "left out: no_such_library is not installed"


def test_the_steps_are_listed_and_a_wrong_name_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cloud-rehearsal", "--list"])
    assert main() == 0
    assert len(capsys.readouterr().out.splitlines()) == 11
    monkeypatch.setattr(sys, "argv", ["cloud-rehearsal", "--only", "nothing"])
    with pytest.raises(SystemExit):
        main()
    assert "unknown step nothing; choose from upload" in capsys.readouterr().err


def test_one_failure_makes_the_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = ran(Step("upload", "", (BAD,)), dict(os.environ), tmp_path / "log")
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: [failed])
    monkeypatch.setattr(sys, "argv", ["cloud-rehearsal", "--log", str(tmp_path / "log")])
    assert main() == 1
    assert "1 failed" in capsys.readouterr().err
