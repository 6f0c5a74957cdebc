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
