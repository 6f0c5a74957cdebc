"""The second opinion's calibration: a rate of false alarms that is too low to be counted."""

import numpy as np
import pytest

from training.evaluation.operating_curve import OperatingCurve
from training.release.second_opinion import extended


def test_the_line_of_false_alarms_is_extended_to_a_rate_that_no_scene_shows() -> None:
    thresholds = np.linspace(8.0, -4.0, 49)
    alarms = np.floor(1000 * np.exp(-thresholds)).astype(int)[None, :]  # in a thousand hours
    curve = OperatingCurve(thresholds, alarms, alarms, np.array([1]), np.array([1000.0]))
    assert extended(curve, 0.1) == pytest.approx(np.log(10), abs=0.05)
    assert extended(curve, 0.01) == pytest.approx(np.log(100), abs=0.05)
