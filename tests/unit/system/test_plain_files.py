"""Small files are read within bounds; a lock neither follows a link nor changes what is there."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from babycryd.system import files
from babycryd.system.files import locked, write_whole
from babycryd.system.plain_files import UnfitFileError, read_small


def a_link(path: Path) -> None:
    (path.parent / "target").write_bytes(b"precious")
    path.symlink_to(path.parent / "target")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def a_large_file(path: Path) -> None:
    path.touch()
    os.truncate(path, 800_000_000)


UNFIT: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a link": a_link,
    "a pipe": os.mkfifo,
    "a socket": a_socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "larger than 1000 kB": a_large_file,
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("what", UNFIT)
def test_what_is_no_small_plain_file_is_refused_at_once_with_its_kind(tmp_path: Path, what: str) -> None:
    UNFIT[what](tmp_path / "controls.json")
    with pytest.raises(UnfitFileError, match=what) as caught:
        read_small(tmp_path / "controls.json", follow=what == "a device")
    assert caught.value.filename == str(tmp_path / "controls.json")


def test_a_file_that_tells_no_size_is_bounded_too() -> None:
    with pytest.raises(UnfitFileError, match="larger than"):
        read_small(Path("/proc/self/smaps"), 100)


def test_a_plain_file_is_read_and_a_link_only_where_it_may_be(tmp_path: Path) -> None:
    a_link(tmp_path / "link")
    assert read_small(tmp_path / "target") == read_small(tmp_path / "link", follow=True) == b"precious"
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "none")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("what", ["a folder", "a link", "a pipe", "a socket"])
def test_a_lock_that_is_no_plain_file_is_refused_and_its_target_left_alone(tmp_path: Path, what: str) -> None:
    UNFIT[what](tmp_path / "feedback.lock")
    with pytest.raises(UnfitFileError, match=what), locked(tmp_path / "feedback.lock"):
        pytest.fail("it was locked")
    if what == "a link":
        assert (tmp_path / "target").read_bytes() == b"precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_lock_that_is_there_keeps_content_and_owner_as_it_may_be_a_hard_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "ours").mkdir()
    os.chown(tmp_path / "ours", 12_345, 12_346)
    os.link(tmp_path / "target", tmp_path / "ours/feedback.lock")
    with locked(tmp_path / "ours/feedback.lock"):
        pass
    with locked(tmp_path / "ours/new.lock"):
        pass
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert (tmp_path / "target").stat().st_uid == 0
    assert (tmp_path / "ours/new.lock").stat().st_uid == 12_345


def test_a_lock_that_is_never_released_is_waited_for_within_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOCK_LIMIT_S", 0.1)
    with (
        locked(tmp_path / "feedback.lock"),
        pytest.raises(TimeoutError, match="holds the lock"),
        locked(tmp_path / "feedback.lock"),
    ):
        pytest.fail("it was locked twice")


def test_a_planted_link_gives_a_new_file_no_mode_of_its_target(tmp_path: Path) -> None:
    a_link(tmp_path / "controls.json")
    (tmp_path / "target").chmod(0o777)
    write_whole(tmp_path / "controls.json", b"{}")
    (tmp_path / "plain").touch()
    assert (tmp_path / "controls.json").stat().st_mode == (tmp_path / "plain").stat().st_mode
