import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.channels import Raw
from babycryd.audio.resampling import Converter


def _tone(rate_hz: int, seconds: float, hz: float = 440.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz)).astype(np.float32)


def _whole(converter: Converter, raw: Raw) -> NDArray[np.float32]:
    return np.concatenate([converter.convert(raw), converter.flush()])


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_a_tone_stays_that_tone_at_its_time(rate_hz: int) -> None:
    heard = _whole(Converter(rate_hz, 1), _tone(rate_hz, 2.0)[:, np.newaxis])
    expected = _tone(16_000, 2.0)
    assert abs(len(heard) - len(expected)) <= 1
    middle = slice(1_000, 31_000)  # the edges ring: the tone begins and ends abruptly
    assert np.abs(heard[middle] - expected[middle]).max() < 1e-3


def test_what_16_khz_cannot_hold_is_taken_away() -> None:
    heard = _whole(Converter(48_000, 1), _tone(48_000, 1.0, hz=9_000)[:, np.newaxis])
    assert np.abs(heard[1_000:15_000]).max() < 1e-3


@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=12), st.sampled_from([8_000, 44_100, 48_000]))
@settings(max_examples=30, deadline=None)
def test_the_cut_of_the_stream_does_not_matter(sizes: list[int], rate_hz: int) -> None:
    raw = np.random.default_rng(0).uniform(-0.5, 0.5, (sum(sizes), 1)).astype(np.float32)
    converter = Converter(rate_hz, 1)
    pieces = [converter.convert(piece) for piece in np.split(raw, np.cumsum(sizes)[:-1])]
    streamed = np.concatenate([*pieces, converter.flush()])
    at_once = _whole(Converter(rate_hz, 1), raw)
    assert len(streamed) == len(at_once)
    assert abs(len(streamed) - len(raw) * 16_000 / rate_hz) <= 1
    assert np.abs(streamed - at_once).max() < 1e-6


def test_eight_channels_are_mixed_or_one_is_picked() -> None:
    raw = np.zeros((100, 8), np.int16)
    raw[:, 2] = 16_384
    assert Converter(16_000, 8).convert(raw).tolist() == [0.0625] * 100
    assert Converter(16_000, 8, 3).convert(raw).tolist() == [0.5] * 100
    assert Converter(16_000, 8, 1).convert(raw).tolist() == [0.0] * 100


def test_full_scale_stays_within_one() -> None:
    raw = np.array([[-32_768], [32_767]], np.int16)
    assert Converter(16_000, 1).convert(raw).tolist() == [-1.0, 32_767 / 32_768]
    assert Converter(16_000, 1).convert(np.array([[1e30], [-7]], np.float32)).tolist() == [1.0, -1.0]
    square = np.sign(_tone(48_000, 0.5))[:, np.newaxis]
    assert np.abs(_whole(Converter(48_000, 1), square)).max() <= 1.0


def test_the_result_is_float32_and_none_of_the_device_s_memory() -> None:
    raw = np.ones((10, 1), np.float32)
    heard = Converter(16_000, 1).convert(raw)
    raw[:] = 0
    assert heard.dtype == np.float32
    assert heard.tolist() == [1.0] * 10


@pytest.mark.parametrize("channel", [0, 3, -1])
def test_a_channel_that_is_not_there_is_an_error_with_the_remedy(channel: int) -> None:
    with pytest.raises(ValueError, match=r"capture\.channel"):
        Converter(16_000, 2, channel)
