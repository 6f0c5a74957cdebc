"""The file of the home's sounds: whole, of one model, set aside when broken, and gone for good when deleted."""

import errno
from pathlib import Path

import pytest

from babycryd.detect.scoring import EMBEDDING
from babycryd.feedback import home_store
from babycryd.feedback.book import FeedbackError
from babycryd.feedback.home_sounds import HomeSound
from babycryd.feedback.home_store import HomeStore, LearntHome, from_json, to_json

SOUNDS = (
    HomeSound(True, 2, (0.125,) * EMBEDDING, "20261122T031502480Z", 1),
    HomeSound(False, 3, (-1.5,) * EMBEDDING),
)
HOME = LearntHome("sha", 4, "2026-11-28", SOUNDS)


def test_it_survives_its_json() -> None:
    assert from_json(to_json(HOME), "home.json") == HOME
    assert from_json(to_json(LearntHome("sha")), "home.json") == LearntHome("sha")


DAMAGED = [
    *("", "[]", "{", '{"schema": 1}', "[" * 100_000),
    *(to_json(HOME).replace("-1.5", value, 1) for value in ("NaN", "Infinity", "1e300", "1" * 5000, '"?"', "[]")),
    to_json(HOME).replace('"night": 3', '"night": 5'),  # later than the home's
    to_json(HOME).replace('"night": 4', '"night": 1e400'),
    to_json(HOME).replace('"number": 0', '"number": -1'),
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_named(text: str) -> None:
    with pytest.raises(FeedbackError, match=r"/x/home\.json"):
        from_json(text, "/x/home.json")


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    store = HomeStore(tmp_path / "state")
    assert store.read("sha") == LearntHome("sha")
    assert store.write(HOME)
    assert HomeStore(tmp_path / "state").read("sha") == HOME


def test_another_model_begins_anew_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    HomeStore(tmp_path).write(HOME)
    store = HomeStore(tmp_path)
    assert store.read("newer") == LearntHome("newer")
    assert "belongs to another model" in caplog.text
    assert store.write(LearntHome("newer"))
    assert HomeStore(tmp_path).read("newer") == LearntHome("newer")


def test_a_broken_file_is_set_aside_and_not_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "home.json").write_text("half of it")
    assert HomeStore(tmp_path).read("sha") == LearntHome("sha")
    assert next(tmp_path.glob("home.json.broken-*")).read_text() == "half of it"
    assert "set aside" in caplog.text


def test_what_was_deleted_does_not_come_back(tmp_path: Path) -> None:
    daemon, command = HomeStore(tmp_path), HomeStore(tmp_path)
    daemon.write(HOME)
    assert command.delete()
    assert not daemon.write(HOME)
    assert not (tmp_path / "home.json").exists()
    assert daemon.write(LearntHome("sha"))  # from here on it is a new one
    assert not daemon.was_deleted()
    command.delete()
    assert [daemon.was_deleted(), daemon.was_deleted()] == [True, False]
    assert not command.delete()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(FeedbackError, match=r"state.*cannot be"):
        HomeStore(tmp_path / "state").write(HOME)


def test_a_file_that_cannot_be_read_today_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    HomeStore(tmp_path).write(HOME)
    store = HomeStore(tmp_path)
    with monkeypatch.context() as failing:
        failing.setattr(home_store, "read_small", broken_disk)
        with pytest.raises(FeedbackError, match="cannot be read"):
            store.read("sha")
    with pytest.raises(FeedbackError, match="is not replaced"):
        store.write(LearntHome("sha"))
    assert store.read("sha") == HOME
    assert store.write(LearntHome("sha"))


def broken_disk(path: Path, largest_bytes: int) -> bytes:
    raise OSError(errno.EIO, f"{path} fails before {largest_bytes} bytes")


def test_what_was_set_aside_is_deleted_too(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("half of it")
    HomeStore(tmp_path).read("sha")
    assert HomeStore(tmp_path).delete()
    assert [each.name for each in tmp_path.iterdir()] == ["home.lock"]
