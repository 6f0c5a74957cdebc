"""Steps of a release: which are done anew after a change, and with which time their files are made."""

import subprocess
from pathlib import Path

import pytest

from scripts.releasing.checkout import Checkout
from scripts.releasing.making import Release
from scripts.releasing.steps import Done, Step, with_needed

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`lib/code` and `docs`, each of a commit of its own, at 1000 and 2000 s."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    folder = tmp_path / "checkout"
    (folder / "lib").mkdir(parents=True)
    git(folder, "init")
    for name, at_s in (("lib/code", 1000), ("docs", 2000)):
        (folder / name).write_text("one")
        git(folder, "add", ".")
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"@{at_s} +0000")
        git(folder, "-c", "user.name=n", "-c", "user.email=e", "commit", "-m", name)
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


class Steps:
    """`package` reads lib, `container` takes its file; both are done."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self.files = [checkout.parent / "package", checkout.parent / "container"]
        self.steps = [
            Step("package", "", lambda: self.files[:1], ("lib",)),
            Step("container", "", lambda: self.files[1:], after=("package",)),
        ]
        for file in self.files:
            file.write_text("whole")
        self.make()

    def done(self) -> Done:
        return Done(self._checkout.parent / "memory", Checkout(self._checkout))

    def make(self) -> None:
        for step, file in zip(self.steps, self.files, strict=True):
            self.done().keep(step, self.done().state(step), [file])

    def are_done(self) -> list[bool]:
        return [self.done().files(step) is not None for step in self.steps]


@pytest.fixture
def steps(checkout: Path) -> Steps:
    return Steps(checkout)


def test_a_step_stays_done_whatever_it_does_not_read(steps: Steps, checkout: Path) -> None:
    assert steps.are_done() == [True, True]
    (checkout / "docs").write_text("another")
    (checkout / "library").write_text("not below lib")
    assert steps.are_done() == [True, True]
    (checkout / "lib" / "new").write_text("not committed")
    assert steps.are_done() == [False, True]


def test_a_step_is_done_anew_after_another_file_of_an_earlier_one(steps: Steps) -> None:
    steps.files[0].write_text("another")
    assert steps.are_done() == [False, True]
    steps.done().keep(steps.steps[0], steps.done().state(steps.steps[0]), steps.files[:1])
    assert steps.are_done() == [True, False]


@pytest.mark.parametrize("break_it", [lambda path: path.unlink(), lambda path: path.write_text("cut o")])
def test_a_step_is_done_anew_where_its_file_is_not_whole(steps: Steps, break_it: object) -> None:
    assert callable(break_it)
    break_it(steps.files[1])
    assert steps.are_done() == [True, False]


@pytest.mark.parametrize("memory", ["{", "[]", "{}"])
def test_a_damaged_memory_knows_of_no_step(steps: Steps, checkout: Path, memory: str) -> None:
    (checkout.parent / "memory" / "container.json").write_text(memory)
    assert steps.are_done() == [True, False]


def test_other_options_and_another_date_are_other_steps(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps.done().files(Step("package", "", list, ("lib",), options=("key",))) is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "3000")
    assert steps.are_done() == [False, False]


def test_the_date_is_that_of_the_last_change_to_what_is_read(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Checkout(checkout).source_date(["lib"]) == "1000"
    assert Checkout(checkout).source_date(["lib", "docs"]) == "2000"
    assert Checkout(checkout).source_date(["never committed"]) == "2000"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "3000")
    assert Checkout(checkout).source_date(["lib"]) == "3000"


def test_a_chosen_step_brings_what_it_needs() -> None:
    steps = Release(("amd64", "arm64"), "key").steps()
    assert [step.name for step in with_needed(steps, ["container-arm64"])] == ["package-arm64", "container-arm64"]
    assert [step.name for step in with_needed(steps, ["notes"])] == ["notes"]
    assert with_needed(steps, []) == steps
    assert with_needed(steps, ["checksums"]) == steps


def test_what_the_steps_read_is_there() -> None:
    read = {each for step in Release(("amd64",), "key").steps() for each in step.reads}
    assert [each for each in read if not (ROOT / each).exists()] == []
