"""Degraded training segments: 10 s of a room, its features and its soft labels, in shards on the disk.

    python -m training.render --shards 100              about 11 s a shard of 256 segments on one core
    python -m training.render --split val --shards 2

Training may run meanwhile: it picks up every shard that is complete. Shard i is the same on every
run with the same sounds; `--first` lets several processes share the work.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.features import log_mel
from training import augment, labels
from training.augment import Microphone
from training.data import Samples, load_audio
from training.paths import SHARDS
from training.pool import Pool, load_pool
from training.rooms import load_rooms
from training.teacher import load_curves

SEED = 7
SEGMENT = 160_000  # samples: 10 s
SEGMENTS_PER_SHARD = 256
CRY_SHARE = 0.5
HARD_FROM = 60  # shards from this one on draw distractors by HARD_ODDS: a second round, after a first student


@dataclass(frozen=True, slots=True)
class Segment:
    """What the model learns from."""

    mel: NDArray[np.float16]  # (998, 64) natural log
    soft: NDArray[np.float32]  # (76, 2) target and weight of the windows that start every 12 frames


@dataclass(slots=True)
class Cry:
    """A baby in the segment, before the room."""

    dry: Samples
    soft: labels.Soft


def _cry_track(rng: np.random.Generator, pool: Pool, starts: NDArray[np.int64]) -> Cry:
    """One baby crying: its clips one after another with pauses, from before the start or from later on."""
    clips, speed = pool.cry_group(rng), rng.uniform(0.87, 1.13)
    track, found, at = np.zeros(SEGMENT, np.float32), [], int(rng.uniform(-5, 6) * 16000)
    while at < SEGMENT:
        clip = clips[rng.integers(len(clips))]
        sound = augment.at_peak(augment.faded(augment.change_speed(load_audio(clip.path), speed)), rng.uniform(-6, 0))
        augment.place(track, sound, at)
        found.append(labels.of_clip(clip, load_curves()[clip.path], sound, at, speed, starts))
        at += len(sound) + int(rng.exponential(1.5) * 16000)
        if rng.uniform() < 0.4:
            break
    return Cry(track, labels.together(found, len(starts)))


def _in_a_room(rng: np.random.Generator, sound: Samples, split: str) -> Samples:
    rooms = load_rooms(split)
    return augment.reverberate(sound, rooms[rng.integers(len(rooms))]) if rng.uniform() < 0.85 else sound


def _snr_db(rng: np.random.Generator, high_db: float = 30.0) -> float:
    """-2 dB to `high_db`; one in seven stands in (almost) digital silence, as a trimmed clip does."""
    return rng.uniform(30, 80) if rng.uniform() < 0.15 else rng.uniform(-2, high_db)


def _distractor_track(rng: np.random.Generator, pool: Pool) -> Samples:
    """One to three things that are not a cry, each in its place; now and then one mixed with another."""
    track = np.zeros(SEGMENT, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        sound = pool.distractor(rng)[1]
        speed = rng.uniform(0.87, 1.13)
        sound = augment.at_peak(augment.faded(augment.change_speed(sound, speed)), rng.uniform(-12, 0))
        for repeat in range(int(rng.integers(1, 3))):  # a cat miaows twice
            at = int(rng.uniform(-1, 9) * 16000) + repeat * (len(sound) + int(rng.uniform(0, 1) * 16000))
            augment.place(track, sound, at)
    return track


def _background(rng: np.random.Generator, pool: Pool, split: str) -> Samples:
    """Noise floor, and in three of ten segments a lullaby from the speaker."""
    bed = augment.at_peak(pool.bed(rng, SEGMENT), 0)
    if rng.uniform() < 0.3:
        lullaby = _in_a_room(rng, pool.lullaby(rng, SEGMENT), split)
        bed = bed + augment.at_snr(lullaby, bed, rng.uniform(0, 30))
    return bed


def _with_gaps(rng: np.random.Generator, heard: Samples, soft: labels.Soft, starts: NDArray[np.int64]) -> labels.Soft:
    """Digital silence in one segment of twenty, in place; windows it touches lose their vote unless negative."""
    if rng.uniform() < 0.05:
        first = int(rng.integers(0, SEGMENT))
        last = first + int(rng.uniform(0.05, 4) * 16000)
        heard[first:last] = 0
        touched = (starts < last) & (starts + 15600 > first) & (soft[:, 0] > 0)
        soft = soft.copy()
        soft[touched, 1] = 0
    return soft


def render_segment(rng: np.random.Generator, split: str = "train", *, hard: bool = False) -> Segment:
    """One segment: bed, perhaps a lullaby, perhaps a cry at -2 to 30 dB, perhaps distractors; then the microphone."""
    pool, starts = load_pool(split, hard=hard), labels.window_starts(998)
    rest, with_cry = _background(rng, pool, split), rng.uniform() < CRY_SHARE
    soft, cry = labels.together([], len(starts)), np.zeros(SEGMENT, np.float32)
    if not with_cry or rng.uniform() < 0.35:
        distractors = _in_a_room(rng, _distractor_track(rng, pool), split)
        rest = rest + augment.at_snr(distractors, rest, rng.uniform(-2, 20) if with_cry else _snr_db(rng))
    if with_cry:
        drawn = _cry_track(rng, pool, starts)
        cry = augment.at_snr(_in_a_room(rng, drawn.dry, split), rest, _snr_db(rng))
        soft = labels.as_audible(drawn.soft, cry, rest, starts)
    heard = Microphone.draw(rng).hear(cry + rest)
    soft = _with_gaps(rng, heard, soft, starts)
    mel = np.nan_to_num(log_mel(heard))
    return Segment(mel.astype(np.float16), soft.astype(np.float32))


def render_shard(index: int, split: str, folder: Path, count: int = SEGMENTS_PER_SHARD) -> None:
    """Write shard `index`, complete or not at all: mel (count, 998, 64) float16 and soft (count, 76, 2)."""
    seeds = tqdm(range(count), desc=f"shard {index}", unit="segment", leave=False)
    segments = [render_segment(np.random.default_rng([SEED, index, i]), split, hard=index >= HARD_FROM) for i in seeds]
    np.save(folder / f"{index:04}.soft.npy", np.stack([segment.soft for segment in segments]))
    partial = folder / f".{index:04}.npy"
    np.save(partial, np.stack([segment.mel for segment in segments]))
    partial.replace(folder / f"{index:04}.mel.npy")


def main() -> None:
    """Render the shards that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=90, help="how many shards in all (256 segments, 43 min of sound)")
    parser.add_argument(
        "--split", choices=["train", "val"], default="train", help="val: what training watches itself by"
    )
    parser.add_argument("--first", type=int, default=0, help="render from this shard on")
    parser.add_argument("--step", type=int, default=1, help="and every so many (2 with --first 0 and 1: two processes)")
    options = parser.parse_args()
    folder = SHARDS / options.split
    folder.mkdir(parents=True, exist_ok=True)
    wanted = range(options.first, options.shards, options.step)
    for index in tqdm([i for i in wanted if not (folder / f"{i:04}.mel.npy").exists()], desc="shards", unit="shard"):
        render_shard(index, options.split, folder)


if __name__ == "__main__":
    main()
