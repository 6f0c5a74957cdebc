"""Rehearsal of the cloud: a step that fails is told, and stops only those that need it."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.rehearsing import environment
from scripts.rehearsing import main as rehearsal
from scripts.rehearsing.commands import Commands
from scripts.rehearsing.main import Rehearsal, chosen, main, run_all, table
from scripts.rehearsing.small_corpus import write_small_corpus
from scripts.rehearsing.steps import Places, Step, steps
from training.data.manifest import load_manifest

GOOD, BAD = (sys.executable, "-c", "print('all well')"), (sys.executable, "-c", "import sys; sys.exit('bucket gone')")


@pytest.fixture
def here(tmp_path: Path) -> Rehearsal:
    return Rehearsal(dict(os.environ), tmp_path / "shared", tmp_path / "log", Commands(tmp_path))


def test_a_step_ends_with_its_first_failure_and_keeps_the_output(here: Rehearsal) -> None:
    failed = here.run(Step("upload", "", (GOOD, BAD, GOOD)))
    assert failed.failed
    assert failed.told == "bucket gone"
    assert here.log.read_text("utf-8").count("all well") == 2  # in the command and once in its output
    good = here.run(Step("money", "", (GOOD,)))
    assert (good.outcome, good.told) == ("done", "all well")
    assert good.cpu_s > 0
    assert table([failed, good], 1.0).count("\n") == 4


def test_a_failure_leaves_out_what_needs_it_and_nothing_else(here: Rehearsal) -> None:
    wanted = [
        Step("upload", "", (BAD,)),
        Step("inputs", "", (GOOD,), after=("upload",)),
        Step("container", "", (GOOD,), after=("inputs",)),
        Step("money", "", (GOOD,)),
    ]
    told = {one.step.name: one.outcome for one in run_all(here, wanted)}
    assert told.pop("upload").startswith("failed: ")
    assert told == {
        "inputs": "left out: it needs upload",
        "container": "left out: it needs inputs",
        "money": "done",
    }


def test_a_step_without_its_program_is_left_out(here: Rehearsal) -> None:
    out = here.run(Step("container", "", (BAD,), needs=("no-such-engine",)))
    assert out.outcome == "left out: apt install no-such-engine"


def test_a_chosen_step_brings_what_it_needs(tmp_path: Path) -> None:
    every = steps(Places(tmp_path, "bucket", "version"))
    assert [step.name for step in chosen(every, ["container"])] == ["upload", "inputs", "image", "container"]
    assert chosen(every, ()) == every
    for number, step in enumerate(every):  # each stands behind what it needs
        assert {each.name for each in every[:number]}.issuperset(step.after)


def test_the_small_corpus_is_one_of_the_training(tmp_path: Path, shared: Path) -> None:
    manifest = write_small_corpus(tmp_path / "small")
    clips = load_manifest(manifest)
    assert 100 < len(clips) < 1000
    assert all((manifest.parent / clip.path).exists() for clip in clips)
    assert {clip.split for clip in clips} == {"train", "val"}
    with manifest.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) >= len(clips)


def test_an_environment_that_is_half_made_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, made = tmp_path / ".venv-cloud", list[list[str]]()

    def run(command: list[str], **_: object) -> object:
        made.append(command)
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(environment, "FOLDER", folder)
    monkeypatch.setattr(subprocess, "run", run)
    assert environment.make() == environment.make() == folder / "bin" / "python"
    assert [command[-1] for command in made] == [str(folder), ".[dev,cloud-training]"]
    (folder / "whole").write_bytes(b"of an older pyproject.toml")
    environment.make()
    assert len(made) == 4


def test_the_steps_are_listed_and_a_wrong_name_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cloud-rehearsal", "--list"])
    assert main() == 0
    assert len(capsys.readouterr().out.splitlines()) == len(steps(Places(Path(), "", "")))
    monkeypatch.setattr(sys, "argv", ["cloud-rehearsal", "--only", "nothing"])
    with pytest.raises(SystemExit):
        main()
    assert "unknown step nothing; choose from upload" in capsys.readouterr().err


def test_one_failure_makes_the_exit_code_1(
    here: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = here.run(Step("upload", "", (BAD,)))
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: [failed])
    monkeypatch.setattr(rehearsal, "enter", lambda: None)
    monkeypatch.setattr(sys, "argv", ["cloud-rehearsal", "--log", str(tmp_path / "log")])
    assert main() == 1
    assert "1 failed" in capsys.readouterr().err
