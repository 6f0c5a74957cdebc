"""A warp changes one thing of a voice: its tempo, its pitch, its throat or its roughness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.recordings import Samples
from training.synthesis import warps
from training.synthesis.voices.source_filter import Larynx, Throat


def vowel(hz: float = 400.0, length_cm: float = 9.0, n: int = 16_000) -> Samples:
    source = Larynx().source(np.random.default_rng(0), np.full(n, hz))
    sound = Throat(length_cm).filtered(source)
    return np.asarray(sound / np.abs(sound).max(), np.float32)


def pitch_hz(sound: Samples) -> float:
    """Pitch from the first peak of the autocorrelation beyond 1 ms."""
    part = sound[2000:6096] * np.hanning(4096)
    power = np.square(np.abs(np.fft.rfft(part, 8192)))
    correlation = np.fft.irfft(power)[16:160]
    return 16_000 / (16 + int(correlation.argmax()))


def second_formant_hz(sound: Samples) -> float:
    """Strongest harmonic of 400 Hz between 1.8 and 4.5 kHz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return max(range(2000, 4500, 400), key=lambda hz: float(spectrum[hz - 5 : hz + 6].max()))


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.4])
def test_another_tempo_has_another_length_and_the_same_pitch(factor: float) -> None:
    warped = warps.change_tempo(vowel(), factor)
    assert len(warped) == round(16_000 / factor)
    assert pitch_hz(warped) == pytest.approx(400, rel=0.03)
    assert np.std(warped[1000:-1000]) == pytest.approx(np.std(vowel()[1000:-1000]), rel=0.1)


def test_no_change_of_tempo_is_the_sound_itself() -> None:
    sound = vowel()
    assert warps.change_tempo(sound, 1.0)[320:-640] == pytest.approx(sound[320:-640], abs=1e-5)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_pitch_has_the_same_length(factor: float) -> None:
    shifted = warps.shift_pitch(vowel(), factor)
    assert len(shifted) == pytest.approx(16_000, abs=4)
    assert pitch_hz(shifted) == pytest.approx(400 * factor, rel=0.03)


def test_another_throat_has_other_formants_and_the_same_pitch_and_length() -> None:
    sound = vowel()
    lower, higher = (warps.warp_throat(sound, factor) for factor in (0.8, 1.25))
    assert len(lower) == len(higher) == len(sound)
    assert pitch_hz(lower) == pytest.approx(400, rel=0.03)
    assert pitch_hz(higher) == pytest.approx(400, rel=0.03)
    assert second_formant_hz(sound) == pytest.approx(2917, abs=200)
    assert second_formant_hz(lower) == pytest.approx(2917 * 0.8, abs=340)
    assert second_formant_hz(higher) == pytest.approx(2917 * 1.25, abs=200)


def test_a_throat_that_is_not_warped_sounds_the_same() -> None:
    sound = vowel()
    assert warps.warp_throat(sound, 1.0)[600:-600] == pytest.approx(sound[600:-600], abs=1e-3)


def test_roughness_flutters_within_the_loudness_of_the_sound() -> None:
    sound = vowel()
    rough = warps.roughen(np.random.default_rng(0), sound, 0.8)
    assert np.all(np.abs(rough) <= np.abs(sound) + 1e-6)
    envelope = np.abs(np.fft.rfft(np.square(rough)))
    flat = np.abs(np.fft.rfft(np.square(sound)))
    assert envelope[30:125].max() > 5 * flat[30:125].max()


@given(n=st.integers(1, 20_000), factor=st.floats(0.6, 1.6), seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_no_length_and_no_noise_breaks_a_warp(n: int, factor: float, seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
    for sound in (noise, np.zeros(n, np.float32)):
        assert np.all(np.isfinite(warps.change_tempo(sound, factor)))
        assert np.all(np.isfinite(warps.roughen(np.random.default_rng(0), sound, 0.5)))
        throat = warps.warp_throat(sound, factor)
        assert throat.shape == (n,)
        assert np.all(np.isfinite(throat))


@given(seed=st.integers(0, 500), strength=st.floats(0, 1), n=st.integers(0, 6_000))
@settings(max_examples=15, deadline=None)
def test_a_drawn_warp_changes_one_thing_and_the_length_only_by_its_tempo(seed: int, strength: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    warp = warps.Warp.draw(rng, strength)
    assert sum(one != 1 for one in (warp.throat, warp.pitch, warp.tempo)) + (warp.roughness > 0) <= 1
    assert all(abs(np.log(one)) <= 0.28 * strength + 1e-9 for one in (warp.throat, warp.pitch, warp.tempo))
    assert 0 <= warp.roughness <= 0.9
    warped = warp.apply(rng, vowel(n=6_000)[:n])
    assert len(warped) == pytest.approx(n / warp.tempo if n >= warps.FRAME else n, abs=10)
    assert np.all(np.isfinite(warped))
