"""A-weighting, against the table of IEC 61672-1."""

import numpy as np
import pytest

from babycryd.audio.a_weighting import SILENCE_DBFS, a_weighted_dbfs, a_weighting, loud_level_dbfs

NOMINAL_DB = {31.5: -39.4, 63: -26.2, 125: -16.1, 250: -8.6, 500: -3.2, 1000: 0.0, 2000: 1.2, 4000: 1.0, 8000: -1.1}


@pytest.mark.parametrize(("frequency_hz", "gain_db"), NOMINAL_DB.items())
def test_the_standard_s_table(frequency_hz: float, gain_db: float) -> None:
    assert 20 * np.log10(a_weighting(np.array([frequency_hz]))[0]) == pytest.approx(gain_db, abs=0.2)


def test_level_of_a_tone() -> None:
    time_s = np.arange(44_100) / 44_100
    assert a_weighted_dbfs(0.5 * np.sin(2 * np.pi * 1000 * time_s), 44_100) == pytest.approx(-9.03, abs=0.05)
    assert a_weighted_dbfs(0.5 * np.sin(2 * np.pi * 125 * time_s), 44_100) == pytest.approx(-25.2, abs=0.1)


def test_silence_has_a_level() -> None:
    assert a_weighted_dbfs(np.zeros(100), 44_100) == SILENCE_DBFS
    assert a_weighted_dbfs(np.zeros(0), 44_100) == SILENCE_DBFS


def test_pauses_do_not_count_in_the_level_of_a_voice() -> None:
    assert loud_level_dbfs([-20.0, -20.0, -90.0, -90.0]) == pytest.approx(-20.0)
    assert loud_level_dbfs([-20.0]) == pytest.approx(-20.0)
    assert loud_level_dbfs([]) == SILENCE_DBFS
