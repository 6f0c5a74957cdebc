"""What degrades a sound does what it says: SNR, level, band, place, and never a NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.recordings import Samples
from training.synthesis import augment, synthetic_sounds

RNG_SEEDS = st.integers(0, 2**32 - 1)


def noise(n: int = 16000, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32) * np.float32(0.1)


@pytest.mark.parametrize("snr_db", [-2.0, 0.0, 15.0, 30.0])
def test_the_wanted_snr_is_reached_by_what_sounds(snr_db: float) -> None:
    bed, cry = noise(), noise(seed=1)
    cry[8000:] = 0  # a pause must not make the rest louder
    mixed = augment.at_snr(cry, bed, snr_db)
    found_db = 10 * np.log10(np.mean(mixed[:8000] ** 2) / np.mean(bed**2))
    assert found_db == pytest.approx(snr_db, abs=0.5)


@given(peak_dbfs=st.floats(-45, -3), seed=RNG_SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_wanted_peak_is_reached(peak_dbfs: float, seed: int) -> None:
    levelled = augment.at_peak(noise(2000, seed), peak_dbfs)
    assert 20 * np.log10(np.abs(levelled).max()) == pytest.approx(peak_dbfs, abs=0.01)


def test_silence_stays_silence_through_everything() -> None:
    silence = np.zeros(16000, np.float32)
    recorded = augment.Microphone(peak_dbfs=-3, cutoff_hz=4000, drive=3, over_db=6, gain=(0.8, 1.0)).record(silence)
    assert not np.any(recorded)
    assert np.all(np.isfinite(augment.at_snr(silence, noise(), 10)))


@given(seed=RNG_SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_microphone_gives_16_bit_samples_below_full_scale(seed: int) -> None:
    rng = np.random.default_rng(seed)
    recorded = augment.Microphone.draw(rng).record(noise(8000, seed))
    assert np.all(np.abs(recorded) <= 1)
    assert np.array_equal(recorded * 32768, np.round(recorded * 32768))


def test_an_automatic_gain_brings_loud_and_quiet_together() -> None:
    sound = noise(32000)
    sound[16000:] *= np.float32(0.1)
    levelled = augment.automatic_gain(sound, strength=0.5, release_s=0.2)
    loud, quiet = np.std(levelled[8000:16000]), np.std(levelled[28000:])
    assert 20 * np.log10(loud / quiet) == pytest.approx(10, abs=1.5)


def test_clipping_cuts_the_peaks_and_keeps_the_rest() -> None:
    sound = noise()
    clipped = augment.clip_hard(sound, 6)
    peak = np.abs(sound).max()
    assert np.abs(clipped).max() == pytest.approx(peak, rel=1e-4)
    small = np.abs(sound) < peak / 2
    assert clipped[small] == pytest.approx(sound[small] * 10 ** (6 / 20), rel=1e-4)


def test_not_a_number_becomes_silence() -> None:
    broken = noise(100)
    broken[10] = np.nan
    broken[20] = np.inf
    assert np.all(np.isfinite(augment.quantise(broken)))


def test_a_low_pass_takes_what_is_above_it_and_leaves_what_is_below() -> None:
    t = np.arange(16000) / 16000
    low, high = np.sin(2 * np.pi * 500 * t).astype(np.float32), np.sin(2 * np.pi * 6000 * t).astype(np.float32)
    assert np.std(augment.low_pass(high, 3400)) < 0.01
    assert augment.low_pass(low, 3400) == pytest.approx(low, abs=0.05)


def test_speed_shortens_and_raises() -> None:
    t = np.arange(32000) / 16000
    faster = augment.change_speed(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 1.1)
    assert len(faster) == pytest.approx(32000 / 1.1, abs=2)
    assert np.argmax(np.abs(np.fft.rfft(faster))) * 16000 / len(faster) == pytest.approx(1100, abs=2)


def test_a_room_keeps_the_length_and_the_direct_sound() -> None:
    click = np.zeros(1000, np.float32)
    click[100] = 1
    room = np.zeros(400, np.float32)
    room[[0, 300]] = [0.8, 0.6]
    recorded = augment.reverberate(click, room)
    assert len(recorded) == 1000
    assert (recorded[100], recorded[400]) == pytest.approx((0.8, 0.6), abs=1e-5)


@pytest.mark.parametrize("at", [-300, 0, 700, 5000, -5000])
def test_placing_never_leaves_the_track(at: int) -> None:
    track = np.zeros(1000, np.float32)
    augment.place(track, np.ones(500, np.float32), at)
    assert track.sum() == max(0, min(1000, at + 500) - max(0, at))


# Each once, and in an order that is the same in every process: the suite runs in several.
SOUNDS = list(
    dict.fromkeys(
        [*synthetic_sounds.BEDS, *synthetic_sounds.LULLABIES, *synthetic_sounds.DISTRACTORS, synthetic_sounds.hum]
    )
)


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda s: s.__name__)
@pytest.mark.parametrize("n", [4001, 30_000])
def test_every_synthetic_sound_is_finite_audible_and_within_full_scale(sound: synthetic_sounds.Sound, n: int) -> None:
    samples = sound(np.random.default_rng(4), n)
    assert samples.shape == (n,)
    assert samples.dtype == np.float32
    assert np.all(np.isfinite(samples))
    assert 0.1 < np.abs(samples).max() <= 1.0001
