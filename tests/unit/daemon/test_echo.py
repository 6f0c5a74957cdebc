"""When the daemon cancels the echo, and what it says where it cannot."""

import ctypes
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.capture.recording import RecordingSource
from babycryd.capture.settings import CaptureSettings
from babycryd.cli.common.demo_source import DemoSource
from babycryd.core.echo_reference import Played
from babycryd.daemon.echo import echo_cancellation
from babycryd.echo.settings import EchoSettings
from tests.support.echoes import speex_filter
from tests.support.fakes.quiet_room import QuietRoom
from tests.support.patience import HANG_S

MICROPHONE = QuietRoom()
RECORDING = RecordingSource(CaptureSettings())


async def test_a_microphone_gets_a_canceller_and_what_it_cannot_hear_none() -> None:
    speex_filter()
    echo = echo_cancellation(EchoSettings(), MICROPHONE, lambda: 0.0)
    assert echo.canceller is not None
    assert echo.reference is not None
    assert echo.trouble() is None
    echo.canceller.trouble = "not heard"
    assert echo.trouble() == "not heard"
    echo.reference.trouble = "not read"
    assert echo.trouble() == "not read"
    for nothing in (
        echo_cancellation(EchoSettings(), RECORDING, lambda: 0.0),
        echo_cancellation(EchoSettings(enabled=False), MICROPHONE, lambda: 0.0),
    ):
        assert (nothing.canceller, nothing.reference, nothing.trouble()) == (None, None, None)


async def test_a_signal_that_came_back_is_the_first_guess_of_the_delay() -> None:
    speex_filter()
    echo = echo_cancellation(EchoSettings(), MICROPHONE, lambda: 5.0)
    assert echo.canceller is not None
    assert echo.reference is not None
    echo.guess(5.2)  # nothing has played
    assert echo.canceller.delay_s is None
    echo.reference.start(file="chirp.wav", repeat=True, volume=0.1, fade_in_s=0.0)
    echo.guess(5.2)
    assert echo.canceller.delay_s == pytest.approx(0.2)
    echo_cancellation(EchoSettings(enabled=False), MICROPHONE, lambda: 5.0).guess(5.2)


def test_a_missing_library_is_told_and_nothing_else_happens(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    echo = echo_cancellation(EchoSettings(), MICROPHONE, lambda: 0.0)
    assert echo.canceller is None
    assert "libspeexdsp1" in str(echo.trouble())
    assert "libspeexdsp1" in caplog.text


async def test_a_simulated_room_is_given_the_reference(tmp_path: Path) -> None:
    speex_filter()
    soundfile.write(tmp_path / "quiet.wav", np.zeros(3200), 16_000)
    source = DemoSource(CaptureSettings(source="recording", file=str(tmp_path / "quiet.wav")))
    echo = echo_cancellation(EchoSettings(), source, lambda: 0.0)
    assert echo.reference is not None
    echo.reference.played = lambda _, n: Played(np.full(n, 0.1, np.float32), 0)  # type: ignore[method-assign,assignment]
    await source.open()
    [chunk] = await source.read(HANG_S)
    assert np.abs(chunk.samples).max() > 0.01
    await source.close(1.0)
