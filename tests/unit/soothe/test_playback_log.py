"""The player tells a log of every call that the mixer has carried out, and of silence."""

from pathlib import Path
from typing import Any

import pytest

from babycryd.soothe.mixer_player import MixerPlayer
from babycryd.soothe.player import PlayerError, TrackError
from babycryd.soothe.strategy import Track
from babycryd.system.isolated_call import IsolatedCallError

A, B = Track("a", Path("/a.ogg")), Track("b", Path("/b.ogg"))


class NotedLog:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def start(self, *, file: str, repeat: bool, volume: float, fade_in_s: float) -> None:
        self.calls.append(("start", file, repeat, volume, fade_in_s))

    def set_volume(self, *, volume: float) -> None:
        self.calls.append(("volume", volume))

    def fade_out(self, *, fade_s: float) -> None:
        self.calls.append(("fade", fade_s))

    def end(self) -> None:
        self.calls.append(("end",))


class FakeMixer:
    """Worker process whose mixer does as the test says; `errors`: by file, what `start` raises."""

    pid = 1

    def __init__(self) -> None:
        self.sounding = True
        self.errors: dict[str, IsolatedCallError] = {}

    async def call(self, name: str, *, limit_s: float, **arguments: Any) -> Any:  # as the real one
        if name == "start" and arguments["file"] in self.errors:
            raise self.errors[arguments["file"]]
        return self.sounding if name == "sounding" else None

    async def close(self) -> None: ...


@pytest.fixture
def played() -> NotedLog:
    return NotedLog()


@pytest.fixture
def mixer() -> FakeMixer:
    return FakeMixer()


@pytest.fixture
def player(played: NotedLog, mixer: FakeMixer, monkeypatch: pytest.MonkeyPatch) -> MixerPlayer:
    one = MixerPlayer(None, played=played)
    monkeypatch.setattr(one, "_mixer", mixer)
    return one


async def test_a_lullaby_from_start_to_silence(player: MixerPlayer, played: NotedLog, mixer: FakeMixer) -> None:
    await player.play((A,), repeat_one=True, volume=0.4, fade_in_s=3.0)
    await player.set_volume(0.2)
    await player.fade_out(8.0)
    await player.sounding()
    mixer.sounding = False
    await player.sounding()
    assert played.calls == [("start", "/a.ogg", True, 0.4, 3.0), ("volume", 0.2), ("fade", 8.0), ("end",)]


async def test_the_next_track_of_a_playlist_is_a_start(player: MixerPlayer, played: NotedLog, mixer: FakeMixer) -> None:
    await player.play((A, B), repeat_one=False, volume=0.4, fade_in_s=3.0)
    mixer.sounding = False
    await player.sounding()
    assert played.calls == [("start", "/a.ogg", False, 0.4, 3.0), ("start", "/b.ogg", False, 0.4, 0.0)]


async def test_a_track_that_cannot_be_read_is_none(player: MixerPlayer, played: NotedLog, mixer: FakeMixer) -> None:
    mixer.errors = {"/a.ogg": IsolatedCallError("no sound", TrackError.__name__)}
    await player.play((A, B), repeat_one=True, volume=0.4, fade_in_s=0.0)
    assert played.calls == [("start", "/b.ogg", True, 0.4, 0.0)]


async def test_a_lost_speaker_and_the_close_are_silence(
    player: MixerPlayer, played: NotedLog, mixer: FakeMixer
) -> None:
    mixer.errors = {"/a.ogg": IsolatedCallError("the speaker is gone", PlayerError.__name__)}
    with pytest.raises(PlayerError):
        await player.play((A,), repeat_one=True, volume=0.4, fade_in_s=0.0)
    await player.close()
    assert played.calls == [("end",), ("end",)]
