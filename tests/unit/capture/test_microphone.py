"""The microphone's own decisions, on an imaginary device; the real one is in test_capture_soundcard."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from babycryd.audio.format import HOP
from babycryd.capture.microphone import INBOX_BLOCKS, Microphone
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import CaptureError
from tests.support.fakes import portaudio as imaginary_portaudio
from tests.support.patience import HANG_S, Stopwatch, until


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    fake = importlib.reload(imaginary_portaudio)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.setattr("babycryd.capture.microphone.try_portaudio", fake.try_portaudio)
    yield fake
    fake.may_close.set()
    fake.streams.clear()


def _second(rate_hz: int, *levels: int) -> Any:
    """One second, each channel at its own constant level."""
    return np.tile(np.array(levels, np.int16), (rate_hz, 1))


async def test_16_khz_mono_is_taken_where_the_device_offers_it(portaudio: Any) -> None:
    portaudio.accepted = {(16_000, 1), (48_000, 2)}
    microphone = Microphone(CaptureSettings())
    await microphone.open()
    portaudio.stream().hear(_second(16_000, 8_192))
    [chunk] = await microphone.read(HANG_S)
    assert (portaudio.stream().rate_hz, portaudio.stream().blocksize) == (16_000, HOP)
    assert chunk.samples.tolist() == [0.25] * 16_000
    assert microphone.name == "Imaginary USB"
    await microphone.close(HANG_S)


@pytest.mark.parametrize(("channel", "level"), [("mix", 0.25), (1, 0.5), (2, 0.0)])
async def test_a_48_khz_stereo_only_device_is_converted(portaudio: Any, channel: Any, level: float) -> None:
    portaudio.accepted = {(48_000, 2)}
    microphone = Microphone(CaptureSettings(channel=channel))
    await microphone.open()
    portaudio.stream().hear(_second(48_000, 16_384, 0))
    [chunk] = await microphone.read(HANG_S)
    assert 16_000 - 2 * HOP < len(chunk.samples) <= 16_000
    assert chunk.samples[1_000:12_000] == pytest.approx(level, abs=1e-3)
    await microphone.close(HANG_S)


@pytest.mark.parametrize(
    ("name", "offers", "taken"),
    [
        ("USB Audio: - (hw:1,0)", 2, 2),
        ("ReSpeaker: - (hw:1,0)", 6, 6),
        ("USB Audio: - (hw:1,0)", 1, 1),
        ("pulse", 32, 2),  # as many as are asked for
    ],
)
async def test_for_the_mean_the_channels_are_opened_that_can_be_compared(
    portaudio: Any, name: str, offers: int, taken: int
) -> None:
    portaudio.devices = [portaudio.DEVICE | {"name": name, "max_input_channels": offers}]
    portaudio.accepted = {(16_000, channels) for channels in range(1, 33)}
    microphone = Microphone(CaptureSettings())
    await microphone.open()
    assert portaudio.stream().channels == taken
    await microphone.close(HANG_S)


async def test_channels_that_cancel_are_heard_one_alone(portaudio: Any) -> None:
    portaudio.accepted = {(16_000, 2)}
    microphone = Microphone(CaptureSettings())
    await microphone.open()
    sound = np.random.default_rng(0).integers(-8_000, 8_000, 16_000, np.int16)
    portaudio.stream().hear(np.stack([sound, -sound], axis=1))
    [chunk] = await microphone.read(HANG_S)
    assert chunk.taken_alone == 1
    assert np.std(chunk.samples[8_000:]) > 0.1
    await microphone.close(HANG_S)


async def test_a_device_that_refuses_everything_is_an_error_with_its_reason(portaudio: Any) -> None:
    portaudio.accepted = set()
    with pytest.raises(CaptureError, match=r"Imaginary USB cannot be opened .*Invalid sample rate"):
        await Microphone(CaptureSettings()).open()


async def test_a_channel_that_the_device_lacks_names_the_setting(portaudio: Any) -> None:
    portaudio.accepted = {(16_000, 2)}
    with pytest.raises(CaptureError, match=r"capture\.channel"):
        await Microphone(CaptureSettings(channel=7)).open()


async def test_no_device_and_a_wrong_name_are_told_apart(portaudio: Any) -> None:
    with pytest.raises(CaptureError, match="no microphone 'Yeti'"):
        await Microphone(CaptureSettings(device="Yeti")).open()
    portaudio.present = False
    with pytest.raises(CaptureError, match="no microphone found"):
        await Microphone(CaptureSettings(device="Yeti")).open()


async def test_portaudio_starts_afresh_before_reopening(portaudio: Any) -> None:
    microphone = Microphone(CaptureSettings())
    for _ in range(2):
        await microphone.open()
        await microphone.close(HANG_S)
    assert portaudio.initialised == 2


@pytest.mark.parametrize("part", ["query_devices", "RawInputStream"])
@pytest.mark.parametrize(
    "error", [UnicodeDecodeError("utf-8", b"\xd8", 0, 1, "\x1b"), OSError(5, "I/O error"), KeyError()]
)
async def test_whatever_portaudio_raises_is_told_with_a_remedy(
    portaudio: Any, monkeypatch: pytest.MonkeyPatch, part: str, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    microphone = Microphone(CaptureSettings())
    with monkeypatch.context() as broken:
        broken.setattr(portaudio, part, fail)
        with pytest.raises(CaptureError, match=r"cannot be opened \(.+\): see `babycryd doctor`") as caught:
            await microphone.open()
    assert str(caught.value).isprintable()
    await microphone.close(HANG_S)
    await microphone.open()
    await microphone.close(HANG_S)


async def test_a_restart_that_fails_is_tried_again(portaudio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise portaudio.PortAudioError("Error initializing PortAudio")

    microphone = Microphone(CaptureSettings())
    await microphone.open()
    await microphone.close(HANG_S)
    with monkeypatch.context() as broken:
        broken.setattr(portaudio, "_initialize", fail)
        with pytest.raises(CaptureError, match="Error initializing PortAudio"):
            await microphone.open()
    await microphone.open()
    await microphone.close(HANG_S)


async def test_a_close_that_raises_is_a_close(
    portaudio: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    microphone = Microphone(CaptureSettings())
    await microphone.open()
    monkeypatch.setattr(portaudio.RawInputStream, "abort", fail)
    await microphone.close(HANG_S)
    assert "closing Imaginary USB failed" in caplog.text
    assert not microphone.close_hung


async def test_a_sound_system_that_cannot_be_started_is_not_started_here(
    portaudio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> frozenset[str]:
        raise CaptureError("the sound system cannot be started (crashed with SIGABRT)")

    monkeypatch.setattr("babycryd.capture.microphone.try_portaudio", fail)
    with pytest.raises(CaptureError, match="SIGABRT"):
        await Microphone(CaptureSettings()).open()
    assert not portaudio.streams


async def test_an_opening_that_began_early_loses_no_sound_and_happens_once(portaudio: Any) -> None:
    microphone = Microphone(CaptureSettings())
    microphone.begin_opening()
    await until(lambda: bool(portaudio.streams))
    portaudio.stream().hear(_second(16_000, 8_192))
    await microphone.open()
    [chunk] = await microphone.read(HANG_S)
    assert chunk.samples.tolist() == [0.25] * 16_000
    assert len(portaudio.streams) == 1
    await microphone.close(HANG_S)


async def test_an_early_opening_that_failed_is_told_by_the_one_that_follows(portaudio: Any) -> None:
    portaudio.present = False
    microphone = Microphone(CaptureSettings())
    microphone.begin_opening()
    with pytest.raises(CaptureError, match="no microphone found"):
        await microphone.open()
    portaudio.present = True
    await microphone.open()
    await microphone.close(HANG_S)


@pytest.mark.parametrize("wanted", ["", "Imaginary USB"])
async def test_a_null_device_is_no_microphone(portaudio: Any, wanted: str) -> None:
    portaudio.null_devices = {"Imaginary USB"}
    with pytest.raises(CaptureError, match="no microphone found"):
        await Microphone(CaptureSettings(device=wanted)).open()


async def test_a_stream_that_finishes_is_a_lost_microphone(portaudio: Any) -> None:
    microphone = Microphone(CaptureSettings())
    await microphone.open()
    portaudio.stream().finished()
    with pytest.raises(CaptureError, match="went away"):
        await microphone.read(HANG_S)
    await microphone.close(HANG_S)


async def test_overflows_and_drops_are_counted_over_reopening(portaudio: Any) -> None:
    microphone = Microphone(CaptureSettings())
    for _ in range(2):
        await microphone.open()
        for _ in range(INBOX_BLOCKS + 3):
            portaudio.stream().hear(_second(HOP, 1), status="input overflow")
        first, *rest = await microphone.read(HANG_S)
        assert first.lost == 3 * HOP
        assert sum(chunk.lost for chunk in rest) == 0
        await microphone.close(HANG_S)
    assert microphone.dropped_blocks == 6
    assert microphone.overflows == 2 * (INBOX_BLOCKS + 3)


async def test_a_close_that_hangs_is_left_behind_and_nothing_follows_it_in(portaudio: Any) -> None:
    microphone = Microphone(CaptureSettings())
    await microphone.open()
    portaudio.may_close.clear()
    stopwatch = Stopwatch()
    await microphone.close(0.1)
    assert microphone.close_hung
    with pytest.raises(CaptureError, match="hangs"):
        await microphone.open()
    await microphone.close(HANG_S)
    assert stopwatch.elapsed_s() < HANG_S


async def test_a_cancelled_open_leaves_no_stream_behind(portaudio: Any) -> None:
    microphone = Microphone(CaptureSettings())
    opening = asyncio.create_task(microphone.open(), name="open")
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await microphone.close(HANG_S)
    assert all(each.closed for each in portaudio.streams)


async def test_a_missing_portaudio_library_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(CaptureError, match="sudo apt install libportaudio2"):
        await Microphone(CaptureSettings()).open()
