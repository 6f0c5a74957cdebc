"""Channels that cancel are told from those that do not, and one of them is taken then."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.channels import EVERY_S, LOOKS, ChannelChoice
from babycryd.audio.resampling import Converter

RATE = 16_000
Samples = NDArray[np.float64]


def noise(seed: int, level_dbfs: float = -40.0, seconds: float = 4.0) -> Samples:
    return np.random.default_rng(seed).normal(0, 10 ** (level_dbfs / 20), round(seconds * RATE))


def hum(level: float = 0.1) -> Samples:
    return level * np.sin(2 * np.pi * 50 * np.arange(4 * RATE) / RATE)


def int16(*channels: Samples) -> NDArray[np.int16]:
    return np.round(np.clip(np.stack(channels, axis=1), -1, 1) * 32_767).astype(np.int16)


def choice_for(*channels: Samples) -> int | None:
    converter = Converter(RATE, len(channels))
    converter.convert(int16(*channels))
    return converter.taken_alone


SOUND, OTHER = noise(1), noise(2)


@pytest.mark.parametrize(
    ("channels", "taken"),
    [
        pytest.param((SOUND, -SOUND), 1, id="the same the other way round"),
        pytest.param((0.5 * SOUND, -0.6 * SOUND), 2, id="the louder one is taken"),
        pytest.param((SOUND + noise(3, -72), -0.9 * SOUND + noise(4, -72)), 1, id="each with noise of its own"),
        pytest.param((SOUND + hum(), -0.9 * SOUND + hum()), 1, id="the hum is not the other way round"),
        pytest.param((SOUND + 0.4, -0.9 * SOUND + 0.4), 1, id="nor is the offset"),
        pytest.param((SOUND, -SOUND, SOUND, -SOUND), 1, id="four channels"),
        pytest.param((noise(1, -94), -noise(1, -94)), 1, id="in the last bits"),
        pytest.param((SOUND, SOUND), None, id="the same"),
        pytest.param((SOUND, OTHER), None, id="nothing in common"),
        pytest.param((SOUND, 0.03 * OTHER), None, id="one of them soft"),
        pytest.param((SOUND, 0 * SOUND), None, id="one of them dead"),
        pytest.param((SOUND, *[0 * SOUND] * 7), None, id="seven of them dead"),
        pytest.param(tuple(noise(seed) for seed in range(8)), None, id="eight, nothing in common"),
        pytest.param((0 * SOUND, 0 * SOUND), None, id="silence"),
        pytest.param((0 * SOUND + 0.4, 0 * SOUND - 0.4), None, id="offsets only"),
    ],
)
def test_one_channel_is_taken_where_they_cancel(channels: tuple[Samples, ...], taken: int | None) -> None:
    assert choice_for(*channels) == taken


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_the_sound_is_there_after_half_a_second(rate_hz: int) -> None:
    sound = np.random.default_rng(0).normal(0, 0.05, 2 * rate_hz)
    converter = Converter(rate_hz, 2)
    heard = np.concatenate([converter.convert(np.stack([sound, -sound], axis=1).astype(np.float32)), converter.flush()])
    assert np.abs(heard[: round(0.4 * RATE)]).max() < 1e-6
    assert np.std(heard[round(0.6 * RATE) :]) > 0.02


def test_a_moment_of_cancelling_changes_nothing() -> None:
    """A single tone can cancel between two microphones."""
    short = round((LOOKS - 0.6) * EVERY_S * RATE)
    assert choice_for(SOUND, np.concatenate([-SOUND[:short], SOUND[short:]])) is None


def test_a_channel_once_taken_is_kept_until_it_falls_silent_beside_another() -> None:
    half = len(SOUND) // 2
    choice = ChannelChoice(RATE)
    list(choice.parts(int16(SOUND, -0.9 * SOUND)))
    list(choice.parts(int16(0.5 * SOUND, OTHER)))
    assert choice.channel == 1
    list(choice.parts(int16(0.001 * SOUND, -SOUND)[:half]))
    assert choice.channel == 2


@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_the_cut_of_the_stream_does_not_matter(sizes: list[int]) -> None:
    raw = np.resize(int16(SOUND, -SOUND), (sum(sizes), 2))
    converter = Converter(RATE, 2)
    pieces = [converter.convert(piece) for piece in np.split(raw, np.cumsum(sizes)[:-1])]
    assert np.array_equal(np.concatenate(pieces), Converter(RATE, 2).convert(raw))


def test_absurd_samples_of_a_float_file_are_survived() -> None:
    raw = np.full((2 * RATE, 2), 3e38, np.float32) * np.array([1, -1], np.float32)
    assert np.abs(Converter(RATE, 2).convert(raw)).max() <= 1.0


def test_no_frames_are_no_samples() -> None:
    assert Converter(RATE, 2).convert(np.zeros((0, 2), np.int16)).tolist() == []
