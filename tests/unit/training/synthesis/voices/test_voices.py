"""Made-up voices have the pitch, the throat, the length and the spans that they say, and are the same again."""

import shutil
import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.synthesis.synthetic_sounds import Sound
from training.synthesis.voices import instruments
from training.synthesis.voices.confusers import CONFUSERS
from training.synthesis.voices.cries import Baby, made_up_cry
from training.synthesis.voices.dogs import DOGS, dog_whine
from training.synthesis.voices.instruments import Note, midi_file, phrase
from training.synthesis.voices.source_filter import Larynx, Throat, arc, swell, waver

SEEDS = st.integers(0, 2**32 - 1)


def spectrum(sound: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))), np.float64)


@pytest.mark.parametrize(("length_cm", "first_hz"), [(7.0, 1250.0), (17.5, 500.0)])
def test_a_shorter_throat_has_higher_formants(length_cm: float, first_hz: float) -> None:
    throat = Throat(length_cm, bandwidth_hz=60)
    assert throat.formants_hz[:2] == pytest.approx([first_hz, 3 * first_hz])
    assert throat.formants_hz.max() < 7_600
    click = np.zeros(16_000)
    click[0] = 1
    response = np.abs(np.fft.rfft(throat.filtered(click)))
    assert abs(int(response[: int(2 * first_hz)].argmax()) - first_hz) < 40


@given(seed=SEEDS, hz=st.floats(200, 900))
@settings(max_examples=10, deadline=None)
def test_a_larynx_sings_the_pitch_it_is_given(seed: int, hz: float) -> None:
    source = Larynx(fall=1.5).source(np.random.default_rng(seed), np.full(16_000, hz))
    assert abs(int(spectrum(source).argmax()) - hz) <= 2


def test_a_subharmonic_adds_lines_at_half_the_pitch_and_breath_fills_them() -> None:
    pitch = np.full(16_000, 500.0)
    plain, doubled, hoarse = (
        spectrum(larynx.source(np.random.default_rng(0), pitch))
        for larynx in (Larynx(), Larynx(subharmonic=0.8), Larynx(breath=1.5))
    )
    assert doubled[250] > 100 * plain[250]
    assert np.median(hoarse) > 100 * np.median(plain)


@given(seed=SEEDS, n=st.integers(2, 30_000), low_hz=st.floats(100, 900), rise=st.floats(1.0, 2.0))
@settings(max_examples=20, deadline=None)
def test_a_melody_stays_within_its_range(seed: int, n: int, low_hz: float, rise: float) -> None:
    hz = arc(np.random.default_rng(seed), n, low_hz, low_hz * rise)
    assert hz.shape == (n,)
    assert low_hz * 0.79 < hz.min()
    assert hz.max() < low_hz * rise * 1.11


def test_a_waver_stays_around_one_and_has_its_depth() -> None:
    factor = waver(np.random.default_rng(0), 160_000, 0.05, 10)
    assert np.mean(factor) == pytest.approx(1, abs=0.02)
    assert 0.03 < np.std(factor) < 0.06


@given(n=st.integers(2, 20_000), attack_s=st.floats(0, 3), release_s=st.floats(0, 3))
@settings(max_examples=30, deadline=None)
def test_a_swell_is_a_loudness(n: int, attack_s: float, release_s: float) -> None:
    gain = swell(n, attack_s, release_s)
    assert gain.shape == (n,)
    assert np.all((gain >= 0) & (gain <= 1))


@given(seed=SEEDS, n=st.integers(800, 48_000))
@settings(max_examples=10, deadline=None)
def test_every_baby_cries_within_its_spans_and_full_scale(seed: int, n: int) -> None:
    cry = made_up_cry(np.random.default_rng(seed), n)
    assert cry.samples.shape == (n,)
    assert cry.samples.dtype == np.float32
    assert np.all(np.isfinite(cry.samples))
    assert np.abs(cry.samples).max() <= 1.0001
    edges = [edge for span in cry.spans_s for edge in span]
    assert all(early <= late for early, late in pairwise(edges))
    assert all(0 <= edge <= n / SAMPLE_RATE_HZ for edge in edges)


def test_what_a_made_up_baby_cries_is_louder_than_its_breath() -> None:
    cry = made_up_cry(np.random.default_rng(5), 80_000)
    inside = np.zeros(80_000, bool)
    for begin_s, end_s in cry.spans_s:
        inside[int(begin_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)] = True
    assert np.std(cry.samples[inside]) > 2 * np.std(cry.samples[~inside])


def test_the_same_seed_is_the_same_cry_and_another_one_another() -> None:
    one, same, other = (made_up_cry(np.random.default_rng(seed), 16_000).samples for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_babies_cover_the_pitches_and_throats_of_infants() -> None:
    babies = [Baby.draw(np.random.default_rng(seed)) for seed in range(300)]
    pitches = [baby.pitch_hz for baby in babies]
    assert 250 <= min(pitches) < 280
    assert 590 < max(pitches) <= 620
    assert all(7 <= baby.throat.length_cm <= 11 for baby in babies)
    assert 0.15 < np.mean([baby.larynx.breath > 0.3 for baby in babies]) < 0.35


@pytest.mark.parametrize("sound", dict.fromkeys([*CONFUSERS, *DOGS]), ids=lambda sound: sound.__name__)
@pytest.mark.parametrize("n", [1000, 40_000])
def test_every_confuser_is_finite_within_full_scale_and_repeats(sound: Sound, n: int) -> None:
    samples = sound(np.random.default_rng(4), n)
    assert samples.shape == (n,)
    assert samples.dtype == np.float32
    assert np.all(np.isfinite(samples))
    assert np.abs(samples).max() <= 1.0001
    assert n < 10_000 or np.abs(samples).max() > 0.1
    assert np.array_equal(samples, sound(np.random.default_rng(4), n))


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_a_dog_whines_where_a_baby_cries(seed: int) -> None:
    whine = dog_whine(np.random.default_rng(seed), 48_000)
    power = spectrum(whine) ** 2
    voiced = power[150 * 3 : 7_600 * 3].sum()  # a bin is a third of a hertz; the lowest whines begin there
    assert voiced > 0.6 * power.sum()
    assert np.mean(np.abs(whine) < 0.02) > 0.05  # it pauses


def test_a_midi_file_says_how_long_it_is_and_ends() -> None:
    song = midi_file(40, [Note(0.0, 0.5, 69, 90, -3.0, 40), Note(0.6, 1.0, 72, 90, 0.0, 0)])
    assert song[:4] == b"MThd"
    assert song[14:18] == b"MTrk"
    assert struct.unpack(">I", song[18:22])[0] == len(song) - 22
    assert bytes([0xC0, 40]) in song
    assert song.count(bytes([0x90, 69, 90])) == song.count(bytes([0x80, 69, 0])) == 1
    assert song.endswith(bytes([0xFF, 0x2F, 0]))


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_every_phrase_can_be_written(seed: int) -> None:
    notes = phrase(np.random.default_rng(seed))
    assert 2 <= len(notes) <= 8
    assert all(early.at_s + early.duration_s <= late.at_s for early, late in pairwise(notes))
    data = midi_file(40, notes)[22:]
    assert len(data) > 100


def test_without_fluidsynth_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FileNotFoundError, match="apt-get install fluidsynth fluid-soundfont-gm"):
        instruments.play(b"")
