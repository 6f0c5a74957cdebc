"""The folder of the demo is gone afterwards, though a thread of the daemon may still use it."""

import contextlib
import os
import threading
from pathlib import Path

import pytest

from babycryd.cli.demo import _temporary_folder
from tests.support.patience import HANG_S


def close_files(folder: Path, names: list[str]) -> None:
    """Delete and make files in a folder, as a database does that closes."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):  # the folder itself is gone
            (folder / f"{name}-wal").write_text("x")


def test_a_folder_that_is_still_in_use_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("babycryd.cli.demo._DELETE_LIMIT_S", HANG_S)
    with _temporary_folder() as folder:
        state, names = folder / "state", [f"{number}" for number in range(300)]
        state.mkdir()
        for name in names:
            (state / name).touch()
        closing = threading.Thread(target=close_files, args=[state, [entry.name for entry in os.scandir(state)][::-1]])
        closing.start()
    closing.join()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_stays_in_use_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("babycryd.cli.demo._DELETE_LIMIT_S", 0.0)
    with _temporary_folder() as folder:
        pass
    assert capsys.readouterr().err == f"{folder} could not be deleted: it is still in use. Delete it yourself.\n"
