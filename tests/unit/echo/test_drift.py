"""Drift meter, against a speaker whose clock is resampled."""

import numpy as np
import pytest

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.echo.drift import FRAME, DriftMeter
from tests.support.echoes import LATENCY, heard_from, noise

SECONDS = 14


def measured(drift_ppm: float, other_rms: float) -> DriftMeter:
    rng = np.random.default_rng(4)
    played = noise(rng, SECONDS * SAMPLE_RATE_HZ)
    heard = heard_from(played, drift_ppm=drift_ppm) + np.float32(other_rms) * rng.standard_normal(len(played))
    meter, delay = DriftMeter(), LATENCY - 1000
    for turn, end in enumerate(range(FRAME + LATENCY, len(played), HOP)):
        late = delay - turn % 3  # the canceller follows the drift in whole samples
        meter.push(heard[end - FRAME : end].astype(np.float32), played[end - FRAME - late : end - late], late)
    return meter


@pytest.mark.parametrize("drift_ppm", [30.0, 60.0, -150.0])
@pytest.mark.parametrize("other_rms", [0.001, 0.05])
def test_the_drift_is_measured_in_parts_of_a_million(drift_ppm: float, other_rms: float) -> None:
    meter = measured(drift_ppm, other_rms)
    assert meter.known
    assert 1e6 * meter.drift == pytest.approx(-drift_ppm, abs=3.0)  # a faster speaker is heard earlier and earlier


def test_one_clock_has_no_drift_at_all() -> None:
    meter = measured(0.0, 0.05)
    assert meter.known
    assert meter.drift == 0.0


def test_nothing_is_known_at_first() -> None:
    meter = DriftMeter()
    frame = noise(np.random.default_rng(5), FRAME)
    for _ in range(10):
        meter.push(frame, frame, 0)
    assert not meter.known
    assert meter.drift == 0.0
