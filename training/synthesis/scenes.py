"""Nursery scenes of 4 minutes with ground truth, in which a baby cries now and then.

    python -m training.synthesis.scenes --hours 4        writes val scenes into training/work/scenes (about 3 minutes)

A scene has one room, one bed, one microphone, a distractor about every 25 s, a cry about every 75 s at an SNR of -5 to
30 dB, and in 40 % of the scenes a lullaby for part of the time. Val scenes hold only val babies, val distractors, val
rooms and val beds; the shipped lullabies sound on both sides. Reviewed clips are cut to their spans of crying
(`training.data.reviews`), so that a cry begins and ends when the ground truth says.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data import levels
from training.data.folds import SIDES, split_of
from training.data.manifest import Clip
from training.data.paths import SCENES
from training.data.recordings import Samples, load_audio
from training.synthesis import augment
from training.synthesis.pool import Pool, load_pool
from training.synthesis.rooms import load_rooms

SEED = 23
SCENE_S = 240.0
EVERY_CRY_S = 75.0
EVERY_DISTRACTOR_S = 25.0
LOWEST_SNR_DB, HIGHEST_SNR_DB = -5.0, 30.0
LONGEST_PAUSE_S = 1.5  # between the cries of one event


@dataclass(frozen=True, slots=True)
class CryEvent:
    """Ground truth of one cry in a scene."""

    onset_s: float
    offset_s: float
    snr_db: float  # against the bed
    group: str  # the baby
    over_lullaby: bool


@dataclass(frozen=True, slots=True)
class DistractorEvent:
    """Ground truth of one distractor in a scene."""

    at_s: float
    duration_s: float
    kind: str


@dataclass(frozen=True)
class Scene:
    """Recording of a scene with its ground truth."""

    samples: Samples
    cries: tuple[CryEvent, ...]
    distractors: tuple[DistractorEvent, ...]
    bed: str  # its kind
    microphone: str  # its kind
    lullaby: bool  # whether one plays for part of the time


def trimmed(samples: Samples) -> Samples:
    """The clip without pauses at its ends, for clips without a review."""
    pieces = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    power = np.square(pieces.astype(np.float64)).mean(axis=1)
    loud = power > levels.sounding_power(samples) * 10 ** (levels.SOUNDING_DB / 10)
    where = np.flatnonzero(loud)
    return samples[where[0] * 1600 : (where[-1] + 1) * 1600] if len(where) else samples


def crying_parts(clip: Clip) -> list[Samples]:
    """Stretches of crying in the clip, none with a pause longer than LONGEST_PAUSE_S between its cries."""
    samples = load_audio(clip.path)
    if clip.review is None or not clip.review.spans_s:
        return [trimmed(samples)]
    joined = [list(clip.review.spans_s[0])]
    for begin_s, end_s in clip.review.spans_s[1:]:
        if begin_s - joined[-1][1] <= LONGEST_PAUSE_S:
            joined[-1][1] = end_s
        else:
            joined.append([begin_s, end_s])
    return [samples[int(begin * SAMPLE_RATE_HZ) : int(end * SAMPLE_RATE_HZ)] for begin, end in joined]


def _cry(rng: np.random.Generator, clips: list[Clip]) -> Samples:
    """One baby crying for 4 to 20 s."""
    wanted, parts = int(rng.uniform(4, 20) * SAMPLE_RATE_HZ), list[Samples]()
    while sum(len(part) for part in parts) < wanted:
        for part in crying_parts(clips[rng.integers(len(clips))]):
            pause = np.zeros(int(rng.uniform(0, 8000)), np.float32)
            parts += [augment.faded(augment.at_peak(part, rng.uniform(-6, 0))), pause]
    return np.trim_zeros(np.concatenate(parts)[:wanted].astype(np.float32), "b")


def _times_s(rng: np.random.Generator, every_s: float) -> list[float]:
    """Times about `every_s` apart, the first one random."""
    times, at_s = [], rng.uniform(2, every_s)
    while at_s < SCENE_S - 8:
        times.append(at_s)
        at_s += every_s * rng.uniform(0.5, 1.5)
    return times


def _add_distractors(
    rng: np.random.Generator, pool: Pool, room: Samples, track: Samples, bed: Samples
) -> list[DistractorEvent]:
    events = []
    for at_s in _times_s(rng, EVERY_DISTRACTOR_S):
        drawn = pool.distractor(rng)
        sound = drawn.samples
        if not np.any(sound):
            continue
        wet = augment.reverberate(np.pad(augment.faded(sound), (0, 4000)), room)
        augment.place(track, augment.at_snr(wet, bed, rng.uniform(0, 30)), int(at_s * SAMPLE_RATE_HZ))
        events.append(DistractorEvent(at_s, len(sound) / SAMPLE_RATE_HZ, drawn.kind))
    return events


def _add_cries(
    rng: np.random.Generator, pool: Pool, room: Samples, track: Samples, bed: Samples, lullaby: Samples
) -> list[CryEvent]:
    events: list[CryEvent] = []
    for planned_s in _times_s(rng, EVERY_CRY_S):
        at_s = max(planned_s, events[-1].offset_s + 15) if events else planned_s
        clips, snr_db = pool.cry_group(rng), rng.uniform(LOWEST_SNR_DB, HIGHEST_SNR_DB)
        sound = _cry(rng, clips)
        end_s, first = at_s + len(sound) / SAMPLE_RATE_HZ, int(at_s * SAMPLE_RATE_HZ)
        if end_s > SCENE_S:
            break
        wet = augment.reverberate(np.pad(sound, (0, 8000)), room)
        augment.place(track, augment.at_snr(wet, bed, snr_db), first)
        events.append(CryEvent(at_s, end_s, snr_db, clips[0].group, bool(np.any(lullaby[first : first + len(sound)]))))
    return events


def _lullaby(rng: np.random.Generator, pool: Pool, bed: Samples) -> Samples:
    """A lullaby for part of the time, 0 to 20 dB over the bed, in 40 % of the scenes; else silence."""
    if rng.uniform() > 0.4:
        return np.zeros_like(bed)
    music = augment.at_snr(pool.lullaby(rng, len(bed)), bed, rng.uniform(0, 20))
    begin, end = np.sort(rng.integers(0, len(bed), 2))
    music[:begin] = 0
    music[end:] = 0
    return music


@dataclass(frozen=True)
class SceneParts:
    """What a scene is mixed from, before the microphone, and its ground truth."""

    crying: Samples
    rest: Samples  # bed, lullaby and distractors
    cries: tuple[CryEvent, ...]
    distractors: tuple[DistractorEvent, ...]
    bed: str  # its kind
    lullaby: bool


def scene_rng(side: str, index: int) -> np.random.Generator:
    """Generator of scene `index` of a side, the same on every run."""
    return np.random.default_rng([SEED, split_of(side) == "val", index])


def make_parts(rng: np.random.Generator, side: str) -> SceneParts:
    """The parts of one scene of SCENE_S seconds. The SNR of a cry is against the bed alone."""
    pool, rooms = load_pool(side), load_rooms(side)
    n = int(SCENE_S * SAMPLE_RATE_HZ)
    bed_kind, bed = pool.bed(rng, n)
    bed = augment.at_peak(bed, 0)
    baby_in, others_in, speaker_in = (rooms[rng.integers(len(rooms))] for _ in range(3))
    lullaby = augment.reverberate(_lullaby(rng, pool, bed), speaker_in)
    rest, crying = bed + lullaby, np.zeros_like(bed)
    distractors = _add_distractors(rng, pool, others_in, rest, bed)
    plays = np.where(np.abs(lullaby) > 1e-4, 1, 0).astype(np.float32)
    cries = _add_cries(rng, pool, baby_in, crying, bed, plays)
    return SceneParts(crying, rest, tuple(cries), tuple(distractors), bed_kind, bool(np.any(lullaby)))


def make_scene(rng: np.random.Generator, side: str) -> Scene:
    """One scene, as a microphone records it."""
    parts = make_parts(rng, side)
    microphone = augment.Microphone.draw(rng)
    recorded = microphone.record(parts.rest + parts.crying)
    return Scene(recorded, parts.cries, parts.distractors, parts.bed, microphone.kind, parts.lullaby)


def save_scene(scene: Scene, path: Path) -> None:
    """Write a scene as FLAC, with its ground truth as JSON beside it."""
    truth = {
        "bed": scene.bed,
        "microphone": scene.microphone,
        "lullaby": scene.lullaby,
        "cries": [asdict(cry) for cry in scene.cries],
        "distractors": [asdict(event) for event in scene.distractors],
    }
    soundfile.write(path, scene.samples, SAMPLE_RATE_HZ, subtype="PCM_16")
    path.with_suffix(".json").write_text(json.dumps(truth, indent=1), encoding="utf-8")


def load_scene(path: Path) -> Scene:
    """A scene saved by `save`."""
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    cries = tuple(CryEvent(**cry) for cry in truth.pop("cries"))
    distractors = tuple(DistractorEvent(**one) for one in truth.pop("distractors"))
    return Scene(soundfile.read(path, dtype="float32")[0], cries, distractors, **truth)


def scene_paths(side: str, hours: float | None = None) -> list[Path]:
    """Paths of the scenes of one side of the split that were written: all of them, or so many hours at most."""
    return sorted((SCENES / side).glob("*.flac"))[: None if hours is None else round(hours * 3600 / SCENE_S)]


def write_missing(side: str, hours: float) -> None:
    """Write the scenes of a side that are missing for so many hours; scene i is the same on every run."""
    folder = SCENES / side
    folder.mkdir(parents=True, exist_ok=True)
    for index in tqdm(range(round(hours * 3600 / SCENE_S)), desc=f"{side} scenes", unit="scene"):
        path = folder / f"{index:03}.flac"
        if not path.with_suffix(".json").exists():
            save_scene(make_scene(scene_rng(side, index), side), path)


def main() -> None:
    """Write the missing scenes of one side of the split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=4.0, help="length of all scenes together")
    parser.add_argument("--split", choices=SIDES, default="val", help="side of the split, see training/data/folds.py")
    options = parser.parse_args()
    write_missing(options.split, options.hours)


if __name__ == "__main__":
    main()
