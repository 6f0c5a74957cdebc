"""A state folder that is deleted or replaced underneath is told, and what comes after it is kept in the new one."""

import logging
import shutil
from pathlib import Path

import pytest

from babycryd.core.records import Lullaby
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.monitoring.state_folder import StateFolderWatch
from babycryd.mqtt.message import Message
from babycryd.mqtt.outbox_store import OutboxDatabase, OutboxStore
from babycryd.offload.ledger import Ledger, LedgerEntry
from tests.support.patience import HANG_S

NOW_S = 1_700_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def test_a_deleted_folder_is_told_once_and_made_anew(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    watch = StateFolderWatch(folder)
    watch.check()
    shutil.rmtree(folder)
    watch.check()
    watch.check()
    assert folder.is_dir()
    assert [record.getMessage() for record in caplog.records] == [
        f"the state folder {folder} was deleted; it is made anew, and what it kept is lost"
    ]


def test_a_folder_that_cannot_be_made_anew_is_a_trouble_until_it_can(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch = StateFolderWatch(folder)
    watch.check()
    folder.rename(folder.with_name("other"))
    folder.write_text("a file in its place")
    watch.check()
    watch.check()
    assert watch.trouble is not None
    assert len(caplog.records) == 1
    folder.unlink()
    folder.with_name("other").rename(folder)
    watch.check()
    assert watch.trouble is None


def test_a_replaced_folder_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    watch = StateFolderWatch(folder)
    watch.check()
    folder.rename(folder.with_name("old"))
    folder.mkdir()
    watch.check()
    assert "was replaced by another one" in caplog.text


def test_a_folder_that_is_made_later_is_nothing_to_tell(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    watch = StateFolderWatch(tmp_path / "state")
    watch.check()
    (tmp_path / "state").mkdir()
    watch.check()
    assert caplog.records == []


def test_the_history_goes_on_in_a_new_file(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = HistoryWriter(folder, RetentionLimits(30, 100.0))
    writer.keep([Lullaby("rain", NOW_S)], NOW_S)
    shutil.rmtree(folder)
    writer.keep([Lullaby("waves", NOW_S + 10)], NOW_S)
    writer.close()
    found = HistoryReader(folder).span(NOW_S - 60, NOW_S + 60, NOW_S + 60)
    assert [each.track for each in found.lullabies] == ["waves"]
    assert "history.sqlite3 was deleted or replaced" in caplog.text


async def test_the_outbox_goes_on_in_a_new_file(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = folder / "outbox.sqlite3"
    store = OutboxStore(path)
    await store.restore()
    store.keep("key", b"before")
    shutil.rmtree(folder)
    store.add(2, Message("t", b'{"id":"b","type":"end"}', 1, retain=False, durable=True))
    await store.close(HANG_S)
    assert [number for number, _ in OutboxDatabase(path).read().waiting] == [2]
    assert "outbox.sqlite3 was deleted or replaced" in caplog.text


def test_the_ledger_goes_on_in_a_new_file(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    ledger = Ledger(folder)
    shutil.rmtree(folder)
    ledger.write(LedgerEntry("one", NOW_S, "lag", 9.0, 1000, "sent", None, None))
    ledger.close()
    assert [each.segment for each in Ledger(folder).entries()] == ["one"]
    assert "offload.sqlite3 was deleted or replaced" in caplog.text
