"""Is it sound at all? Rooms are; hum, constants and the converter's own steps are not."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.measures import clips, complaint, cry_band_dbfs, hum_hz, is_still, level_dbfs

RATE = 16_000
TIME_S = np.arange(2 * RATE) / RATE
NOISE = np.random.default_rng(7).standard_normal(len(TIME_S))


def f32(samples: NDArray[np.floating]) -> Mono:
    """As a 16-bit converter delivers it."""
    return np.asarray(np.round(np.clip(samples, -1, 1) * 32_767) / 32_768, np.float32)


def hum(base_hz: float, level: float = 0.1) -> np.ndarray:
    return level * (np.sin(2 * np.pi * base_hz * TIME_S) + 0.4 * np.sin(2 * np.pi * 3 * base_hz * TIME_S + 1))


@pytest.mark.parametrize("offset", [0.0, 0.4, -0.8])
def test_a_constant_offset_is_no_level(offset: float) -> None:
    assert level_dbfs(f32(1e-3 * NOISE + offset)) == pytest.approx(-60, abs=0.2)
    assert level_dbfs(f32(0 * NOISE + offset)) == -120


@pytest.mark.parametrize(("mains_hz", "told"), [(50.0, 50), (49.9, 50), (60.0, 60), (60.1, 60)])
def test_hum_is_told_by_its_frequency(mains_hz: float, told: int) -> None:
    assert hum_hz(f32(hum(mains_hz) + 2e-5 * NOISE)) == told


@pytest.mark.parametrize(
    "sound",
    [
        hum(50) + 1e-3 * NOISE,  # a room with a refrigerator
        0.1 * np.sin(2 * np.pi * 440 * TIME_S),  # a toy
        0.1 * np.sin(2 * np.pi * 900 * TIME_S),  # a multiple of 50
        1e-3 * NOISE,
        np.cumsum(NOISE) * 1e-3,  # rumble
    ],
    ids=["refrigerator", "440 Hz", "900 Hz", "noise", "rumble"],
)
def test_other_sounds_are_no_hum(sound: np.ndarray) -> None:
    assert hum_hz(f32(sound)) is None
    assert complaint(f32(sound)) is None or "440" in str(sound)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (0 * NOISE, "digital silence"),
        (0 * NOISE + 0.2, "same value"),
        (hum(50), "mains hum (50 Hz)"),
        (2e-6 * NOISE + 0.3 * np.sin(2 * np.pi * 3 * TIME_S), "converter's own steps"),
    ],
)
def test_what_is_no_room_is_complained_of(sound: np.ndarray, said: str) -> None:
    assert said in str(complaint(f32(sound) if "steps" not in said else sound.astype(np.float32)))


def test_a_level_is_what_it_is() -> None:
    assert cry_band_dbfs(f32(0.1 * np.sin(2 * np.pi * 1000 * TIME_S))) == pytest.approx(-23.0, abs=0.2)
    assert cry_band_dbfs(f32(0.1 * np.sin(2 * np.pi * 100 * TIME_S))) < -80


def test_still_and_clipping() -> None:
    assert is_still(np.full(100, 0.3, np.float32))
    assert not is_still(f32(np.where(TIME_S < 1, 0, 1 / 32_000)))
    assert clips(f32(2 * NOISE))
    assert not clips(f32(0.3 * NOISE))


def test_no_recording_of_a_room_is_taken_for_a_dead_microphone(shared: Path) -> None:
    """Every second of the recordings that the training has (in the quick form of every seventh): cries and noises."""
    step = 1 if os.environ.get("BABYCRYD_SLOW") == "1" else 7
    with (shared / "audio" / "manifest.csv").open() as file:
        paths = [row["path"] for row in csv.DictReader(file)][::step]
    humming = []
    for path in paths:
        samples, _ = soundfile.read(shared / "audio" / path, dtype="float32")
        seconds = [samples[at : at + RATE] for at in range(0, len(samples) - RATE + 1, RATE)]
        humming += [(path, at) for at, second in enumerate(seconds) if hum_hz(second)]
    assert len(paths) > 150
    assert humming == []
