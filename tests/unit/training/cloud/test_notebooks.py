"""Notebooks: they are made from their scripts, and run from the first cell to the last."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import HANG_S
from tests.support.small_collection import small_collection
from tests.support.warehouses import months_as_json
from training.cloud.clip_rows import Scoring
from training.data.paths import MODELS, REPOSITORY

SOURCES = REPOSITORY / "training" / "cloud" / "notebooks"
MADE = {
    SOURCES / "explore.py": REPOSITORY / "training" / "cloud" / "explore.ipynb",
    SOURCES / "my_nights.py": REPOSITORY / "docs" / "my-nights.ipynb",
}


def cells(notebook: Path) -> list[tuple[str, str]]:
    """Kind and text of each cell."""
    found = json.loads(notebook.read_text("utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in found]


@pytest.mark.parametrize("source", MADE, ids=lambda source: source.stem)
def test_a_notebook_has_the_cells_of_its_script(source: Path) -> None:
    jupytext = pytest.importorskip("jupytext", reason="jupytext is in the extra cloud-training")
    expected = [(cell.cell_type, cell.source) for cell in jupytext.read(source).cells]
    assert cells(MADE[source]) == expected


@pytest.mark.parametrize("notebook", MADE.values(), ids=lambda notebook: notebook.stem)
def test_a_notebook_holds_no_output(notebook: Path) -> None:
    found = json.loads(notebook.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in found)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_parents_notebook_runs_on_an_export(tmp_path: Path) -> None:
    done = executed(MADE[SOURCES / "my_nights.py"], tmp_path, export=months_as_json(tmp_path))
    assert "108 cries, in 60 nights that had one" in told(done)
    assert "Rain: calmed" in told(done)
    assert pictures(done) == 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_notebook_of_the_classifier_runs_on_the_shared_recordings(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("apache_beam", reason="apache-beam is in the extra cloud-training")
    from training.cloud import jobs
    from training.cloud.load import main as load

    root, entries = small_collection()
    scoring = Scoring((MODELS / "cry.tflite").read_bytes(), 0.5, "2026-11-29")
    jobs.run(entries, jobs.Rescore(str(root), scoring), jobs.SCORES, str(tmp_path / "rescored"), (), 1)
    (tmp_path / "owner.key").write_bytes(b"sixteen bytes and more")
    warehouse, key = str(tmp_path / "home.duckdb"), str(tmp_path / "owner.key")
    with pytest.MonkeyPatch.context() as patch:
        options = ["--episodes", str(months_as_json(tmp_path)), "--device", "nursery", "--key-file", key]
        patch.setattr(sys, "argv", ["load", warehouse, *options])
        load()
    notebook = MADE[SOURCES / "explore.py"]
    done = executed(notebook, tmp_path, scores=tmp_path / "rescored", warehouse=warehouse)
    assert "3 recordings of crying babies, 3 of other sounds, 0 with a label of neither" in told(done)
    assert pictures(done) == 6


def executed(notebook: Path, folder: Path, **parameters: object) -> dict[str, Any]:
    """The notebook after papermill has run every cell."""
    pytest.importorskip("papermill", reason="papermill is in the extra cloud-training")
    out = folder / "done.ipynb"
    given = [part for name, value in parameters.items() for part in ("-p", name, str(value))]
    waits = f"--start-timeout={10 * HANG_S:.0f}"  # for its kernel; 60 s by itself, too few on a busy computer
    command = [sys.executable, "-m", "papermill", str(notebook), str(out), *given, "--cwd", str(folder), waits]
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return found


def told(done: dict[str, Any]) -> str:
    """What the cells printed."""
    return "".join("".join(one.get("text", "")) for cell in done["cells"] for one in cell.get("outputs", ()))


def pictures(done: dict[str, Any]) -> int:
    return sum("image/png" in one.get("data", {}) for cell in done["cells"] for one in cell.get("outputs", ()))
