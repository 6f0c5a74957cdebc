"""A recorded voice: a strict reader, and a sound as loud as the others that begins and ends softly."""

import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.audio.a_weighting import a_weighted_dbfs
from babycryd.soothe.loudness import LEVEL_DBFS
from babycryd.soothe.voice_wav import HIGHEST_PEAK, Recording, VoiceError, parse, prepared

RATE_HZ = 22_050


def wav(
    seconds: float = 3.0, *, amplitude: float = 0.1, rate_hz: int = RATE_HZ, channels: int = 1, wide: int = 2
) -> bytes:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    tone = amplitude * 32_767 * np.sin(2 * np.pi * 440 * time_s)
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(wide)
        written.setframerate(rate_hz)
        written.writeframes(np.repeat(tone, channels).astype("<i2" if wide == 2 else "<i4").tobytes())
    return file.getvalue()


def test_what_the_page_sends_is_read() -> None:
    recording = parse(wav(3.0))
    assert (recording.rate_hz, recording.length_s) == (RATE_HZ, 3.0)
    assert np.abs(recording.samples).max() == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no WAV file"),
        (b"OggS" + bytes(100), "no WAV file"),
        (wav()[:20], "incomplete"),
        (wav(channels=2), "mono"),
        (wav(rate_hz=8_000), "16 to 48 kHz"),
        (wav(wide=4), "16 bits"),
        (wav(0.5), "lasts from 2 to 120 s; this one lasts 0.5 s"),
        (wav(121.0, rate_hz=16_000), "lasts from 2 to 120 s"),
        (wav(121.0)[:1000], "lasts from 2 to 120 s"),  # cut off
    ],
)
def test_anything_else_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(VoiceError, match=why):
        parse(content)


@settings(max_examples=50)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_end_in_another_error(noise: bytes, at: int) -> None:
    good = wav(2.5)
    for content in (noise, good[:at] + noise + good[at + len(noise) :]):
        try:
            ready = prepared(parse(content))
        except VoiceError:
            continue
        assert np.abs(ready.samples).max() <= HIGHEST_PEAK + 1e-6


@pytest.mark.parametrize("amplitude", [0.003, 0.1, 0.9])
def test_it_becomes_as_loud_as_the_shipped_sounds(amplitude: float) -> None:
    ready = prepared(parse(wav(8.0, amplitude=amplitude)))
    middle = ready.samples[2 * RATE_HZ : 6 * RATE_HZ]
    assert a_weighted_dbfs(middle, RATE_HZ) == pytest.approx(LEVEL_DBFS, abs=0.5)


def test_a_loud_clap_in_a_soft_voice_does_not_clip() -> None:
    recording = parse(wav(8.0, amplitude=0.003))
    recording.samples[4 * RATE_HZ] = 1.0
    assert np.abs(prepared(recording).samples).max() == pytest.approx(HIGHEST_PEAK)


def test_it_begins_and_ends_softly_with_a_pause() -> None:
    recording = parse(wav(4.0))
    ready = prepared(Recording(recording.samples + np.float32(0.2), RATE_HZ))  # a microphone with an offset
    assert ready.length_s == pytest.approx(5.0)
    assert np.abs(ready.samples[:20]).max() < 0.001
    assert np.all(ready.samples[-RATE_HZ:] == 0)
    assert abs(float(ready.samples.mean())) < 1e-3


def test_silence_is_no_voice() -> None:
    with pytest.raises(VoiceError, match="silent"):
        prepared(parse(wav(amplitude=0.0)))
