"""A few hours of the soak: `python -m benchmarks.soak` is the whole of it."""

from pathlib import Path

import pytest

from benchmarks.soak.__main__ import soak
from benchmarks.soak.soothing import CRY_ENDED, soothing_counts, too_many
from benchmarks.soak.week import Week
from tests.support.mqtt_client import program

pytestmark = pytest.mark.broker


def test_hours_of_faults_lose_nothing_and_leave_nothing_behind(tmp_path: Path) -> None:
    program("mosquitto")
    heard, verdict = soak(0.03, 2, tmp_path, quiet=True)
    assert verdict.good, verdict.report()
    assert verdict.begun >= 3
    assert verdict.soothing["sound started"] >= 1, verdict.report()
    for reason in ("the microphone is gone", "no sound for", "only digital silence"):  # unplugged, stalled and muted
        assert any(told.startswith(reason) for told in heard.deaf), heard.deaf
    # MQTT hears of a state only while the broker runs; which states fall into its absence differs from run to run
    assert {state["state"] for state in heard.states} & {"listening", "deaf", "crying"}


def test_a_sound_after_giving_up_is_found() -> None:
    told = ["sound started", "needs you", CRY_ENDED, "sound started", "needs you", "sound started", CRY_ENDED]
    assert too_many(told) == 1
    assert soothing_counts(told) == {"needs you": 2, "sound started": 3}


def test_the_script_is_the_same_for_the_same_seed_and_cut_anyhow() -> None:
    one, other = Week(0.02, 5), Week(0.02, 5)
    assert one.scenes == other.scenes
    assert one.faults == other.faults
    whole = one.samples(119 * 16_000, 64_000)
    pieces = [other.samples(119 * 16_000 + at, 16_000) for at in range(0, 64_000, 16_000)]
    assert (whole == [sample for piece in pieces for sample in piece]).all()
    assert abs(whole[32_000:]).max() > 3 * abs(whole[:8_000]).max()  # the first cry
