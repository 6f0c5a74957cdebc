"""Ingredients happen as often as their recipe says, and without them a segment is the same as before."""

from dataclasses import replace

import numpy as np
import pytest

from training.data.family_labels import DOUBTFUL, KNOWN
from training.data.paths import SHARED
from training.synthesis import ingredients, render
from training.synthesis.ingredients import FIRST, INGREDIENTS, RECIPES, Ingredients, Recipe, recipe_of
from training.synthesis.pool import Distractor, load_pool
from training.synthesis.poor_microphones import PoorMicrophone
from training.synthesis.voices.confusers import CONFUSERS
from training.synthesis.warps import Warp

needs_recordings = pytest.mark.skipif(
    not (SHARED / "audio" / "manifest.csv").exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)
RECORDED = Distractor("cat", np.sin(np.arange(8_000) / 5).astype(np.float32), "cat.ogg", 100)


def made(recipe: Recipe, seed: int = 0) -> Ingredients:
    return Ingredients(recipe, np.random.default_rng(seed))


@pytest.mark.parametrize("name", INGREDIENTS)
def test_an_ingredient_can_be_left_out_of_a_recipe(name: str) -> None:
    if not getattr(RECIPES["families"], name):
        assert f"families-without-{name}" not in ingredients.RECIPE_NAMES
        return
    found = recipe_of(f"families-without-{name}")
    assert getattr(found, name) == 0
    assert replace(found, **{name: getattr(RECIPES["families"], name)}) == RECIPES["families"]


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown recipe 'stew'; write one of first, families"):
        recipe_of("stew")


def test_made_up_cries_take_no_part_before_they_have_proved_a_gain() -> None:
    assert all(recipe.made_up_cry == 0 for recipe in RECIPES.values())


def test_the_first_recipe_leaves_everything_as_it_is() -> None:
    plain = made(recipe_of(FIRST))
    assert plain.distractor(RECORDED) is RECORDED
    assert plain.cry_warp() == Warp()
    assert plain.made_up_cry(16_000) is None
    assert plain.poor_microphone() == PoorMicrophone()
    sound, shut = PoorMicrophone().sent(PoorMicrophone().captured(RECORDED.samples))
    assert sound is RECORDED.samples
    assert not shut.any()


def test_a_made_up_confuser_sounds_in_place_of_a_recorded_one() -> None:
    found = [made(Recipe(made_up=0.5), seed).distractor(RECORDED) for seed in range(40)]
    made_up = [one for one in found if one is not RECORDED]
    assert len(made_up) == pytest.approx(20, abs=8)
    for one in made_up:
        assert one.path == ""
        assert one.kind in {sound.__name__ for sound in CONFUSERS}
        assert np.abs(one.samples).max() <= 1


def test_every_made_up_confuser_has_a_family() -> None:
    assert {*(sound.__name__ for sound in CONFUSERS), ingredients.INSTRUMENT} <= KNOWN.keys() | DOUBTFUL.keys()


def test_a_warped_sound_is_still_the_clip_it_comes_from() -> None:
    for seed in range(8):
        warped = made(Recipe(warped_sound=1.0), seed).distractor(RECORDED)
        assert (warped.kind, warped.path, warped.first) == (RECORDED.kind, RECORDED.path, RECORDED.first)
        assert len(warped.samples) == pytest.approx(len(RECORDED.samples) / warped.tempo, abs=8)
        assert not np.array_equal(warped.samples, RECORDED.samples)


def test_a_made_up_baby_cries_within_its_sound() -> None:
    cry = made(Recipe(made_up_cry=1.0)).made_up_cry(64_000)
    assert cry is not None
    samples, spans_s = cry
    assert len(samples) == 64_000
    assert all(0 <= begin < end <= 4.0 for begin, end in spans_s)


@needs_recordings
def test_a_segment_without_ingredients_is_the_same_whatever_their_generator() -> None:
    pool = load_pool("train-0")
    one, other = (
        render.render_segment(np.random.default_rng(4), pool, "train-0", made(recipe_of(FIRST), seed))
        for seed in (0, 1)
    )
    assert np.array_equal(one.sound, other.sound)


@needs_recordings
def test_segments_with_every_ingredient_are_finite_and_say_what_sounds() -> None:
    everything, pool = Recipe(0.4, 0.2, 0.5, 1.0, 0.3, 1.0), load_pool("train-0")
    segments = [
        render.render_segment(np.random.default_rng([5, i]), pool, "train-0", made(everything, i)) for i in range(8)
    ]
    for segment in segments:
        assert np.all(np.isfinite(segment.mel))
        assert np.abs(segment.sound).max() <= 1
        assert np.all((segment.truth.shut >= 0) & (segment.truth.shut <= 1))
        for sound in segment.truth.sounds:
            assert sound.length > 0
            of = pool.distractors.get(sound.kind, {})
            assert sound.path in {"", *(clip.path for clips in of.values() for clip in clips)}
    assert any(segment.truth.sounds for segment in segments)
    assert any(segment.truth.cries for segment in segments)
