"""The owner's recordings: kept as sounds, deleted, refused with a reason; the library that joins them to the others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile

from babycryd.core.command_values import CommandError
from babycryd.soothe.library import VOICES, TrackLibrary
from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import shipped_tracks
from babycryd.soothe.voice_wav import MOST_BYTES
from babycryd.soothe.voices import LONGEST_NAME, MOST, VoiceFolder
from tests.unit.soothe.test_voice_wav import wav


class Home:
    """A folder of recordings and the library over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / VOICES
        self.trouble: str | None = None
        self.error: Exception | None = None
        self.used: tuple[Track, ...] = ()
        self.library = TrackLibrary(None, self.folder)
        self.library.use = self._use
        self.voices = VoiceFolder(self.folder, lambda: self.names, self.library.refresh, self._trial)

    @property
    def names(self) -> list[str]:
        return [track.name for track in self.library.tracks]

    async def add(self, name: str, content: bytes | None = None) -> None:
        await self.voices.add(name, pieces(wav() if content is None else content))

    def _use(self, tracks: tuple[Track, ...]) -> None:
        self.used = tracks

    async def _trial(self, path: Path) -> str | None:
        assert await asyncio.to_thread(path.exists)
        if self.error:
            raise self.error
        return self.trouble


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


async def test_a_recording_is_a_sound_like_the_others_until_it_is_deleted(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert await home.voices.voices() == []
    await home.add("Mama singt 1")
    [voice] = await home.voices.voices()
    assert (voice.name, voice.n_bytes > 1000) == ("Mama singt 1", True)
    assert [track.name for track in home.used] == [*(each.name for each in shipped_tracks()), "Mama singt 1"]
    path = home.used[-1].path
    assert soundfile.info(path).duration == pytest.approx(4.0)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    await home.voices.delete("Mama singt 1")
    assert await home.voices.voices() == []
    assert home.used == shipped_tracks()
    assert list(home.folder.iterdir()) == []


async def test_a_file_put_into_the_folder_is_a_sound_too(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.folder.mkdir()
    (home.folder / "rain.wav").write_bytes(wav())
    await home.library.refresh()
    assert home.used[-1].name == "rain (2)"
    await home.voices.delete("rain")
    assert home.used == shipped_tracks()


@pytest.mark.parametrize(
    "name",
    [
        "",
        " a",
        "a ",
        ".hidden",
        "../../x",
        "a/b",
        "a\\b",
        "ON",
        "off",
        "Next",
        "a\nb",
        "x" * (LONGEST_NAME + 1),
        "rain",
    ],
)
async def test_a_name_that_would_not_do_is_refused(name: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(CommandError, match="name"):
        await home.add(name)
    assert not home.folder.exists()


async def test_no_recording_replaces_another(tmp_path: Path) -> None:
    home = Home(tmp_path)
    await home.add("Papa")
    with pytest.raises(CommandError, match="already"):
        await home.add("Papa")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"nonsense", "no WAV file"), (bytes(MOST_BYTES + 1), "larger than 6 MB"), (wav(amplitude=0.0), "silent")],
)
async def test_what_is_no_recording_leaves_nothing(content: bytes, why: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(CommandError, match=why):
        await home.add("a", content)
    assert not home.folder.exists()


async def test_what_cannot_be_played_is_not_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.trouble = "a.flac cannot be played"
    with pytest.raises(CommandError, match="cannot be played"):
        await home.add("a")
    home.error = PlayerError("no sound system")
    with pytest.raises(CommandError, match="cannot be tried: no sound system"):
        await home.add("a")
    assert list(home.folder.iterdir()) == []
    assert home.used == ()


async def test_there_is_a_limit(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.folder.mkdir()
    for number in range(MOST):
        (home.folder / f"{number}.wav").write_bytes(b"RIFF")
    with pytest.raises(CommandError, match="delete one first"):
        await home.add("a")


async def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / VOICES).write_text("a file in place of the folder")
    home = Home(tmp_path)
    with pytest.raises(CommandError, match="cannot be stored"):
        await home.add("a")
    with pytest.raises(CommandError, match="no recording"):
        await home.voices.delete("a")
    assert home.library.tracks == shipped_tracks()


async def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "theirs.wav").write_bytes(wav())
    (tmp_path / VOICES).symlink_to(tmp_path / "elsewhere")
    home = Home(tmp_path)
    with pytest.raises(CommandError, match="no recording"):
        await home.voices.delete("theirs")
    with pytest.raises(CommandError, match="cannot be stored"):
        await home.add("a")
    assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == ["theirs.wav"]


def test_tried_songs_replace_the_folder_s(tmp_path: Path) -> None:
    library = TrackLibrary(None, tmp_path / VOICES)
    (tmp_path / VOICES).mkdir()
    (tmp_path / VOICES / "papa.wav").write_bytes(wav())
    used: list[tuple[str, ...]] = []
    library.use = lambda tracks: used.append(tuple(track.name for track in tracks))
    library.use_base((Track("song", tmp_path / "song.ogg", gain=0.3),))
    assert used == [("song", "papa")]
    assert [track.gain for track in library.tracks] == [0.3, 1.0]
