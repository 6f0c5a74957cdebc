"""A poor microphone takes away what it says, keeps the length, and never makes a NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.recordings import Samples
from training.synthesis import poor_microphones as poor


def tone(hz: float, n: int = 16_000) -> Samples:
    return np.asarray(0.5 * np.sin(2 * np.pi * hz * np.arange(n) / 16_000), np.float32)


def change_db(before: Samples, after: Samples) -> float:
    return float(20 * np.log10(np.std(after[4000:]) / np.std(before[4000:])))


@pytest.mark.parametrize(("hz", "lost_db"), [(300, 48), (1200, 3), (4000, 0)])
def test_a_high_pass_takes_the_bass(hz: float, lost_db: float) -> None:
    sound = tone(hz)
    assert change_db(sound, poor.high_pass(sound, 1200, 4)) == pytest.approx(-lost_db, abs=2)


@pytest.mark.parametrize("slope", [-6.0, 0.0, 6.0])
def test_a_tilt_is_a_slope_around_1_khz(slope: float) -> None:
    for hz in (500, 1000, 4000):
        sound = tone(hz)
        assert change_db(sound, poor.tilted(sound, slope)) == pytest.approx(slope * np.log2(hz / 1000), abs=0.2)


def test_a_notch_takes_its_band_and_leaves_the_others() -> None:
    for hz, lost_db in ((1500, 30), (4000, 0), (400, 0)):
        sound = tone(hz)
        found = change_db(sound, poor.notched(sound, 1500, 2))
        assert found < -lost_db if lost_db else abs(found) < 1.5


def test_a_gate_silences_what_is_quiet_after_its_release_and_leaves_what_is_loud() -> None:
    sound = tone(800)
    sound[8000:] *= np.float32(0.01)
    heard = poor.gated(sound, 20, 0.1)
    assert heard[1000:7900] == pytest.approx(sound[1000:7900])
    assert np.any(heard[8000:9400])
    assert not np.any(heard[9900:])


def test_a_suppressor_takes_steady_noise_and_leaves_what_rises_over_it() -> None:
    noise = 0.05 * np.random.default_rng(0).standard_normal(64_000).astype(np.float32)
    sound = noise.copy()
    sound[40_000:48_000] += tone(800, 8000)
    heard = poor.suppressed(sound, 4.0)
    assert np.std(heard[56_000:]) < 0.6 * np.std(noise)
    assert np.std(heard[41_000:47_000]) == pytest.approx(np.std(sound[41_000:47_000]), rel=0.15)


@pytest.mark.parametrize("name", list(poor.CODECS))
def test_a_codec_keeps_the_length_and_the_pitch(name: str) -> None:
    sound = tone(800)
    heard = poor.through_codec(sound, name)
    assert heard.shape == sound.shape
    assert abs(int(np.abs(np.fft.rfft(heard)).argmax()) - 800) <= 1
    assert abs(change_db(sound, heard)) < 3


@given(n=st.integers(1, 20_000), seed=st.integers(0, 1000), loud=st.floats(0, 2))
@settings(max_examples=10, deadline=None)
def test_any_sound_keeps_its_length_and_stays_finite(n: int, seed: int, loud: float) -> None:
    sound = (loud * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)
    for heard in (
        poor.high_pass(sound, 600),
        poor.tilted(sound, 4.0),
        poor.notched(sound, 900, 3),
        poor.gated(sound, 15, 0.05),
        poor.suppressed(sound, 2.0),
        poor.through_codec(sound, "mobile phone (GSM)"),
    ):
        assert heard.shape == sound.shape
        assert heard.dtype == np.float32
        assert np.all(np.isfinite(heard))


def test_a_drawn_microphone_keeps_the_length_and_says_where_its_gate_was_shut() -> None:
    sound = tone(800, 32_000)
    sound[16_000:] *= np.float32(1e-4)
    faults = [poor.PoorMicrophone.draw(np.random.default_rng(seed)) for seed in range(40)]
    for one in faults:
        heard, shut = one.sent(one.captured(sound))
        assert heard.shape == shut.shape == sound.shape
        assert np.all(np.isfinite(heard))
        assert shut[26_000:].all() if one.gate else not shut.any()
    assert sum(one == poor.PoorMicrophone(order=one.order) for one in faults) < 10
    assert {bool(one.gate) for one in faults} == {bool(one.codec) for one in faults} == {True, False}
