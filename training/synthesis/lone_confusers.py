"""Lone confusers: one sound that is easily taken for a cry, made up or recorded and warped, without a room.

Families are those of `training.data.distractor_families`; how often each is drawn follows from what raises most alarms.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.data.distractor_families import family_of
from training.data.recordings import Samples, load_audio
from training.synthesis import augment
from training.synthesis.pool import Pool
from training.synthesis.synthetic_sounds import Sound
from training.synthesis.voices.confusers import cat_miaow, cat_yowl, laughter, raised_vowel, squeaky_toy
from training.synthesis.voices.dogs import DOGS
from training.synthesis.voices.instruments import load_phrases
from training.synthesis.warps import Warp

LONGEST_S: Final = 6.0  # of a recorded one


@dataclass(frozen=True, slots=True)
class Lone:
    """How one family is drawn."""

    share: float  # of all lone confusers
    made_up: float = 0.0  # share of them that is made up
    voices: tuple[Sound, ...] = ()  # that make them up


FAMILIES: Final = {
    "dogs": Lone(0.22, 0.75, DOGS),
    "cats": Lone(0.2, 0.4, (cat_miaow, cat_yowl)),
    "laughter": Lone(0.2, 0.4, (laughter,)),
    "vowels and shouts": Lone(0.12, 0.4, (raised_vowel,)),
    "squeaks": Lone(0.08, 0.5, (squeaky_toy,)),
    "other animals": Lone(0.07),
    "speech": Lone(0.05),
    "alarms": Lone(0.03),
    "music": Lone(0.03, 0.7),  # phrases of instruments
}


def _made_up(rng: np.random.Generator, family: str) -> Samples | None:
    """2 to 8 s of a made-up one; None where fluidsynth has played no phrases."""
    n = int(rng.uniform(2, 8) * 16000)
    if voices := FAMILIES[family].voices:
        return voices[rng.integers(len(voices))](rng, n)
    if not (phrases := load_phrases()):
        return None
    phrase = phrases[rng.integers(len(phrases))]
    first = int(rng.integers(0, max(1, len(phrase) - n)))
    return phrase[first : first + n]


def lone_confuser(rng: np.random.Generator, pool: Pool) -> Samples:
    """One confuser; recorded groups (one cat, one speaker) of a family are drawn alike, and warped."""
    drawn = rng.choice(len(FAMILIES), p=[one.share for one in FAMILIES.values()])
    family = list(FAMILIES)[drawn]
    if rng.uniform() < FAMILIES[family].made_up and (made_up := _made_up(rng, family)) is not None:
        return made_up
    groups = [clips for kind, of in pool.distractors.items() if family_of(kind) == family for clips in of.values()]
    clips = groups[rng.integers(len(groups))]
    samples, longest = load_audio(clips[rng.integers(len(clips))].path), int(LONGEST_S * 16000)
    first = int(rng.integers(0, max(1, len(samples) - longest + 1)))
    recorded = augment.change_speed(samples[first : first + longest], rng.uniform(0.7, 1.4))
    return Warp.draw(rng, 1.0).apply(rng, recorded)
