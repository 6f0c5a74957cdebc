"""Reference of what the mixer plays: the samples of the file, with volume and fades, at their time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.soothe import echo_reference as module
from babycryd.soothe import track_decoder
from babycryd.soothe.echo_reference import PlaybackReference
from babycryd.system.worker_process import WorkerProcess
from tests.support.patience import HANG_S, until

RATE_HZ = 44_100


class Clock:
    """Stream time that a test sets."""

    def __init__(self) -> None:
        self.now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLES_S", 0.0)
    monkeypatch.setattr(module, "_LOOK_S", 0.01)


def song(folder: Path, seconds: float) -> tuple[str, Mono]:
    """A file of noise, and its samples as the reference should give them."""
    samples = 0.3 * np.random.default_rng(0).standard_normal(round(seconds * RATE_HZ))
    path = folder / "song.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return str(path), soxr.resample(samples, RATE_HZ, SAMPLE_RATE_HZ).astype(np.float32)


@asynccontextmanager
async def running(reference: PlaybackReference) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(reference.run())
        yield
        task.cancel()
    await reference.close()


async def samples(reference: PlaybackReference, first: int, n: int) -> Mono:
    await until(lambda: reference.played(first, n) is not None, HANG_S)
    played = reference.played(first, n)
    assert played is not None
    return played.samples


async def test_a_repeated_file_sounds_from_its_start_on(tmp_path: Path) -> None:
    file, expected = song(tmp_path, 2.0)
    clock = Clock()
    reference = PlaybackReference(clock)
    async with running(reference):
        reference.start(file=file, repeat=True, volume=0.5, fade_in_s=0.0)
        heard = await samples(reference, 160_000 - 100, 72_100)
    assert not heard[:100].any()
    assert np.allclose(heard[100:], 0.5 * np.tile(expected, 3)[:72_000], atol=2e-3)
    played = reference.played(160_000, 10)
    assert played is not None
    assert played.start == 160_000 == reference.playing_since(160_000, 10)
    assert reference.playing_since(159_000, 1000) is None  # before it


async def test_volume_and_fades_are_in_it_and_nothing_sounds_after_the_end(tmp_path: Path) -> None:
    file, expected = song(tmp_path, 5.0)
    clock = Clock()
    reference = PlaybackReference(clock)
    async with running(reference):
        reference.start(file=file, repeat=True, volume=0.5, fade_in_s=1.0)
        clock.now_s = 12.0
        reference.set_volume(volume=0.25)
        clock.now_s = 13.0
        reference.fade_out(fade_s=1.0)
        heard = await samples(reference, 160_000, 80_000)
    gain = np.interp(np.arange(80_000), [0, 16_000, 32_000 - 1, 32_000, 48_000, 64_000], [0, 0.5, 0.5, 0.25, 0.25, 0])
    assert np.allclose(heard, gain * expected[:80_000], atol=2e-3)
    assert reference.played(160_000 + 64_000, 1000) is None


async def test_the_next_sound_takes_over_and_the_one_before_is_still_in_its_past(tmp_path: Path) -> None:
    file, expected = song(tmp_path, 5.0)
    clock = Clock()
    reference = PlaybackReference(clock)
    async with running(reference):
        reference.start(file=file, repeat=True, volume=1.0, fade_in_s=0.0)
        clock.now_s = 11.0
        reference.start(file=file, repeat=True, volume=1.0, fade_in_s=0.0)
        heard = await samples(reference, 160_000, 32_000)
    assert np.allclose(heard, np.concatenate([expected[:16_000], expected[:16_000]]), atol=2e-3)
    played = reference.played(176_000 - 5, 10)
    assert played is not None
    assert played.start == 176_000


async def test_a_file_that_plays_once_ends(tmp_path: Path) -> None:
    file, expected = song(tmp_path, 1.0)
    reference = PlaybackReference(Clock())
    async with running(reference):
        reference.start(file=file, repeat=False, volume=1.0, fade_in_s=0.0)
        heard = await samples(reference, 160_000, 20_000)
    assert np.allclose(heard[:16_000], expected, atol=2e-3)
    assert not heard[16_000:].any()


async def test_long_files_are_kept_in_pieces_of_which_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 16_000)
    monkeypatch.setattr(module, "_AHEAD", 16_000)

    async def call(_: object, name: str, file: str, *number: int, limit_s: float) -> object:  # as `WorkerProcess.call`
        return 10 * 16_000 if name == "length" else np.full(16_000, 100 * number[0], "<i2").tobytes()

    monkeypatch.setattr(WorkerProcess, "call", call)
    clock = Clock()
    reference = PlaybackReference(clock)
    async with running(reference):
        reference.start(file="long.wav", repeat=True, volume=1.0, fade_in_s=0.0)
        for second in range(8):
            clock.now_s = 10.0 + second
            heard = await samples(reference, 160_000 + 16_000 * (second + 1), 100)
            assert heard[0] == pytest.approx(100 * (second + 1) / 32767)
    assert reference.played(160_000, 100) is None  # no longer kept
    assert reference.played(160_000 + 16_000 * 6, 100) is not None


async def test_a_file_that_cannot_be_read_is_told_and_the_next_one_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken.ogg"
    broken.write_bytes(b"OggS and nothing else")
    file, _ = song(tmp_path, 1.0)
    reference = PlaybackReference(Clock())
    async with running(reference):
        reference.start(file=str(broken), repeat=True, volume=1.0, fade_in_s=0.0)
        await until(lambda: reference.trouble is not None)
        assert reference.played(160_000, 100) is None
        reference.start(file=file, repeat=True, volume=1.0, fade_in_s=0.0)
        await samples(reference, 160_000, 100)
        assert reference.trouble is None
    assert "broken.ogg cannot be read to cancel its echo" in caplog.text


async def test_a_file_that_goes_while_it_plays_is_told_and_what_is_decoded_stays(tmp_path: Path) -> None:
    file, _ = song(tmp_path, 60.0)
    clock = Clock()
    reference = PlaybackReference(clock)
    async with running(reference):
        reference.start(file=file, repeat=True, volume=1.0, fade_in_s=0.0)
        await samples(reference, 160_000, 100)
        (tmp_path / "song.wav").unlink()
        clock.now_s += 31.0  # another piece is needed
        await until(lambda: reference.trouble is not None)
        assert "song.wav cannot be read to cancel its echo" in str(reference.trouble)
        assert reference.played(160_000, 100) is not None


async def test_a_sound_that_is_over_before_it_is_decoded_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    async def call(_: object, name: str, *arguments: object, limit_s: float) -> object:  # as above
        calls.append(name)
        return 16_000 if name == "length" else bytes(32_000)

    monkeypatch.setattr(WorkerProcess, "call", call)
    reference = PlaybackReference(Clock())
    reference.start(file="chirp.wav", repeat=True, volume=1.0, fade_in_s=0.0)
    reference.end()
    async with running(reference):
        await until(lambda: not reference._began.is_set())  # it has looked
        reference.start(file=str(tmp_path / "song.wav"), repeat=True, volume=1.0, fade_in_s=0.0)
        await until(lambda: calls)
    assert calls[0] == "length"
    assert reference.played(0, 10) is None


def test_pieces_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track_decoder, "PIECE_S", 1)
    monkeypatch.setattr(track_decoder, "PIECE", 16_000)
    file, expected = song(tmp_path, 2.5)
    assert track_decoder.length(file) == len(expected)
    pieces = [np.frombuffer(track_decoder.piece(file, number), "<i2") / 32767 for number in range(4)]
    assert [len(piece) for piece in pieces] == [16_000, 16_000, 8_000, 0]
    assert np.allclose(np.concatenate(pieces), np.clip(expected, -1, 1), atol=2e-3)
