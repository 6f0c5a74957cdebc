"""The queue store: written in order, told once when the disk fails, and well again when it works."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from babycryd.system.queue_store import QueueDatabase, QueueStore
from tests.support.patience import HANG_S


class Numbers(QueueDatabase):
    """A queue of numbers."""

    SCHEMA = "CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY);"

    def put(self, number: int) -> None:
        """Store a number."""
        with self._file:
            self._file.execute("INSERT INTO numbers VALUES (?)", (number,))

    def read(self) -> list[int]:
        """Return the numbers."""
        return [number for (number,) in self._file.execute("SELECT number FROM numbers")]


def opened(path: Path) -> QueueStore[Numbers]:
    return QueueStore(path, Numbers, "numbers", "a crash may lose numbers")


async def test_a_write_that_fails_is_told_once_until_one_succeeds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(tmp_path / "numbers.sqlite3")
    assert await store.read(Numbers.read, HANG_S) == []
    for number in (1, 1, 1):  # the second and the third are refused
        store.write(lambda database, number=number: database.put(number))  # type: ignore[misc]  # a default binds it
    await store.written(HANG_S)
    assert store.trouble
    assert caplog.text.count("a crash may lose numbers") == 1
    store.write(lambda database: database.put(2))
    await store.written(HANG_S)
    assert store.trouble is None
    await store.close(HANG_S)
    again = opened(tmp_path / "numbers.sqlite3")
    assert await again.read(Numbers.read, HANG_S) == [1, 2]
    await again.close(HANG_S)


async def test_a_damaged_text_hides_no_row(tmp_path: Path) -> None:
    path = tmp_path / "numbers.sqlite3"
    Numbers(path).close()
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE texts (text TEXT)")
        file.execute("INSERT INTO texts VALUES (CAST(x'ff61' AS TEXT)), ('b')")
    file.close()
    store = opened(path)
    texts = await store.read(lambda database: database._file.execute("SELECT text FROM texts").fetchall(), HANG_S)
    assert texts == [("\ufffda",), ("b",)]
    await store.close(HANG_S)


def page_bytes(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as file:
        return int(file.execute("PRAGMA page_size").fetchone()[0])


def file_of_an_earlier_babycryd(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path)
    file.execute("PRAGMA page_size = 4096")
    file.execute("PRAGMA journal_mode = WAL")
    file.executescript(Numbers.SCHEMA)
    file.execute("INSERT INTO numbers VALUES (7)")
    file.commit()
    return file


def test_a_file_gets_small_pages_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "numbers.sqlite3"
    file_of_an_earlier_babycryd(path).close()
    for expected in ([7], [7, 8]):
        numbers = Numbers(path)
        assert numbers.read() == expected
        if expected == [7]:
            numbers.put(8)
        numbers.close()
        assert page_bytes(path) == 1024


def test_a_file_in_use_is_opened_with_the_pages_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "numbers.sqlite3"
    with contextlib.closing(file_of_an_earlier_babycryd(path)) as other:
        numbers = Numbers(path)
        numbers.put(8)
        assert other.execute("SELECT count(*) FROM numbers").fetchone() == (2,)
        numbers.close()
    assert page_bytes(path) == 4096
