"""Loudness at the cot: from volume to dB(A) and back, never above the cap."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.soothe.loudness import (
    HARD_LIMIT_DBA,
    HIGHEST_READING_DBA,
    LOWEST_READING_DBA,
    TEST_VOLUME,
    Calibration,
    highest_volume,
)

READINGS = st.floats(LOWEST_READING_DBA, HIGHEST_READING_DBA)
VOLUMES = st.floats(1e-6, 1.0)


def test_half_the_volume_is_six_decibels_less() -> None:
    measured = Calibration("", 50.0, 0.0)
    assert measured.dba_at(TEST_VOLUME) == 50.0
    assert measured.dba_at(TEST_VOLUME / 2) == pytest.approx(50 - 6.02, abs=0.01)
    assert measured.volume_at(50.0) == TEST_VOLUME
    assert measured.dba_at(0.0) is None


@given(READINGS, VOLUMES, VOLUMES)
def test_louder_is_louder(reading_dba: float, one: float, other: float) -> None:
    measured = Calibration("", reading_dba, 0.0)
    dba = [measured.dba_at(volume) for volume in sorted((one, other))]
    assert dba[0] is not None
    assert dba[1] is not None
    assert dba[0] <= dba[1]


@given(READINGS, VOLUMES)
def test_there_and_back(reading_dba: float, volume: float) -> None:
    measured = Calibration("", reading_dba, 0.0)
    dba = measured.dba_at(volume)
    assert dba is not None
    assert measured.volume_at(dba) == pytest.approx(volume)


@given(READINGS, st.floats(-100, 200))
def test_no_setting_exceeds_the_cap_or_the_hard_limit(reading_dba: float, cap_dba: float) -> None:
    measured = Calibration("", reading_dba, 0.0)
    highest = highest_volume(measured, cap_dba)
    assert 0 <= highest <= 1
    dba = measured.dba_at(highest)
    assert dba is None or dba <= min(cap_dba, HARD_LIMIT_DBA) + 1e-6


@pytest.mark.parametrize("reading_dba", [-math.inf, LOWEST_READING_DBA - 1, HIGHEST_READING_DBA + 1, math.nan])
def test_a_reading_that_no_meter_shows_is_refused(reading_dba: float) -> None:
    with pytest.raises(ValueError, match="reading"):
        Calibration("", reading_dba, 0.0)


def test_what_was_not_measured_is_not_capped() -> None:
    assert highest_volume(None, 50.0) == 1.0
