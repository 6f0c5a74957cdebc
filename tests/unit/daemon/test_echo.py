"""When the daemon cancels the echo, and what it says where it cannot."""

import ctypes

import pytest

from babycryd.capture.source import SourceTraits
from babycryd.daemon.echo import echo_cancellation
from babycryd.echo.settings import EchoSettings
from tests.support.echoes import speex_filter

MICROPHONE = SourceTraits(live=True, can_be_muted=True, hears_speaker=True)
RECORDING = SourceTraits(live=False, can_be_muted=False, hears_speaker=False)


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
