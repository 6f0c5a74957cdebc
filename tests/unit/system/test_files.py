"""A file is the old one or the new one, whole, however its writer ends; a broken one is set aside whole."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.system.files import PARTIAL, replacing, set_aside, write_whole
from tests.support.small_disk import SmallDisk

T_S = 1_700_000_000.0
STEPS = 12  # more than a write or a setting aside has

# A program whose system calls are counted; it kills itself right before the one with the number given.
KILLED_AT = """
    import os, signal, sys
    from pathlib import Path
    from babycryd.system import files

    steps = 0

    def counted(call):
        def step(*arguments, **keywords):
            global steps
            if steps == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1
            return call(*arguments, **keywords)
        return step

    for name in ("open", "fchmod", "fdopen", "fsync", "replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name)))
    path = Path(sys.argv[1])
"""
WRITE = 'files.write_whole(path, b"new" * 5000)'
SET_ASIDE = f"files.set_aside(path, {T_S})"


def run_until_step(step: int, work: str, path: Path) -> bool:
    """Whether the program came to its end before that step."""
    program = textwrap.dedent(KILLED_AT) + work
    done = subprocess.run([sys.executable, "-c", program, str(path), str(step)], check=False)
    assert done.returncode in {0, -signal.SIGKILL}
    return done.returncode == 0


def test_a_writer_killed_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path, left = tmp_path / "controls.json", []
    for step in range(STEPS):
        path.write_bytes(b"old")
        ended = run_until_step(step, WRITE, path)
        left.append(path.read_bytes())
        assert left[-1] in {b"old", b"new" * 5000}
        if ended:
            break
    assert left[0] == b"old"
    assert left[-1] == b"new" * 5000
    assert len(left) > 5  # it was killed in between


def test_a_kill_while_setting_aside_never_leaves_an_old_log_for_a_new_file(tmp_path: Path) -> None:
    names = {"history.sqlite3", "history.sqlite3-wal", "history.sqlite3-shm"}
    for step in range(STEPS):
        folder = tmp_path / str(step)
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
        ended = run_until_step(step, SET_ASIDE, folder / "history.sqlite3")
        assert sorted(each.read_text() for each in folder.iterdir()) == sorted(names)  # nothing is lost
        left = {each.name for each in folder.iterdir()} & names
        assert "history.sqlite3" in left or not left
        if ended:
            assert {each.name for each in folder.iterdir()} == {
                f"history.sqlite3.broken-1700000000{ending}" for ending in ("", "-wal", "-shm")
            }
            return
    pytest.fail("it never came to its end")


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    with SmallDisk(tmp_path) as disk:
        path = disk.path / "feedback.json"
        write_whole(path, b"old")
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            write_whole(path, b"new" * 100_000)
        assert path.read_bytes() == b"old"
        assert not list(disk.path.glob(f"*{PARTIAL}"))


@given(old=st.binary(), new=st.binary(), part=st.binary())
def test_a_block_that_raises_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes, part: bytes
) -> None:
    path = tmp_path_factory.mktemp("files") / "file"
    write_whole(path, old)
    with pytest.raises(KeyError), replacing(path) as file:  # noqa: PT012  # the block is what raises
        file.write(part)
        raise KeyError
    assert path.read_bytes() == old
    write_whole(path, new)
    assert path.read_bytes() == new
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_is_kept_or_given(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    write_whole(path, b"1", mode=mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    write_whole(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    write_whole(path, b"3", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_has_the_users_default_mode(tmp_path: Path) -> None:
    write_whole(tmp_path / "ours", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_what_root_writes_has_the_owner_of_the_folder_or_of_another_file(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_346)
    write_whole(tmp_path / "file", b"")
    found = (tmp_path / "file").stat()
    assert (found.st_uid, found.st_gid) == (12_345, 12_346)
    other = tmp_path / "other"
    other.touch()
    os.chown(other, 54_321, 54_322)
    write_whole(tmp_path / "file", b"", owner=other)
    assert (tmp_path / "file").stat().st_uid == 54_321


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "link").is_symlink()


def test_the_folder_is_synced_after_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write_whole(tmp_path / "file", b"x")
    assert len(synced) == 2
    assert synced[0].endswith(PARTIAL)
    assert synced[1] == tmp_path.name


def test_an_earlier_broken_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    asides = []
    for number in range(3):
        path.write_text(str(number))
        asides.append(set_aside(path, T_S))
    assert [each.name for each in asides] == [
        "outbox.sqlite3.broken-1700000000",
        "outbox.sqlite3.broken-1700000000-2",
        "outbox.sqlite3.broken-1700000000-3",
    ]
    assert [each.read_text() for each in asides] == ["0", "1", "2"]


def test_a_log_left_of_an_earlier_broken_file_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    earlier = tmp_path / "outbox.sqlite3.broken-1700000000-wal"
    earlier.write_text("of a kill in between")
    path.write_text("broken")
    assert set_aside(path, T_S).name == "outbox.sqlite3.broken-1700000000-2"
    assert earlier.read_text() == "of a kill in between"


def test_a_file_that_is_not_there_cannot_be_set_aside(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        set_aside(tmp_path / "nothing", T_S)
