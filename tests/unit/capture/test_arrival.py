"""What the arrival of samples tells of a camera's clock and of sound that never came."""

import numpy as np
import pytest

from babycryd.capture.arrival import ArrivalWatch

BLOCK_S = 0.08
HOUR_S = 3600.0
TRUE_RATE = "does it tell its true sample rate?"


def listen(
    watch: ArrivalWatch, seconds: float, *, start_s: float = 100.0, speed: float = 1.0, jitter_s: float = 0.03
) -> int:
    """Blocks of a clock that runs `speed` times as fast as ours, each late by chance; returns what was found lost."""
    delays_s = np.random.default_rng(1).exponential(jitter_s, int(seconds / BLOCK_S))
    lost, at_s = 0, 0.0
    for number, delay_s in enumerate(delays_s):
        at_s = max(at_s, start_s + number * BLOCK_S / speed + delay_s)
        watch.note(at_s, round(BLOCK_S * 16_000))
        lost += watch.take_lost()
    return lost


@pytest.mark.parametrize("ppm", [-300, -60, 0, 25, 100])
def test_a_drifting_clock_is_measured(ppm: float) -> None:
    watch = ArrivalWatch()
    assert listen(watch, HOUR_S, speed=1 + ppm * 1e-6) == 0
    assert watch.drift_ppm == pytest.approx(ppm, abs=5)
    assert watch.wrong_rate is None


def test_the_drift_is_not_known_before_ten_minutes() -> None:
    watch = ArrivalWatch()
    listen(watch, 590.0)
    assert watch.drift_ppm is None


def test_sound_that_was_dropped_is_found_once_and_is_no_drift() -> None:
    watch = ArrivalWatch()
    assert listen(watch, 900.0) == 0
    lost = listen(watch, 900.0, start_s=1003.0)  # three seconds are missing
    assert lost / 16_000 == pytest.approx(3.0, abs=0.1)
    assert watch.drift_ppm == pytest.approx(0, abs=30)


def test_a_late_delivery_is_not_lost() -> None:
    watch = ArrivalWatch()
    listen(watch, 100.0)
    watch.note(203.0, 48_000)  # three seconds of it at once
    assert listen(watch, 100.0, start_s=203.0) == 0
    assert watch.wrong_rate is None


@pytest.mark.parametrize(("speed", "lost"), [(3.0, False), (0.5, True)])
def test_a_wrong_sample_rate_is_told(speed: float, lost: bool) -> None:  # noqa: FBT001  # a parameter of the case
    watch = ArrivalWatch()
    assert bool(listen(watch, 60.0 * speed, speed=speed)) is lost
    assert watch.wrong_rate == pytest.approx(speed, rel=0.05)
    assert watch.trouble("cam") == f"cam delivers {speed} times as much sound as time passes: " + TRUE_RATE


def test_a_stream_that_was_opened_again_begins_anew() -> None:
    watch = ArrivalWatch()
    listen(watch, 700.0)
    watch.reopened()
    assert watch.drift_ppm is None
    assert listen(watch, 100.0, start_s=5000.0) == 0
