"""Pool of sounds for one side of the split: cries by baby, distractors and beds by kind, lullabies."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from training.data import hard_negatives
from training.data.folds import clips_of, split_of
from training.data.manifest import BED_LABEL, CRY_LABELS, Clip, by_group
from training.data.recordings import Samples, load_audio, load_lullabies
from training.synthesis import augment, synthetic_sounds

# Weight of a kind of distractor; others have 1. Higher for what homes hold and YAMNet takes for a cry.
ODDS: Final = {
    "cat": 8.0,
    "laugh": 4.0,
    "laughing": 4.0,
    "door_wood_creaks": 3.0,
    "siren": 3.0,
    "fsdd_digits": 1.5,
    "debian_asterisk_speech": 2.0,
    "librosa_data": 3.0,
    "ibm_max_samples": 2.0,
    "antum_mod_sounds": 3.0,
    "debian_scratch14": 3.0,
    "debian_sonicpi": 2.0,
    "rooster": 2.0,
    "sheep": 2.0,
    "dog": 2.0,
    "guinea_pig": 2.0,
    "game_mob": 3.0,  # growls, cries and shrieks of creatures
    "ringtone": 2.0,
    "sound_effect": 2.0,
    "speech": 1.5,
}
# Weights after an analysis of false alarms: cats, laughter, doors, then animals and voices.
HARD_ODDS: Final = {
    **ODDS,
    "cat": 30.0,
    "laugh": 10.0,
    "laughing": 12.0,
    "door_wood_creaks": 9.0,
    "debian_scratch14": 7.0,
    "librosa_data": 6.0,
    "antum_mod_sounds": 5.0,
    "siren": 5.0,
    "dog": 4.0,
    "sheep": 4.0,
    "cow": 4.0,
    "rooster": 4.0,
}
STEADY: Final = frozenset(
    {"rain", "wind", "vacuum_cleaner", "washing_machine", "sea_waves", "airplane", "train", "engine", "crackling_fire"}
)
SYNTHETIC_SHARE = 0.2  # of all distractors
HARD_NEGATIVE_SHARE = 0.7  # of recorded distractors, in pools with hard negatives
COMPOSITE_SHARE = 0.06  # of the distractors that are not synthetic: babble, television
SPEECH: Final = ("fsdd_digits", "debian_asterisk_speech", "pyaudioanalysis_3class", "librosa_data", "speech")
MUSIC: Final = ("librosa_data", "ibm_max_samples", "debian_sonicpi", "antum_mod_sounds")
CRY_WEIGHT_OF_DATASET: Final = {"esc50_partial": 4.0, "giulbia": 4.0}  # datasets with few babies in good quality


def _weighted(weights: dict[str, float]) -> tuple[list[str], np.ndarray]:
    total = sum(weights.values())
    return list(weights), np.array([weight / total for weight in weights.values()])


@dataclass(frozen=True, slots=True)
class Distractor:
    """A sound that is not a cry, and where it comes from."""

    kind: str
    samples: Samples
    path: str = ""  # of its clip; "" for a synthetic or mixed sound
    first: int = 0  # sample of the clip with which it begins
    tempo: float = 1.0  # samples of the clip a sample of the sound, where a warp has changed it


def _cut(rng: np.random.Generator, clip: Clip, longest_s: float) -> Distractor:
    samples, longest = load_audio(clip.path), int(longest_s * 16000)
    first = int(rng.integers(0, max(1, len(samples) - longest + 1)))
    return Distractor(clip.kind, samples[first : first + longest], clip.path, first)


def _drawn(rng: np.random.Generator, groups: dict[str, list[Clip]]) -> Clip:
    """One clip, every group equally often."""
    names = list(groups)
    clips = groups[names[rng.integers(len(names))]]
    return clips[rng.integers(len(clips))]


def _by_kind(clips: Iterable[Clip]) -> dict[str, dict[str, list[Clip]]]:
    """Clips by kind and group, kinds in alphabetical order."""
    some = list(clips)
    kinds = sorted({clip.kind for clip in some})
    return {kind: by_group(clip for clip in some if clip.kind == kind) for kind in kinds}


@dataclass(frozen=True, slots=True)
class WeightedNegative:
    """Hard negative with its share (`training.evaluation.mining`)."""

    clip: Clip
    share: float  # of the hard negatives that are drawn, 0..1


@dataclass(frozen=True)
class Pool:
    """Sounds of one side of the split, and how often each is drawn."""

    cries: dict[str, list[Clip]]  # group -> its clips
    distractors: dict[str, dict[str, list[Clip]]]  # kind -> group -> clips
    beds: dict[str, dict[str, list[Clip]]]  # kind -> group -> clips
    lullabies: list[Samples]
    odds: dict[str, float]  # weight of a kind of distractor; 1 where not named
    hard_negatives: tuple[WeightedNegative, ...] = ()  # HARD_NEGATIVE_SHARE of the recorded distractors

    def cry_group(self, rng: np.random.Generator) -> list[Clip]:
        """Draw a baby; returns its clips."""
        names, shares = _weighted(
            {name: CRY_WEIGHT_OF_DATASET.get(of[0].dataset, 1.0) for name, of in self.cries.items()}
        )
        return self.cries[names[rng.choice(len(names), p=shares)]]

    def _composite(self, rng: np.random.Generator, n: int) -> Distractor:
        """Several voices at once (guests in the next room), or voices over music (a television)."""
        voices = [clip for kind in SPEECH for of in self.distractors.get(kind, {}).values() for clip in of]
        mixed = np.zeros(n, np.float32)
        for _ in range(int(rng.integers(2, 8))):
            voice = augment.at_peak(load_audio(voices[rng.integers(len(voices))].path), rng.uniform(-12, 0))
            augment.place(mixed, voice, int(rng.uniform(-1, 5) * 16000))
        music = [clip for kind in MUSIC for of in self.distractors.get(kind, {}).values() for clip in of]
        if not music or rng.uniform() < 0.5:
            return Distractor("babble", mixed)
        under = np.resize(load_audio(music[rng.integers(len(music))].path), n)
        mixed = mixed + augment.at_peak(under, rng.uniform(-12, 3))
        return Distractor("tv", augment.low_pass(mixed, rng.uniform(4000, 7900)))

    def distractor(self, rng: np.random.Generator, longest_s: float = 6.0) -> Distractor:
        """Draw a sound that is not a cry; at most `longest_s` of it."""
        if rng.uniform() < SYNTHETIC_SHARE:
            sound = synthetic_sounds.DISTRACTORS[rng.integers(len(synthetic_sounds.DISTRACTORS))]
            return Distractor(sound.__name__, sound(rng, int(rng.uniform(0.5, longest_s) * 16000)))
        if rng.uniform() < COMPOSITE_SHARE:
            return self._composite(rng, int(rng.uniform(2, longest_s) * 16000))
        if self.hard_negatives and rng.uniform() < HARD_NEGATIVE_SHARE:
            shares = [one.share for one in self.hard_negatives]
            return _cut(rng, self.hard_negatives[rng.choice(len(shares), p=shares)].clip, longest_s)
        names, odds = _weighted({kind: self.odds.get(kind, 1.0) for kind in self.distractors})
        return _cut(rng, _drawn(rng, self.distractors[names[rng.choice(len(names), p=odds)]]), longest_s)

    def bed(self, rng: np.random.Generator, n: int) -> tuple[str, Samples]:
        """Draw steady noise; returns its kind and `n` samples. Three of five are synthetic, the others recorded."""
        if not self.beds or rng.uniform() < 0.6:
            sound = synthetic_sounds.BEDS[rng.integers(len(synthetic_sounds.BEDS))]
            return sound.__name__, sound(rng, n)
        kinds = list(self.beds)
        clip = _drawn(rng, self.beds[kinds[rng.integers(len(kinds))]])
        return clip.kind, np.roll(np.resize(load_audio(clip.path), n), int(rng.integers(n)))

    def lullaby(self, rng: np.random.Generator, n: int) -> Samples:
        """Draw `n` samples of a lullaby: three of five are synthetic, the others ship with the daemon."""
        if not self.lullabies or rng.uniform() < 0.6:
            return synthetic_sounds.LULLABIES[rng.integers(len(synthetic_sounds.LULLABIES))](rng, n)
        track = self.lullabies[rng.integers(len(self.lullabies))]
        return np.roll(np.resize(track, max(n, len(track))), -int(rng.integers(len(track))))[:n]


def is_certain_cry(clip: Clip) -> bool:
    """Whether figures may be reported on the clip as a cry: a human says so and no review contradicts."""
    return clip.label in CRY_LABELS and (clip.review is None or clip.review.verdict == "cry")


def _weighted_negatives(clips: Iterable[Clip], number: int) -> tuple[WeightedNegative, ...]:
    """Hard negatives of a mining round among `clips`, weighted by their score."""
    scores = {row.path: row.score for row in hard_negatives.load_hard_negatives() if row.round == number}
    found = [clip for clip in clips if clip.path in scores]
    total = sum(scores[clip.path] for clip in found)
    return tuple(WeightedNegative(clip, scores[clip.path] / total) for clip in found)


@lru_cache
def load_pool(side: str, *, hard: bool = False, mining_round: int = 0) -> Pool:
    """Pool of a side (`training.data.folds`), with HARD_ODDS if `hard` and hard negatives of `mining_round` if not 0.

    A val pool holds only clips that a human labelled.
    """
    clips, is_train = clips_of(side), split_of(side) == "train"
    # Train cries include clips in which the reviewer saw no baby: their labels say that nothing cries.
    cries = [clip for clip in clips if clip.may_hold_cry and (is_train or is_certain_cry(clip))]
    negatives = [clip for clip in clips if clip.label == "neg"]
    if is_train:  # from the same phones as the cries, so that the phone gives no cry away
        negatives += [clip for clip in clips if clip.label == "neg_candidate" and clip.teacher_max < 0.05]
    steady = [clip for clip in negatives if clip.kind in STEADY]
    return Pool(
        cries=by_group(cries),
        distractors=_by_kind(negatives),
        beds=_by_kind([*steady, *(clip for clip in clips if clip.label == BED_LABEL)]),
        lullabies=load_lullabies(),
        odds=HARD_ODDS if hard else ODDS,
        hard_negatives=_weighted_negatives(negatives, mining_round),
    )
