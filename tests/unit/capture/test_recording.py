import asyncio
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.audio.block import BLOCK, AudioBlock
from babycryd.capture.recording import duration_s, read_recording
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import RecordingError
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus

pytestmark = pytest.mark.real_time


def _tone(rate_hz: int, seconds: float) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(round(rate_hz * seconds)) / rate_hz)).astype(np.float32)


def _whole(path: Path, channel: Any = "mix") -> NDArray[np.float32]:
    return np.concatenate(list(read_recording(path, channel)))


@pytest.mark.parametrize(
    ("name", "rate_hz", "channels", "subtype", "tolerance"),
    [
        ("plain.wav", 16_000, 1, "PCM_16", 1e-4),
        ("eight-bit.wav", 44_100, 1, "PCM_U8", 1e-2),
        ("fast.wav", 96_000, 1, "PCM_24", 1e-3),
        ("eight-channels.wav", 48_000, 8, "PCM_16", 1e-3),
        ("float.wav", 16_000, 2, "FLOAT", 1e-6),
        ("music.flac", 22_050, 2, "PCM_16", 1e-3),
        ("music.ogg", 48_000, 2, "VORBIS", 3e-2),
        ("music.mp3", 16_000, 1, "MPEG_LAYER_III", 3e-2),
    ],
)
def test_any_file_becomes_mono_16_khz(  # one row a format
    tmp_path: Path, name: str, rate_hz: int, channels: int, subtype: str, tolerance: float
) -> None:
    path = tmp_path / name
    soundfile.write(path, np.tile(_tone(rate_hz, 3.0)[:, np.newaxis], (1, channels)), rate_hz, subtype)
    heard, expected = _whole(path), _tone(16_000, 3.0)
    assert abs(len(heard) - len(expected)) <= 1
    assert np.abs(heard[1_000:-1_000] - expected[1_000 : len(heard) - 1_000]).max() < tolerance
    assert duration_s(path) == pytest.approx(3.0, abs=1e-3)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_channels_that_cancel_are_read_one_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, rate_hz: int
) -> None:
    tone = _tone(rate_hz, 3.0)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, -tone], axis=1), rate_hz)
    heard = _whole(tmp_path / "a.wav")
    assert np.std(heard[16_000:]) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert "a.wav: its channels cancel each other, channel 1 was taken" in caplog.text


def test_a_channel_can_be_picked(tmp_path: Path) -> None:
    stereo = np.stack([_tone(16_000, 0.5), np.zeros(8_000, np.float32)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 16_000)
    assert np.abs(_whole(tmp_path / "a.wav", 1)).max() > 0.4
    assert np.abs(_whole(tmp_path / "a.wav", 2)).max() == 0
    with pytest.raises(RecordingError, match=r"a\.wav: no channel 3"):
        _whole(tmp_path / "a.wav", 3)


def test_long_recordings_come_in_small_pieces(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((20 * 48_000, 8), np.int16), 48_000)
    assert max(len(piece) for piece in read_recording(tmp_path / "a.wav")) < 16_000


def _wav(path: Path) -> bytes:
    soundfile.write(path, _tone(16_000, 4.0), 16_000)
    return path.read_bytes()


def _with_rate(path: Path, rate_hz: int) -> bytes:
    whole = _wav(path)
    return whole[:24] + rate_hz.to_bytes(4, "little") + whole[28:]


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (str, "No such file"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (os.mkfifo, "not a regular file"),
    "empty": (lambda path: path.touch(), "is empty"),
    "no samples": (lambda path: path.write_bytes(_wav(path)[:44]), "no samples"),
    "half a header": (lambda path: path.write_bytes(_wav(path)[:30]), "not audio that can be read"),
    "text": (lambda path: path.write_text("dear diary " * 100), "not audio that can be read"),
    "random": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(5_000)), "not audio that can be read"),
    "1 Hz": (lambda path: path.write_bytes(_with_rate(path, 1)), "sample rate of 1 Hz"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_cannot_be_read_is_named_with_the_reason(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "night.wav"
    make, reason = BAD[fault]
    make(path)
    with pytest.raises(RecordingError, match=reason) as caught:
        _whole(path)
    assert str(caught.value).startswith(f"{path}: ")
    with pytest.raises(RecordingError, match=reason):
        duration_s(path)


def test_headerless_audio_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(1_000))
    with pytest.raises(RecordingError, match="not audio that can be read"):
        _whole(tmp_path / "a.raw")


def _read_until_error(path: Path) -> tuple[int, str]:
    samples = 0
    try:
        for piece in read_recording(path):
            samples += len(piece)
    except RecordingError as error:
        return samples, str(error)
    return samples, ""


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_the_first_sample_that_is_no_number_is_named(tmp_path: Path, wrong: float) -> None:
    sound = _tone(16_000, 10.0)
    sound[100_000] = sound[120_000] = wrong
    soundfile.write(tmp_path / "a.wav", sound, 16_000, "FLOAT")
    samples, error = _read_until_error(tmp_path / "a.wav")
    assert "not a number at 6.250 s" in error
    assert samples == 100_000


def test_a_cut_wav_is_read_to_its_end_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(_wav(path)[: 44 + 2 * 24_000 + 1])
    assert len(_whole(path)) == 24_000
    assert "cut off after 1.5 s" in caplog.text


def test_a_wav_that_was_piped_is_nothing_special(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.wav"
    whole = _wav(path)
    path.write_bytes(whole[:4] + b"\xff" * 4 + whole[8:40] + b"\xff" * 4 + whole[44:])
    assert len(_whole(path)) == 64_000
    assert caplog.text == ""


def test_a_damaged_flac_gives_what_came_before_and_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 20 * 16_000)
    soundfile.write(path, noise, 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    samples, error = _read_until_error(path)
    assert "damaged at about" in error
    assert 4 * 16_000 < samples <= 10.1 * 16_000


async def _play(settings: CaptureSettings, for_s: float) -> list[tuple[float, AudioBlock]]:
    """Blocks with the time, since the start, at which they came."""
    played: list[tuple[float, AudioBlock]] = []
    began_s = time.monotonic()

    async def listen() -> None:
        async for each in CaptureSupervisor(settings, Bus()).blocks():
            assert isinstance(each, AudioBlock)
            played.append((time.monotonic() - began_s, each))

    try:
        async with asyncio.timeout(for_s):
            await listen()
    except TimeoutError:
        pass
    return played


@pytest.mark.usefixtures("virtual_time")
async def test_a_recording_plays_in_real_time_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, _tone(16_000, 1.0), 16_000, "FLOAT")
    played = await _play(CaptureSettings(source="recording", file=str(path)), for_s=5.0)
    heard = np.concatenate([block.samples for _, block in played])
    assert np.array_equal(heard, _tone(16_000, 1.0))
    assert max(len(block.samples) for _, block in played) == BLOCK
    assert played[0][1].start_s == 0.0
    late_s = [at_s - block.end_s for at_s, block in played]
    assert min(late_s) > -1e-6  # of rounding
    assert max(late_s) < 0.3


@pytest.mark.usefixtures("virtual_time")
async def test_a_looped_recording_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, _tone(16_000, 0.2), 16_000)
    played = await _play(CaptureSettings(source="recording", file=str(path), loop=True), for_s=1.0)
    blocks = [block for _, block in played]
    assert blocks[-1].end_s > 0.5
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(blocks))
