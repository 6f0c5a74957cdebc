"""Degraded training segments of 10 s, as features with their ground truth, in shards on the disk.

    python -m training.synthesis.render --shards 100              about 11 s a shard of 256 segments on one core
    python -m training.synthesis.render --split val --shards 2
    python -m training.synthesis.render --split train-0 --shards 40 --sound    keeps the waveforms, too
    python -m training.synthesis.render --split train-0 --recipe families      with its ingredients (`ingredients`)

Shard i is the same on every run with the same recordings. Several processes can share the work with `--first` and
`--step`. Training uses the shards that are complete when it starts.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.features import log_mel
from training.data import labels
from training.data.folds import SIDES, split_of
from training.data.paths import SHARDS
from training.data.recordings import Samples, load_audio
from training.data.truth import ClipPlacement, SegmentTruth, SoundPlacement, save_truths
from training.synthesis import augment
from training.synthesis.augment import Microphone
from training.synthesis.ingredients import FIRST, RECIPE_NAMES, Ingredients, recipe_of
from training.synthesis.pool import Pool, load_pool
from training.synthesis.rooms import load_rooms

SEED = 7
SEGMENT = 160_000  # samples: 10 s
FRAMES = (SEGMENT - 400) // 160 + 1  # 998 complete ones
SEGMENTS_PER_SHARD = 256
MINING_ROUND_FROM = {110: 1, 160: 2}  # first shard -> mining round whose hard negatives it and later shards hold
CRY_SHARE = 0.5
LOWEST_SNR_DB = -4.0


@dataclass(frozen=True, slots=True)
class Segment:
    """One training example before labelling."""

    mel: NDArray[np.float16]  # (998, 64) natural log
    sound: Samples  # (SEGMENT,) 16-bit samples in float32
    truth: SegmentTruth


def _cry_track(
    rng: np.random.Generator, pool: Pool, ingredients: Ingredients
) -> tuple[Samples, tuple[ClipPlacement, ...]]:
    """One baby without a room: its clips one after another with pauses, from -5 to 6 s on."""
    clips, speed, warp = pool.cry_group(rng), rng.uniform(0.85, 1.18), ingredients.cry_warp()
    track, placed, at = np.zeros(SEGMENT, np.float32), list[ClipPlacement](), int(rng.uniform(-5, 6) * 16000)
    if (made_up := ingredients.made_up_cry(SEGMENT)) is not None:
        augment.place(track, made_up[0], at)
        return track, (ClipPlacement("", at, 1.0, made_up[1]),)
    while at < SEGMENT:
        clip = clips[rng.integers(len(clips))]
        sound = warp.apply(ingredients.rng, augment.change_speed(load_audio(clip.path), speed))
        sound = augment.at_peak(augment.faded(sound), rng.uniform(-6, 0))
        augment.place(track, sound, at)
        placed.append(ClipPlacement(clip.path, at, speed * warp.tempo))
        at += len(sound) + int(rng.exponential(1.5) * 16000)
        if rng.uniform() < 0.4:
            break
    return track, tuple(placed)


def _reverberated(rng: np.random.Generator, sound: Samples, split: str) -> Samples:
    rooms = load_rooms(split)
    return augment.reverberate(sound, rooms[rng.integers(len(rooms))]) if rng.uniform() < 0.85 else sound


def _snr_db(rng: np.random.Generator, high_db: float = 30.0) -> float:
    """LOWEST_SNR_DB to `high_db`; one in seven is 30 to 80 dB, almost digital silence around the sound."""
    return rng.uniform(30, 80) if rng.uniform() < 0.15 else rng.uniform(LOWEST_SNR_DB, high_db)


def _distractor_track(
    rng: np.random.Generator, pool: Pool, ingredients: Ingredients
) -> tuple[Samples, tuple[SoundPlacement, ...]]:
    """One to three distractors at random times, each of them once or twice."""
    track, placed = np.zeros(SEGMENT, np.float32), list[SoundPlacement]()
    for _ in range(int(rng.integers(1, 4))):
        drawn = ingredients.distractor(pool.distractor(rng))
        speed = rng.uniform(0.7, 1.4)  # the recordings hold few cats
        sound = augment.at_peak(augment.faded(augment.change_speed(drawn.samples, speed)), rng.uniform(-12, 0))
        for repeat in range(int(rng.integers(1, 3))):  # a cat miaows twice
            at = int(rng.uniform(-1, 9) * 16000) + repeat * (len(sound) + int(rng.uniform(0, 1) * 16000))
            augment.place(track, sound, at)
            one = SoundPlacement(drawn.kind, drawn.path, drawn.first, at, len(sound), speed * drawn.tempo)
            placed.append(one)
    return track, tuple(placed)


def _background(rng: np.random.Generator, pool: Pool, split: str) -> tuple[Samples, bool]:
    """Bed, and in three of ten segments a lullaby from the speaker; whether it plays."""
    bed = augment.at_peak(pool.bed(rng, SEGMENT)[1], 0)
    if rng.uniform() >= 0.3:
        return bed, False
    lullaby = _reverberated(rng, pool.lullaby(rng, SEGMENT), split)
    return bed + augment.at_snr(lullaby, bed, rng.uniform(0, 30)), True


def _gap(rng: np.random.Generator) -> tuple[int, int]:
    """First and last + 1 sample of digital silence, in one segment of twenty; else (0, 0)."""
    if rng.uniform() >= 0.05:
        return 0, 0
    first = int(rng.integers(0, SEGMENT))
    return first, first + int(rng.uniform(0.05, 4) * 16000)


def pool_of_shard(index: int, split: str) -> Pool:
    """Pool of a shard: odd shards use HARD_ODDS, train shards after a mining round its hard negatives."""
    rounds = [number for first, number in MINING_ROUND_FROM.items() if split_of(split) == "train" and index >= first]
    return load_pool(split, hard=index % 2 == 1, mining_round=max(rounds, default=0))


@dataclass(frozen=True, slots=True)
class Mixture:
    """Sounds of one segment in front of the microphone, each (SEGMENT,), with what they are."""

    background: Samples
    lullaby: bool
    cry: Samples
    cries: tuple[ClipPlacement, ...]
    sounds: Samples
    placed: tuple[SoundPlacement, ...]


def _mixture(rng: np.random.Generator, pool: Pool, split: str, ingredients: Ingredients) -> Mixture:
    """A bed, perhaps a lullaby, perhaps distractors, perhaps a cry."""
    (background, lullaby), with_cry = _background(rng, pool, split), rng.uniform() < CRY_SHARE
    cry = sounds = np.zeros(SEGMENT, np.float32)
    cries, placed = tuple[ClipPlacement, ...](), tuple[SoundPlacement, ...]()
    if not with_cry or rng.uniform() < 0.35:
        dry, placed = _distractor_track(rng, pool, ingredients)
        wet = _reverberated(rng, dry, split)
        sounds = augment.at_snr(wet, background, rng.uniform(LOWEST_SNR_DB, 20) if with_cry else _snr_db(rng))
    if with_cry:
        dry, cries = _cry_track(rng, pool, ingredients)
        cry = augment.at_snr(_reverberated(rng, dry, split), background + sounds, _snr_db(rng))
    return Mixture(background, lullaby, cry, cries, sounds, placed)


def _share(where: NDArray[np.bool_], ends: labels.Ends) -> NDArray[np.float32]:
    """Share of each label window that lies at samples `where`."""
    total = np.concatenate([[0], np.cumsum(where)])
    share = (total[ends] - total[np.maximum(ends - labels.LABEL_WINDOW, 0)]) / labels.LABEL_WINDOW
    return np.asarray(share, np.float32)


def _level_db(track: Samples, ends: labels.Ends) -> NDArray[np.float32]:
    return labels.loudness_db(track, ends).astype(np.float32)


def render_segment(
    rng: np.random.Generator, pool: Pool, split: str = "train", ingredients: Ingredients | None = None
) -> Segment:
    """One segment: a mixture of sounds through one microphone; without `ingredients` that of the recipe `first`."""
    ingredients = ingredients or Ingredients(recipe_of(FIRST), np.random.default_rng(0))
    ends, mixture = labels.label_ends(FRAMES), _mixture(rng, pool, split, ingredients)
    rest, gap, poor = mixture.background + mixture.sounds, _gap(rng), ingredients.poor_microphone()
    recorded = Microphone.draw(rng).record(poor.captured(mixture.cry + rest))
    sent, shut = poor.sent(recorded)
    recorded = recorded if sent is recorded else augment.quantise(sent)
    recorded[slice(*gap)] = 0
    truth = SegmentTruth(
        cries=mixture.cries,
        sounds=mixture.placed,
        cry_db=_level_db(mixture.cry, ends),
        rest_db=_level_db(rest, ends),
        sounds_db=_level_db(mixture.sounds, ends),
        background_db=_level_db(mixture.background, ends),
        shut=_share(shut, ends),
        gap=gap,
        lullaby=mixture.lullaby,
    )
    return Segment(np.nan_to_num(log_mel(recorded)).astype(np.float16), recorded, truth)


def shard_folder(side: str, recipe: str = FIRST) -> Path:
    """Folder of the shards of a side of the split under a recipe."""
    return SHARDS / (side if recipe == FIRST else f"{side}-{recipe}")


def render_shard(
    index: int,
    split: str,
    folder: Path,
    count: int = SEGMENTS_PER_SHARD,
    *,
    recipe: str = FIRST,
    keep_sound: bool = False,
) -> None:
    """Write shard `index`, whole or not at all: mel (count, 998, 64) float16, and beside it the ground truth.

    With `keep_sound` also the waveforms (count, SEGMENT) as 16-bit integers: 82 MB for 256 segments.
    """
    pool, segments = pool_of_shard(index, split), list[Segment]()
    for number in tqdm(range(count), desc=f"shard {index}", unit="segment", leave=False):
        rng, own = np.random.default_rng([SEED, index, number]), np.random.default_rng([SEED, index, number, 1])
        segments.append(render_segment(rng, pool, split, Ingredients(recipe_of(recipe), own)))
    save_truths([segment.truth for segment in segments], folder / f"{index:04}.truth.npz")
    if keep_sound:
        np.save(folder / f"{index:04}.sound.npy", np.stack([as_integers(segment.sound) for segment in segments]))
    partial = folder / f".{index:04}.npy"
    np.save(partial, np.stack([segment.mel for segment in segments]))
    partial.replace(folder / f"{index:04}.mel.npy")


def as_integers(sound: Samples) -> NDArray[np.int16]:
    """Samples of a microphone, which are multiples of 1 / 32768, as integers; nothing is lost."""
    return np.round(sound * 32768).astype(np.int16)


def main() -> None:
    """Render the missing shards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shards", type=int, default=90, help="number of shards in all (each 256 segments, 43 min of sound)"
    )
    parser.add_argument("--split", choices=SIDES, default="train", help="side of the split, see training/data/folds.py")
    parser.add_argument("--recipe", choices=RECIPE_NAMES, default=FIRST, help="ingredients, see training/synthesis")
    parser.add_argument("--first", type=int, default=0, help="first shard to render")
    parser.add_argument(
        "--step", type=int, default=1, help="render every n-th shard (2 with --first 0 and 1: two processes)"
    )
    parser.add_argument("--sound", action="store_true", help="keep the waveforms, for a model that hears those")
    options = parser.parse_args()
    folder = shard_folder(options.split, options.recipe)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = range(options.first, options.shards, options.step)
    for index in tqdm([i for i in wanted if not (folder / f"{i:04}.mel.npy").exists()], desc="shards", unit="shard"):
        render_shard(index, options.split, folder, recipe=options.recipe, keep_sound=options.sound)


if __name__ == "__main__":
    main()
