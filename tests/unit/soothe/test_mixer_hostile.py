"""Lullabies that crash, spin or starve a decoder, through the real mixer: the daemon's loop goes on."""

import asyncio
import contextlib
import math
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from babycryd.soothe.mixer_player import MixerPlayer
from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import list_tracks
from tests.support.lullabies import FORMATS, damaged, endless_aiff, lullaby
from tests.support.patience import Stopwatch, patient
from tests.support.processes import mixers

pytestmark = pytest.mark.real_time

LONGEST_PAUSE_S = 0.05  # of the event loop


@pytest.fixture
def silent_speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    return "dummy"


@pytest.fixture
async def player(silent_speaker: str) -> AsyncIterator[MixerPlayer]:
    assert silent_speaker
    one = MixerPlayer(None, spare=list_tracks(None))
    await one.prepare()
    yield one
    await one.close()


def track(folder: Path, name: str, content: bytes) -> Track:
    path = folder / name
    path.write_bytes(content)
    return Track(name, path)


async def pauses(longest_s: list[float]) -> None:
    """Keep the longest pause of the loop, in own seconds."""
    while True:
        stopwatch, began_s = Stopwatch(), time.monotonic()
        await asyncio.sleep(0.005)
        if time.monotonic() - began_s - 0.005 > longest_s[0]:
            longest_s[0] = max(longest_s[0], stopwatch.elapsed_s() - 0.005)


async def begin(player: MixerPlayer, *tracks: Track) -> Track:
    return await player.play(tracks, repeat_one=True, volume=0.3, fade_in_s=0.0)


async def hear(player: MixerPlayer, one: Track) -> None:
    """Play a lullaby for a moment, as the controller does, whatever comes of it."""
    try:
        await begin(player, one)
        for _ in range(3):
            await asyncio.sleep(0.01)
            await player.sounding()
        await player.set_volume(0.2)
        await player.fade_out(0.01)
        await player.sounding()
    except PlayerError:
        pass


async def pause_with_s(player: MixerPlayer, one: Track) -> float:
    """Return the longest pause of the loop while a lullaby plays; the shortest of three where it is too long.

    A file that holds the loop does so each time; another program on this computer does not.
    """
    shortest_s = math.inf
    for _ in range(3):
        longest_s = [0.0]
        async with asyncio.TaskGroup() as group:
            measuring = group.create_task(pauses(longest_s))
            await hear(player, one)
            measuring.cancel()
        shortest_s = min(shortest_s, longest_s[0])
        if shortest_s < LONGEST_PAUSE_S:
            break
    return shortest_s


async def longest_pause_s(player: MixerPlayer, folder: Path, files: int) -> float:
    dice, sounds = random.Random(18), [lullaby(kind, 0.3) for kind in FORMATS]  # noqa: S311  # the same every time
    contents = (damaged(dice.choice(sounds), dice) for _ in range(files))
    return max(
        [await pause_with_s(player, track(folder, f"{number}.ogg", content)) for number, content in enumerate(contents)]
    )


async def test_damaged_lullabies_never_hold_the_loop(player: MixerPlayer, tmp_path: Path) -> None:
    assert await longest_pause_s(player, tmp_path, 150) < LONGEST_PAUSE_S


@pytest.mark.slow
async def test_five_thousand_damaged_lullabies_never_hold_the_loop(player: MixerPlayer, tmp_path: Path) -> None:
    assert await longest_pause_s(player, tmp_path, 5_000) < LONGEST_PAUSE_S


async def test_an_aiff_that_froze_the_daemon_gives_way_to_the_next_song(player: MixerPlayer, tmp_path: Path) -> None:
    evil, good = track(tmp_path, "evil.aiff", endless_aiff()), track(tmp_path, "good.ogg", lullaby("ogg"))
    assert await pause_with_s(player, evil) < LONGEST_PAUSE_S
    for _ in range(3):
        with contextlib.suppress(PlayerError):
            await begin(player, evil, good)
            await asyncio.sleep(0.5)
            await player.sounding()
    assert await begin(player, evil, good) == good
    assert await player.sounding()


async def test_a_file_on_which_the_decoder_hangs_is_not_played_a_third_time(
    player: MixerPlayer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evil, good = track(tmp_path, "evil.ogg", lullaby("ogg")), track(tmp_path, "good.ogg", lullaby("ogg"))
    for _ in range(2):
        assert await begin(player, evil, good) == evil
        os.kill(mixers()[0], signal.SIGSTOP)  # as a decoder that spins
        with pytest.raises(PlayerError, match="does not answer"):
            await player.sounding()
    assert await begin(player, evil, good) == good
    assert caplog.text.count("evil.ogg") == 1


async def test_a_sound_system_that_hangs_for_long_leaves_the_shipped_sounds(player: MixerPlayer) -> None:
    first = list_tracks(None)[0]
    for _ in range(3):
        assert await begin(player, first) == first
        os.kill(mixers()[0], signal.SIGSTOP)
        with pytest.raises(PlayerError, match="does not answer"):
            await player.sounding()
    assert await begin(player, first) == first


async def test_with_no_readable_file_the_shipped_sounds_play(
    player: MixerPlayer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = track(tmp_path, "bad.ogg", b"dear diary")
    for _ in range(3):
        assert await begin(player, bad) == list_tracks(None)[0]
    assert caplog.text.count("bad.ogg") == 1  # named once


async def test_a_file_that_ends_at_once_gives_way_to_the_shipped_sounds(player: MixerPlayer, tmp_path: Path) -> None:
    await begin(player, track(tmp_path, "empty.wav", lullaby("wav", 0.0)))
    async with patient():
        while not await player.sounding():  # noqa: ASYNC110  # asks another process
            await asyncio.sleep(0.05)


async def test_a_mixer_that_was_killed_is_told_and_started_anew(player: MixerPlayer, tmp_path: Path) -> None:
    good = track(tmp_path, "good.ogg", lullaby("ogg"))
    await begin(player, good)
    [mixer] = mixers()
    os.kill(mixer, signal.SIGKILL)
    with pytest.raises(PlayerError, match="has crashed"):
        await player.sounding()
    assert await begin(player, good) == good
    assert await player.sounding()


async def test_the_mixer_outlives_the_signals_that_stop_the_daemon(player: MixerPlayer, tmp_path: Path) -> None:
    await begin(player, track(tmp_path, "good.ogg", lullaby("ogg")))
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(mixers()[0], number)
    assert await player.sounding()  # the daemon fades it
    await player.close()
    assert mixers() == []


async def test_a_name_in_no_encoding_can_be_played(player: MixerPlayer, tmp_path: Path) -> None:
    song = track(tmp_path, "sch\udcf6n.ogg", lullaby("ogg"))
    assert await begin(player, song) == song
    assert await player.sounding()


async def test_a_call_that_is_given_up_leaves_the_lullaby_sounding(player: MixerPlayer, tmp_path: Path) -> None:
    await begin(player, track(tmp_path, "good.ogg", lullaby("ogg")))
    before = mixers()
    for pause_s in (0.0, 0.001, 0.01):
        given_up = asyncio.ensure_future(player.set_volume(0.2))
        await asyncio.sleep(pause_s)
        given_up.cancel()
        await asyncio.wait([given_up])
        assert await player.sounding()
    assert mixers() == before


async def test_it_plays_nothing_more_after_its_end(player: MixerPlayer, tmp_path: Path) -> None:
    await player.close()
    with pytest.raises(PlayerError, match="babycryd is stopping"):
        await begin(player, track(tmp_path, "good.ogg", lullaby("ogg")))
    assert mixers() == []
