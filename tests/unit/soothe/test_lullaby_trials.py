"""The owner's lullabies are tried before they are needed, by the real mixer."""

import logging
import math
from pathlib import Path

import pytest

from babycryd.soothe.loudness import LEVEL_DBFS
from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import list_tracks
from babycryd.soothe.trials import LullabyTrials, troubles_of_folder
from babycryd.system.isolated_call import NoProcessError
from babycryd.system.worker_process import WorkerProcess
from tests.support.lullabies import FORMATS, endless_aiff, lullaby, song_folder

pytestmark = pytest.mark.real_time


async def test_only_what_cannot_be_played_is_named_with_the_reason(tmp_path: Path) -> None:
    told = await troubles_of_folder(str(song_folder(tmp_path / "songs")), 60.0)
    names = ["diary.ogg", "empty.wav", "endless.aiff", "nothing.mp3", "phone.m4a"]
    assert all(f"/{name} cannot be played (" in trouble for name, trouble in zip(names, told, strict=True))
    assert all("convert it" in told[number] for number in (0, 4))


@pytest.mark.parametrize("ending", ["mp3", "wav", "ogg"])
async def test_the_content_counts_and_not_the_ending(tmp_path: Path, ending: str) -> None:
    for kind in FORMATS:
        (tmp_path / f"{kind}.{ending}").write_bytes(lullaby(kind))
    assert await troubles_of_folder(str(tmp_path), 60.0) == []


async def test_what_was_not_tried_in_time_is_said(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.wav").write_bytes(lullaby("wav"))
    [told] = await troubles_of_folder(str(tmp_path), 0.0)
    assert "not tried: 4 sounds, " in told


async def test_a_want_of_processes_says_nothing_of_a_track(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.wav").write_bytes(lullaby("wav"))

    async def refuse(_: WorkerProcess, function: str, *__: object, **___: object) -> None:
        if function == "attempt":
            raise NoProcessError("no process can be started")

    monkeypatch.setattr(WorkerProcess, "call", refuse)
    with pytest.raises(PlayerError, match="no process can be started"):
        await troubles_of_folder(str(tmp_path), 60.0)


async def test_the_daemon_chooses_from_the_good_ones(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    used: list[tuple[Track, ...]] = []
    await LullabyTrials(str(song_folder(tmp_path / "songs")), used.append).run()
    assert [sorted(track.path.suffix for track in tracks) for tracks in used] == [["", ".ogg", ".ogg"]]
    for name in ("diary.ogg", "empty.wav", "endless.aiff", "nothing.mp3", "phone.m4a"):
        assert caplog.text.count(name) == 1


async def test_with_none_left_the_shipped_sounds_play(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "evil.aiff").write_bytes(endless_aiff())
    used: list[tuple[Track, ...]] = []
    await LullabyTrials(str(tmp_path), used.append).run()
    assert used == [list_tracks(None)]
    assert caplog.records[-1].levelno == logging.WARNING
    assert "playing the shipped sounds" in caplog.text


async def test_good_songs_change_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "good.wav").write_bytes(lullaby("wav", amplitude=0.05))
    used: list[tuple[Track, ...]] = []
    await LullabyTrials(str(tmp_path), used.append).run()
    assert (used, caplog.text) == ([], "")


async def test_a_loud_song_plays_as_softly_as_the_shipped_sounds(tmp_path: Path) -> None:
    (tmp_path / "loud.wav").write_bytes(lullaby("wav", 8.0, amplitude=1.0))
    (tmp_path / "soft.wav").write_bytes(lullaby("wav", 8.0, amplitude=0.05))
    used: list[tuple[Track, ...]] = []
    await LullabyTrials(str(tmp_path), used.append).run()
    [[loud, soft]] = used
    tone_dbfs = -3.01 - 4.1  # of a sine of full scale at 440 Hz, which A-weighting lowers by 4.1 dB
    assert 20 * math.log10(loud.gain) == pytest.approx(LEVEL_DBFS - tone_dbfs, abs=0.5)
    assert soft.gain == 1.0


async def test_doctor_and_check_config_are_told(tmp_path: Path) -> None:
    songs = song_folder(tmp_path / "songs")
    for good in songs.glob("*o*g*"):
        good.unlink()
    assert (await troubles_of_folder(str(songs), 60.0))[-1] == "the shipped sounds play instead"
    assert "cannot be read" in (await troubles_of_folder(str(tmp_path / "gone"), 60.0))[0]
    (tmp_path / "none").mkdir()
    assert "has no sound files" in (await troubles_of_folder(str(tmp_path / "none"), 60.0))[0]
