"""The archive of a bug report is whole, or it is not there."""

import errno
import os
from pathlib import Path

import pytest

from babycryd.cli.common import bundle


def test_a_disk_that_fills_leaves_no_half_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(bundle, "_parts", lambda *_: iter([("state.txt", ("sizes", "text"))]))
    monkeypatch.setattr(bundle, "_add", full)
    with pytest.raises(OSError, match="No space"):
        bundle.write_bundle(tmp_path / "report.tar.gz", bundle.DoctorRun(None, None, None, ""), {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.tar.gz").write_text("precious")
    monkeypatch.setattr(bundle, "_parts", lambda *_: iter([]))
    with pytest.raises(FileExistsError):
        bundle.write_bundle(tmp_path / "report.tar.gz", bundle.DoctorRun(None, None, None, ""), {})
    assert (tmp_path / "report.tar.gz").read_text() == "precious"
