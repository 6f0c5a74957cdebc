"""A file of ours that is a pipe, a link, a folder, endless or full of zeros is refused at once, with a sentence."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from babycryd.config import ConfigError, load
from babycryd.control.controls import Controls, ControlsFile
from babycryd.core.records import RecordsError
from babycryd.feedback.book import EMBEDDING, BookEntry, FeedbackError
from babycryd.feedback.home_store import HomeStore, LearntHome
from babycryd.feedback.store import FeedbackStore
from babycryd.history.store import HistoryReader, HistoryStore
from babycryd.mqtt.outbox_store import OutboxDatabase
from babycryd.offload.ledger import Ledger, LedgerError
from babycryd.system.tls import TlsFileError, server_context
from babycryd.web.auth.sessions import Sessions

pytestmark = pytest.mark.timeout(20)


def zeros(path: Path) -> None:
    path.write_bytes(bytes(5000))


def deep(path: Path) -> None:
    path.write_text("[" * 100_000)


def endless(path: Path) -> None:
    path.touch()
    os.truncate(path, 800_000_000)


def link(path: Path) -> None:
    path.symlink_to("/dev/zero")


UNFIT = [os.mkfifo, Path.mkdir, link, endless, zeros, deep]
Make = Callable[[Path], None]


@pytest.fixture(params=UNFIT, ids=lambda make: make.__name__)
def unfit(request: pytest.FixtureRequest) -> Make:
    make: Make = request.param
    return make


def test_a_configuration(tmp_path: Path, unfit: Make) -> None:
    unfit(tmp_path / "babycryd.yaml")
    with pytest.raises(ConfigError):
        load(tmp_path / "babycryd.yaml")


def test_the_controls(tmp_path: Path, unfit: Make, caplog: pytest.LogCaptureFixture) -> None:
    unfit(tmp_path / "controls.json")
    assert ControlsFile(tmp_path).read() == Controls()
    assert "controls.json cannot be read (" in caplog.text


def test_the_sessions(tmp_path: Path, unfit: Make, caplog: pytest.LogCaptureFixture) -> None:
    unfit(tmp_path / "web-sessions.json")
    assert not Sessions(tmp_path, "hash", 60.0).is_valid("token", 0.0)
    assert "web-sessions.json cannot be read (" in caplog.text


def test_the_marks_are_set_aside_and_begin_anew(tmp_path: Path, unfit: Make, caplog: pytest.LogCaptureFixture) -> None:
    unfit(tmp_path / "feedback.json")
    store, entry = FeedbackStore(tmp_path), BookEntry("one", (0.0,) * EMBEDDING, "model")
    with pytest.raises(FeedbackError):
        store.read()
    store.add(entry)
    assert store.read().entries == (entry,)
    assert "set aside as" in caplog.text


def test_the_home_is_set_aside_and_learnt_anew(tmp_path: Path, unfit: Make, caplog: pytest.LogCaptureFixture) -> None:
    unfit(tmp_path / "home.json")
    store = HomeStore(tmp_path)
    assert store.read("model") == LearntHome("model")
    assert store.write(LearntHome("model"))
    assert "set aside as" in caplog.text


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, link], ids=lambda make: make.__name__)
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_databases(tmp_path: Path, make: Make, ending: str) -> None:
    for name in ("history.sqlite3", "outbox.sqlite3", "offload.sqlite3"):
        if ending:
            (tmp_path / name).touch()
        make(tmp_path / (name + ending))
    said = "it is a .*, not a plain file"
    with pytest.raises(OSError, match=said):
        HistoryStore(tmp_path / "history.sqlite3")
    with pytest.raises(OSError, match=said):
        OutboxDatabase(tmp_path / "outbox.sqlite3")
    with pytest.raises(LedgerError, match=said):
        Ledger(tmp_path)
    with pytest.raises(RecordsError, match=said):
        HistoryReader(tmp_path).episodes(0.0, 1.0)


def test_a_certificate(tmp_path: Path, unfit: Make) -> None:
    unfit(tmp_path / "web.pem")
    with pytest.raises(TlsFileError):
        server_context("web", tmp_path / "web.pem", tmp_path / "web.pem")


def test_a_certificate_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "web.pem").write_bytes(b"\xef\xbb\xbf-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(TlsFileError, match="U\\+FEFF"):
        server_context("web", tmp_path / "web.pem", None)
