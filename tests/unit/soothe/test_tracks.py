"""Which sounds there are."""

import logging
import os
from pathlib import Path

import pytest

from babycryd.soothe.tracks import SHIPPED, list_tracks


def test_shipped_sounds_by_default() -> None:
    tracks = list_tracks(None)
    assert {"brahms-lullaby", "heartbeat", "pink-noise", "rain"} < {track.name for track in tracks}
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


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("empty", "no sound files"),
        ("missing", "cannot be read"),
        ("song.ogg", "cannot be read"),
        ("zero\0", "null byte"),
    ],
)
def test_fallback_says_why(folder: str, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "song.ogg").touch()
    assert list_tracks(tmp_path / folder) == list_tracks(None)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert reason in record.message
    assert str(tmp_path / folder).rstrip("\0") in record.message


def test_the_home_of_an_unknown_user_is_no_end_of_the_daemon(caplog: pytest.LogCaptureFixture) -> None:
    assert list_tracks("~nobody-of-this-name/songs") == list_tracks(None)
    assert "cannot be read" in caplog.text


def test_names_are_fit_for_every_output_and_paths_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "sch\udcf6n.ogg").touch()
    (tmp_path / "two\nlines\x1b[31m.ogg").touch()
    names = [track.name for track in list_tracks(tmp_path)]
    assert names == ["sch\N{REPLACEMENT CHARACTER}n", "two lines\N{REPLACEMENT CHARACTER}[31m"]
    assert "\n".join(names).encode()
    assert all(track.path.exists() for track in list_tracks(tmp_path))


def test_a_sound_is_known_by_its_first_bytes_without_an_ending(tmp_path: Path) -> None:
    (tmp_path / "lullaby").write_bytes(b"OggS" + bytes(100))
    (tmp_path / "letter").write_text("dear diary")
    os.mkfifo(tmp_path / "pipe.ogg")
    assert [track.name for track in list_tracks(tmp_path)] == ["lullaby"]


def test_each_track_has_a_name_of_its_own_that_no_command_has(tmp_path: Path) -> None:
    for name in (b"a\xe4.ogg", b"a\xf6.ogg", b"sea.mp3", b"sea.ogg", b"off.ogg", b" rain .ogg", b" .ogg"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"OggS")
    names = {track.name for track in list_tracks(tmp_path)}
    replaced = "a\N{REPLACEMENT CHARACTER}"
    assert names == {replaced, f"{replaced} (2)", "sea", "sea (2)", "off (2)", "rain", "(2)"}
