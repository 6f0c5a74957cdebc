"""The file of the memory: whole, set aside when broken, left alone when of a newer version, gone when deleted."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.soothe import memory_store
from babycryd.soothe.memory_file import MemoryFileError, NewerMemoryError, from_json, to_json
from babycryd.soothe.memory_store import FILE, MemoryStore
from babycryd.soothe.sound_memory import MOST_TRIES, Try

CALM = Try(1_790_000_000.0, "e1", "Sé\u2028a", night=True, outcome="calm", took_s=40.0)
TRIES = (CALM, replace(CALM, sound=None, outcome="same", false_alarm=True))


def test_it_survives_its_json_and_is_one_line_a_try() -> None:
    assert from_json(to_json(TRIES), "x") == TRIES
    assert from_json(to_json(()), "x") == ()
    assert len(to_json(TRIES).splitlines()) == 4
    assert len(from_json(to_json([CALM] * (MOST_TRIES + 3)), "x")) == MOST_TRIES


DAMAGED = [
    *("", "[]", "{", '{"schema": 1}', '{"schema": 1, "tries": [{}]}', "[" * 100_000, '{"schema": "2", "tries": 3}'),
    *(
        to_json(TRIES).replace(old, new, 1)
        for old, new in (
            ("40.0", "NaN"),
            ("40.0", "-1"),
            ("40.0", '"x"'),
            ('"calm"', '"laughed"'),
            ('"calm"', "[]"),
            ('"e1"', "7"),
            ("true", "1"),
            ("1790000000.0", "1e999"),
        )
    ),
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_named_and_set_aside(text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(MemoryFileError, match="x is damaged"):
        from_json(text, "x")
    (tmp_path / FILE).write_text(text)
    store = MemoryStore(tmp_path)
    assert store.read() == ()
    assert "set aside" in caplog.text
    assert next(tmp_path.glob(f"{FILE}.broken-*")).read_text() == text
    assert store.write(TRIES)
    assert MemoryStore(tmp_path).read() == TRIES


def test_a_file_from_the_future_is_refused_and_not_lost(tmp_path: Path) -> None:
    text = json.dumps({"schema": 2, "tries": [{"mood": "better"}]})
    (tmp_path / FILE).write_text(text)
    store = MemoryStore(tmp_path)
    with pytest.raises(NewerMemoryError, match="newer babycryd"):
        store.read()
    with pytest.raises(MemoryFileError, match="newer babycryd"):
        store.write(TRIES)
    assert (tmp_path / FILE).read_text() == text
    assert not store.must_read()
    (tmp_path / FILE).unlink()
    assert store.must_read()
    assert store.read() == ()
    assert store.write(TRIES)


def test_a_file_that_was_deleted_or_replaced_is_not_written_over(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    assert store.read() == ()
    assert store.write(TRIES)
    other = MemoryStore(tmp_path)
    assert other.read() == TRIES
    assert other.write(TRIES[:1])
    assert store.must_read()
    assert not store.write(TRIES)
    assert store.read() == TRIES[:1]
    assert other.delete()
    assert not other.delete()
    assert not store.write(TRIES)
    assert store.read() == ()
    assert not (tmp_path / FILE).exists()


def test_a_file_that_cannot_be_read_now_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    MemoryStore(tmp_path).write(TRIES)
    store = MemoryStore(tmp_path)
    with monkeypatch.context() as broken:

        def fails(*_: object) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

        broken.setattr(memory_store, "read_small", fails)
        with pytest.raises(MemoryFileError, match="Input/output error"):
            store.read()
    assert store.must_read()
    with pytest.raises(MemoryFileError):
        store.write(())
    assert store.read() == TRIES


def test_a_full_disk_is_named_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore(tmp_path)
    store.write(TRIES)

    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(memory_store, "write_whole", fails)
    with pytest.raises(MemoryFileError, match="No space left"):
        store.write(())
    assert MemoryStore(tmp_path).read() == TRIES


def test_something_else_at_its_path_is_moved_away(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    store = MemoryStore(tmp_path)
    assert store.read() == ()
    assert store.write(TRIES)
