"""Which sounds there are."""

import logging
from pathlib import Path

import pytest

from babycryd.soothe.tracks import SHIPPED, list_tracks


def test_shipped_sounds_by_default() -> None:
    tracks = list_tracks(None)
    assert [track.name for track in tracks] == ["brahms-lullaby", "heartbeat", "pink-noise", "twinkle-twinkle"]
    assert all(track.path.parent == SHIPPED for track in tracks)


def test_own_folder_sorted_without_what_is_no_sound(tmp_path: Path) -> None:
    for name in ("b.MP3", "a.ogg", "._a.ogg", "cover.jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    assert [track.name for track in list_tracks(str(tmp_path))] == ["a", "b"]


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.flac").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert [track.path for track in list_tracks("~")] == [tmp_path / "mine.flac"]


@pytest.mark.parametrize(("folder", "reason"), [("empty", "no sound files"), ("missing", "cannot be read")])
def test_fallback_says_why(folder: str, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "empty").mkdir()
    assert list_tracks(tmp_path / folder) == list_tracks(None)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert reason in record.message
    assert str(tmp_path / folder) in record.message
