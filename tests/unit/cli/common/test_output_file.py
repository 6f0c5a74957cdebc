"""`--out`: a whole file, the bytes for a pipe, or one line that says why not."""

import os
import threading
from pathlib import Path

import pytest

from babycryd.cli.common.output_file import write_output


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    assert write_output("report", str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 2
    assert capsys.readouterr().err == f"babycryd report: written: {tmp_path / 'target'}\n"


def test_a_pipe_gets_the_bytes_and_no_word_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe, got = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    assert write_output("history", str(pipe), b"rows")
    reader.join()
    assert got == [b"rows"]
    assert capsys.readouterr().err == ""
    assert pipe.is_fifo()


def test_a_folder_that_is_not_there_is_told_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not write_output("history", str(tmp_path / "no" / "x.csv"), b"")
    assert "x.csv: cannot be written (No such file or directory); give another name" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
