"""Ingredients of training segments beside recorded sounds and plain microphones: each has its odds in a recipe.

A recipe's name is part of the folder of its shards. `families-without-made_up` is the recipe `families` with the odds
of `made_up` at 0, to see what that ingredient is worth.
"""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from training.data.recordings import Samples
from training.data.reviews import Span
from training.synthesis.pool import Distractor
from training.synthesis.poor_microphones import PoorMicrophone
from training.synthesis.voices.confusers import CONFUSERS
from training.synthesis.voices.cries import made_up_cry
from training.synthesis.voices.instruments import load_phrases
from training.synthesis.warps import Warp

INSTRUMENT: Final = "instrument"  # kind of a phrase that fluidsynth played
WITHOUT: Final = "-without-"
MADE_UP_S: Final = (1.0, 6.0)  # length of a made-up confuser
CRY_STRENGTH: Final = 0.4  # of a warp of a cry, against one of another sound


@dataclass(frozen=True, slots=True)
class Recipe:
    """Odds of every ingredient, 0..1; 0 switches it off."""

    made_up: float = 0.0  # of a distractor: a made-up cat, laugh, vowel or toy sounds in its place
    instrument: float = 0.0  # of a distractor: a phrase of an instrument sounds in its place
    warped_sound: float = 0.0  # of another distractor: throat, pitch, tempo or roughness is changed
    warped_cry: float = 0.0  # of a baby: the same, milder
    made_up_cry: float = 0.0  # of a baby: a made-up one cries in its place
    poor_microphone: float = 0.0  # of a segment with and without a cry


FIRST: Final = "first"  # recipe of the shipped model
RECIPES: Final = {
    FIRST: Recipe(),
    "families": Recipe(made_up=0.2, instrument=0.06, warped_sound=0.35, warped_cry=0.35, poor_microphone=0.35),
}
INGREDIENTS: Final = tuple(field.name for field in fields(Recipe))
RECIPE_NAMES: Final = (
    *RECIPES,
    *(f"{name}{WITHOUT}{one}" for name, recipe in RECIPES.items() for one in INGREDIENTS if getattr(recipe, one)),
)


def recipe_of(name: str) -> Recipe:
    """Recipe of a name. Raises ValueError for an unknown one."""
    if name not in RECIPE_NAMES:
        raise ValueError(f"unknown recipe {name!r}; write one of {', '.join(RECIPE_NAMES)}")
    base, _, left_out = name.partition(WITHOUT)
    return replace(RECIPES[base], **{left_out: 0.0}) if left_out else RECIPES[base]


@dataclass(frozen=True, slots=True)
class Ingredients:
    """Ingredients of one segment.

    They have a generator of their own: without them a segment is the same as under the recipe `first`.
    """

    recipe: Recipe
    rng: np.random.Generator

    def _happens(self, odds: float) -> bool:
        return self.rng.uniform() < odds

    def distractor(self, recorded: Distractor) -> Distractor:
        """The distractor that the pool drew, warped or not, or a made-up one in its place."""
        if self._happens(self.recipe.made_up):
            sound = CONFUSERS[self.rng.integers(len(CONFUSERS))]
            made = sound(self.rng, int(self.rng.uniform(*MADE_UP_S) * 16000))
            return Distractor(sound.__name__, np.trim_zeros(made))
        if self._happens(self.recipe.instrument) and (phrases := load_phrases()):
            phrase = phrases[self.rng.integers(len(phrases))]
            first = int(self.rng.integers(0, max(1, len(phrase) - 32_000)))
            return Distractor(INSTRUMENT, phrase[first : first + int(self.rng.uniform(*MADE_UP_S) * 16000)])
        if not self._happens(self.recipe.warped_sound):
            return recorded
        warp = Warp.draw(self.rng, 1.0)
        return replace(recorded, samples=warp.apply(self.rng, recorded.samples), tempo=warp.tempo)

    def cry_warp(self) -> Warp:
        """Warp of all cries of a segment's baby; one that changes nothing where it is not warped."""
        return Warp.draw(self.rng, CRY_STRENGTH) if self._happens(self.recipe.warped_cry) else Warp()

    def made_up_cry(self, n: int) -> tuple[Samples, tuple[Span, ...]] | None:
        """`n` samples of a made-up baby and its spans of crying; None where the recorded baby cries."""
        if not self._happens(self.recipe.made_up_cry):
            return None
        cry = made_up_cry(self.rng, n)
        return cry.samples, cry.spans_s

    def poor_microphone(self) -> PoorMicrophone:
        """Faults of the segment's microphone; none of them where it is not poor."""
        return PoorMicrophone.draw(self.rng) if self._happens(self.recipe.poor_microphone) else PoorMicrophone()
