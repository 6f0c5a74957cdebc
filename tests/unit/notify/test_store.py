"""The store: what waits outlives the process, and a bad disk or file costs the mirror only."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from babycryd.notify.message import Home, message_of
from babycryd.notify.queue import NoticeQueue
from babycryd.notify.store import FILE, NoticeStore, StoredNotices
from tests.unit.notify.test_queue import UTC_S, first, notice


async def reopened(folder: Path) -> StoredNotices:
    store = NoticeStore(folder)
    stored = await store.restore()
    await store.close(30.0)
    return stored


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_what_waits_comes_back_and_what_arrived_stays_known(tmp_path: Path) -> None:
    store = NoticeStore(tmp_path / "state")
    assert await store.restore() == StoredNotices()
    queue = NoticeQueue(store)
    queue.put(notice())
    queue.put(notice(to="tablet"))
    queue.arrived(first(queue, "tablet"))
    message = message_of(notice(), Home("nursery"), UTC_S, over=False, token="t")  # noqa: S106
    tried = queue.tries(first(queue), message, UTC_S + 5)
    await store.written()
    stored = await reopened(tmp_path / "state")  # as after a kill: the first one was never closed
    assert stored == StoredNotices([replace(tried, earlier=True)], [notice(to="tablet").id])
    await store.close(30.0)


async def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    assert await reopened(tmp_path) == StoredNotices()
    assert [path for path in files(tmp_path) if path.name.startswith(f"{FILE}.broken-")]


async def test_rows_that_cannot_be_read_are_deleted(tmp_path: Path) -> None:
    await reopened(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("INSERT INTO waiting VALUES (1, '{\"id\": 1}', 0, NULL, 0, 0)")
        file.execute("INSERT INTO waiting VALUES (2, '[', 0, '{}', 0, 0)")
    file.close()
    assert (await reopened(tmp_path)).waiting == []
    file = sqlite3.connect(tmp_path / FILE)
    assert file.execute("SELECT COUNT(*) FROM waiting").fetchone() == (0,)
    file.close()


async def test_ids_of_long_ago_are_forgotten(tmp_path: Path) -> None:
    await reopened(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("INSERT INTO arrived VALUES ('old', 1.0)")
    file.close()
    assert (await reopened(tmp_path)).arrived == []


async def test_a_folder_that_cannot_be_made_is_told_and_loses_no_alert(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = NoticeStore(tmp_path / "file" / "state")
    assert await store.restore() == StoredNotices()
    assert store.trouble
    queue = NoticeQueue(store)
    queue.put(notice())
    await store.written()
    assert first(queue).notice == notice()
    await store.close(30.0)


async def test_a_deleted_file_begins_anew(tmp_path: Path) -> None:
    store = NoticeStore(tmp_path)
    await store.restore()
    for path in files(tmp_path):
        path.unlink()
    NoticeQueue(store).put(notice())
    await store.close(30.0)
    assert [each.notice for each in (await reopened(tmp_path)).waiting] == [notice()]
