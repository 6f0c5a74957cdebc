"""Calibration: the chosen threshold becomes 0.5, and the slope is the one that explains the windows."""

import numpy as np
import pytest

from training.figures import VotedScene
from training.scenes import CryEvent
from training.ship import calibration, likeliest_slope, logit


def test_the_slope_behind_made_up_windows_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, 20_000)
    truth = rng.uniform(size=len(logits)) < 1 / (1 + np.exp(-2.0 * logits))
    assert likeliest_slope(logits, truth) == pytest.approx(2.0, abs=0.15)


def test_the_threshold_becomes_one_half() -> None:
    rng = np.random.default_rng(1)
    voted = rng.uniform(0.01, 0.6, 900)
    voted[200:300] += 0.3
    cry = CryEvent(onset_s=200 * 0.24, offset_s=300 * 0.24, snr_db=10, group="g", over_lullaby=False)
    slope, shift = calibration([VotedScene(voted, (cry,), (), 216.0)], threshold=0.8)
    assert slope > 0
    assert slope * logit(0.8) + shift == pytest.approx(0.0, abs=1e-9)
