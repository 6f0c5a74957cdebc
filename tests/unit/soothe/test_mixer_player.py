"""The real mixer, its sound written by SDL's disk driver into a file instead of a speaker."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.soothe.mixer_player import MixerPlayer
from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import list_tracks
from tests.support.patience import HANG_S, Stopwatch, patient, until
from tests.support.processes import mixers

pytestmark = pytest.mark.real_time

RATE_HZ = 44_100
AMPLITUDE = 0.8  # of the test tones


@pytest.fixture
def speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that receives what is played: 16-bit stereo at RATE_HZ."""
    path = tmp_path / "speaker.raw"
    monkeypatch.setenv("SDL_AUDIODRIVER", "disk")
    monkeypatch.setenv("SDL_DISKAUDIOFILE", str(path))
    return path


@pytest.fixture
async def player() -> AsyncIterator[MixerPlayer]:
    """The player; its process starts with the environment as the fixtures before this one have set it."""
    one = MixerPlayer(None)
    await one.prepare()
    yield one
    await one.close()


def heard(path: Path) -> NDArray[np.float64]:
    """What was played so far, left channel, (n,) in [-1, 1]."""
    raw = path.read_bytes()
    samples: NDArray[np.float64] = np.frombuffer(raw[: len(raw) // 4 * 4], np.int16)[::2] / 32768
    return samples


def tone(folder: Path, name: str, hz: float, seconds: float) -> Track:
    path = folder / f"{name}.wav"
    soundfile.write(path, AMPLITUDE * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ), RATE_HZ)
    return Track(name, path)


def peaks(sound: NDArray[np.float64], seconds: float = 0.1) -> NDArray[np.float64]:
    """Largest amplitude in each piece of that length."""
    length = int(seconds * RATE_HZ)
    levels: NDArray[np.float64] = np.abs(sound[: len(sound) // length * length]).reshape(-1, length).max(axis=1)
    return levels


async def watch(player: MixerPlayer, seconds: float) -> None:
    """Look at the player as the controller does, for this long or until it is silent."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s and await player.sounding():  # noqa: ASYNC110  # there is nothing to wait on
        await asyncio.sleep(0.05)


async def hear(player: MixerPlayer, speaker: Path, seconds: float) -> None:
    """Look at the player until so much more sound is written, which on a busy computer takes longer than it lasts."""

    def written() -> int:
        return len(np.trim_zeros(heard(speaker), "f")) if speaker.exists() else 0

    wanted = written() + seconds * RATE_HZ
    async with patient():
        while written() < wanted:
            await player.sounding()
            await asyncio.sleep(0.05)


async def silence(player: MixerPlayer) -> None:
    """Look at the player until it is silent."""
    await watch(player, HANG_S)
    assert not await player.sounding()


async def test_it_fades_in_to_the_volume_and_no_further_and_fades_out(
    speaker: Path, player: MixerPlayer, tmp_path: Path
) -> None:
    track = tone(tmp_path, "tone", 441, 1.0)
    assert await player.play((track,), repeat_one=True, volume=0.5, fade_in_s=1.0) == track
    await hear(player, speaker, 1.5)
    await player.fade_out(0.5)
    await silence(player)
    levels = peaks(heard(speaker))
    full = 0.5 * AMPLITUDE
    begun = np.flatnonzero(levels > 0.01)[0]
    rising = levels[begun : begun + 9]
    assert np.all(np.diff(rising) > 0)
    assert rising[0] < 0.2 * full
    assert levels.max() == pytest.approx(full, rel=0.02)  # volume has 128 steps
    assert levels[-1] < 0.35 * full


async def test_the_next_one_begins_at_once_while_one_fades(speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    low, high = tone(tmp_path, "low", 400, 1.0), tone(tmp_path, "high", 4000, 1.0)
    await player.play((low,), repeat_one=True, volume=0.5, fade_in_s=0.0)
    await hear(player, speaker, 0.2)
    await player.fade_out(8.0)
    await player.play((high,), repeat_one=True, volume=0.5, fade_in_s=0.0)
    await hear(player, speaker, 0.4)
    assert crossings_hz(heard(speaker)[-RATE_HZ // 5 :]) > 1000


async def test_it_repeats_without_a_gap(speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    await player.play((tone(tmp_path, "tone", 441, 0.3),), repeat_one=True, volume=0.5, fade_in_s=0.0)
    await hear(player, speaker, 1.5)
    sound = np.trim_zeros(heard(speaker), "f")
    assert len(sound) > 4 * 0.3 * RATE_HZ
    assert peaks(sound, 0.01).min() > 0.45 * AMPLITUDE


async def test_it_goes_through_the_tracks_and_round(speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    low, high = tone(tmp_path, "low", 400, 0.3), tone(tmp_path, "high", 4000, 0.3)
    await player.play((low, high), repeat_one=False, volume=0.5, fade_in_s=0.0)
    await hear(player, speaker, 1.4)
    pitches = [crossings_hz(piece) for piece in np.array_split(heard(speaker), 40)]
    seen = ["low" if hz < 1000 else "high" for hz in pitches if hz > 200]
    order = [name for name, before in zip(seen, ["", *seen], strict=False) if name != before]
    assert order[:3] == ["low", "high", "low"]


def crossings_hz(piece: NDArray[np.float64]) -> float:
    return float(np.count_nonzero(np.diff(np.signbit(piece))) / 2 / len(piece) * RATE_HZ)


async def test_the_volume_can_change_while_it_plays(speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    await player.play((replace(tone(tmp_path, "a", 441, 1), gain=0.5),), repeat_one=True, volume=1.0, fade_in_s=0)
    await hear(player, speaker, 0.4)
    assert peaks(heard(speaker)).max() == pytest.approx(0.5 * AMPLITUDE, rel=0.02)
    await player.set_volume(0.5)
    await hear(player, speaker, 0.4)
    assert peaks(heard(speaker))[-1] == pytest.approx(0.25 * AMPLITUDE, rel=0.02)


async def test_an_unreadable_file_is_skipped_and_named(
    speaker: Path, player: MixerPlayer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Track("broken", tmp_path / "broken.mp3")
    broken.path.write_bytes(b"this is no music" * 100)
    gone = Track("gone", tmp_path / "gone.ogg")
    good = tone(tmp_path, "good", 441, 0.5)
    assert await player.play((broken, gone, good), repeat_one=True, volume=0.5, fade_in_s=0.0) == good
    assert [str(each.path) in record.message for each, record in zip((broken, gone), caplog.records, strict=True)]
    with pytest.raises(PlayerError, match=r"broken\.mp3 cannot be played.*gone\.ogg cannot be played"):
        await player.play((broken, gone), repeat_one=True, volume=0.5, fade_in_s=0.0)


async def test_a_file_without_sound_is_an_error(speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    empty = tone(tmp_path, "empty", 441, 0.0)
    with pytest.raises(PlayerError, match=r"empty\.wav"):
        await play_and_watch(player, empty)


async def play_and_watch(player: MixerPlayer, track: Track) -> None:
    await player.play((track,), repeat_one=True, volume=0.5, fade_in_s=0.0)
    await watch(player, HANG_S)


@pytest.mark.parametrize("suffix", ["ogg", "mp3", "flac", "wav", "opus", "aiff"])
async def test_it_reads(suffix: str, speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    wave = tone(tmp_path, "tone", 441, 1.0)
    samples, _ = soundfile.read(wave.path)
    path = tmp_path / f"own.{suffix}"
    if suffix == "opus":
        soundfile.write(path, samples[::2], 48_000, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, samples, RATE_HZ)
    await player.play((Track("own", path),), repeat_one=True, volume=0.5, fade_in_s=0.0)
    await hear(player, speaker, 0.4)
    assert peaks(heard(speaker)).max() > 0.3


async def test_it_plays_every_shipped_sound(speaker: Path, player: MixerPlayer) -> None:
    for track in list_tracks(None):
        assert await player.play((track,), repeat_one=True, volume=0.8, fade_in_s=0.0) == track
        await hear(player, speaker, 0.3)
        assert np.std(heard(speaker)[-int(0.2 * RATE_HZ) :]) > 0.01


@pytest.fixture
def no_sound_system(monkeypatch: pytest.MonkeyPatch) -> str:
    name = "none-such"
    monkeypatch.setenv("SDL_AUDIODRIVER", name)
    return name


async def test_no_sound_system(no_sound_system: str, player: MixerPlayer) -> None:
    with pytest.raises(PlayerError, match=f"the speaker cannot be opened .*{no_sound_system}"):
        await player.play(list_tracks(None), repeat_one=True, volume=0.4, fade_in_s=0.0)
    assert not await player.sounding()


@pytest.fixture
def stalling_speaker(speaker: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SDL_DISKAUDIODELAY", "2600")  # ms between two buffers
    return speaker


async def test_a_stalled_speaker_is_noticed_and_never_blocks_the_loop(
    stalling_speaker: Path, player: MixerPlayer
) -> None:
    await player.play(list_tracks(None), repeat_one=True, volume=0.4, fade_in_s=0.0)
    lags_s = [0.0]
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(measure_lags(lags_s))
        with pytest.raises(PlayerError, match="takes no more sound"):
            await watch(player, HANG_S)
        await asyncio.sleep(0.3)  # while it is let go, behind the scenes
        measuring.cancel()
    assert max(lags_s) < 0.9


async def measure_lags(lags_s: list[float]) -> None:
    """How late the loop wakes a task, in own seconds."""
    while True:
        stopwatch = Stopwatch()
        await asyncio.sleep(0.02)
        lags_s.append(stopwatch.elapsed_s() - 0.02)


async def test_it_starts_quickly_once_prepared(speaker: Path, player: MixerPlayer) -> None:
    stopwatch = Stopwatch()
    await player.play(list_tracks(None), repeat_one=True, volume=0.4, fade_in_s=0.0)
    assert stopwatch.elapsed_s() < 1  # 0.02 is usual


async def test_it_plays_again_after_silence(speaker: Path, player: MixerPlayer, tmp_path: Path) -> None:
    track = tone(tmp_path, "tone", 441, 0.5)
    for _ in range(2):
        await player.play((track,), repeat_one=True, volume=0.5, fade_in_s=0.0)
        await hear(player, speaker, 0.3)
        await player.fade_out(0.1)
        await silence(player)
    assert peaks(heard(speaker)).max() > 0.3


async def test_what_was_given_up_does_not_begin_to_play_later(
    speaker: Path, player: MixerPlayer, tmp_path: Path
) -> None:
    [mixer] = mixers()
    os.kill(mixer, signal.SIGSTOP)
    with pytest.raises(PlayerError, match="does not answer"):
        await player.play((tone(tmp_path, "a", 500, 2),), repeat_one=True, volume=0.5, fade_in_s=0)
    with contextlib.suppress(ProcessLookupError):
        os.kill(mixer, signal.SIGCONT)
    await until(lambda: not mixers())
    assert not await player.sounding()
    assert mixers() == []
