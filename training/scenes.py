"""Nursery scenes with ground truth: hours of a room in which, now and then, a baby cries.

    python -m training.scenes --hours 2        writes val scenes into training/work/scenes (about 2 minutes)

Each scene is one room, one bed, for 40 % of them a lullaby that plays on and off, a distractor about
every 25 s (cats not thinned), and a cry about every 75 s at an SNR of 0 to 30 dB. Val scenes hold val babies,
val distractors, val rooms and val beds only (the shipped lullabies sound on both sides: they are ours).
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from babycryd.detect.features import SAMPLE_RATE_HZ
from training import augment
from training.data import Clip, Samples, load_audio
from training.paths import SCENES
from training.pool import Pool, load_pool
from training.rooms import load_rooms

SEED = 23
SCENE_S = 240.0
EVERY_CRY_S = 75.0
EVERY_DISTRACTOR_S = 25.0
# Within a cry clip, sound counts as begun where a 0.1 s piece comes within this of the clip's loud half.
ONSET_DB = -20.0


@dataclass(frozen=True, slots=True)
class CryEvent:
    """A cry in a scene."""

    onset_s: float
    offset_s: float
    snr_db: float
    group: str
    over_lullaby: bool


@dataclass(frozen=True, slots=True)
class DistractorEvent:
    """Something else in a scene."""

    at_s: float
    duration_s: float
    kind: str


@dataclass(frozen=True)
class Scene:
    """What the microphone heard and what there was to hear."""

    samples: Samples
    cries: tuple[CryEvent, ...]
    distractors: tuple[DistractorEvent, ...]


def trimmed(samples: Samples) -> Samples:
    """From where the sound begins to where it ends: the pauses around a cry are not part of it."""
    pieces = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    loud = augment.db(np.square(pieces).mean(axis=1)) > augment.db(augment.loud_power(samples)) + ONSET_DB
    where = np.flatnonzero(loud)
    return samples[where[0] * 1600 : (where[-1] + 1) * 1600] if len(where) else samples


def _cry(rng: np.random.Generator, clips: list[Clip]) -> Samples:
    """One baby for 4 to 20 s."""
    wanted, parts = int(rng.uniform(4, 20) * SAMPLE_RATE_HZ), list[Samples]()
    while sum(len(part) for part in parts) < wanted:
        clip = clips[rng.integers(len(clips))]
        parts += [
            augment.faded(augment.at_peak(trimmed(load_audio(clip.path)), 0)),
            np.zeros(int(rng.uniform(0, 8000)), np.float32),
        ]
    return trimmed(np.concatenate(parts)[:wanted].astype(np.float32))


def _times_s(rng: np.random.Generator, every_s: float) -> list[float]:
    """Moments about `every_s` apart, the first one random."""
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
        kind, sound = pool.distractor(rng)
        if not np.any(sound):
            continue
        wet = augment.reverberate(np.pad(augment.faded(sound), (0, 4000)), room)
        augment.place(track, augment.at_snr(wet, bed, rng.uniform(0, 30)), int(at_s * SAMPLE_RATE_HZ))
        events.append(DistractorEvent(at_s, len(sound) / SAMPLE_RATE_HZ, kind))
    return events


def _add_cries(
    rng: np.random.Generator, pool: Pool, room: Samples, track: Samples, bed: Samples, lullaby: Samples
) -> list[CryEvent]:
    events: list[CryEvent] = []
    for planned_s in _times_s(rng, EVERY_CRY_S):
        at_s = max(planned_s, events[-1].offset_s + 15) if events else planned_s
        clips, snr_db = pool.cry_group(rng), rng.uniform(0, 30)
        sound = _cry(rng, clips)
        end_s, first = at_s + len(sound) / SAMPLE_RATE_HZ, int(at_s * SAMPLE_RATE_HZ)
        if end_s > SCENE_S:
            break
        wet = augment.reverberate(np.pad(sound, (0, 8000)), room)
        augment.place(track, augment.at_snr(wet, bed, snr_db), first)
        events.append(CryEvent(at_s, end_s, snr_db, clips[0].group, bool(np.any(lullaby[first : first + len(sound)]))))
    return events


def _lullaby(rng: np.random.Generator, pool: Pool, bed: Samples) -> Samples:
    """A speaker that plays for a while and stops, in 40 % of the scenes, at 0 to 20 dB over the bed."""
    if rng.uniform() > 0.4:
        return np.zeros_like(bed)
    music = augment.at_snr(pool.lullaby(rng, len(bed)), bed, rng.uniform(0, 20))
    begin, end = np.sort(rng.integers(0, len(bed), 2))
    music[:begin] = 0
    music[end:] = 0
    return music


def make_scene(rng: np.random.Generator, split: str) -> Scene:
    """One scene of SCENE_S seconds. The SNR of a cry is against the bed (not against lullaby or distractors)."""
    pool, rooms = load_pool(split), load_rooms(split)
    n = int(SCENE_S * SAMPLE_RATE_HZ)
    bed = augment.at_peak(pool.bed(rng, n), 0)
    baby_in, others_in, speaker_in = (rooms[rng.integers(len(rooms))] for _ in range(3))
    lullaby = augment.reverberate(_lullaby(rng, pool, bed), speaker_in)
    track = bed + lullaby
    distractors = _add_distractors(rng, pool, others_in, track, bed)
    cries = _add_cries(rng, pool, baby_in, track, bed, np.where(np.abs(lullaby) > 1e-4, 1, 0).astype(np.float32))
    return Scene(augment.Microphone.draw(rng).hear(track), tuple(cries), tuple(distractors))


def save(scene: Scene, path: Path) -> None:
    """As FLAC with the truth beside it."""
    truth = {
        "cries": [asdict(cry) for cry in scene.cries],
        "distractors": [asdict(event) for event in scene.distractors],
    }
    path.with_suffix(".json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    soundfile.write(path, scene.samples, SAMPLE_RATE_HZ, subtype="PCM_16")


def load(path: Path) -> Scene:
    """A scene saved by `save`."""
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    cries = tuple(CryEvent(**cry) for cry in truth["cries"])
    return Scene(
        soundfile.read(path, dtype="float32")[0], cries, tuple(DistractorEvent(**one) for one in truth["distractors"])
    )


def scene_paths(split: str) -> list[Path]:
    """Scenes that are there."""
    return sorted((SCENES / split).glob("*.flac"))


def main() -> None:
    """Write scenes of one side of the split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0, help="how long all scenes together are")
    parser.add_argument("--split", choices=["train", "val"], default="val")
    options = parser.parse_args()
    folder = SCENES / options.split
    folder.mkdir(parents=True, exist_ok=True)
    for index in tqdm(range(round(options.hours * 3600 / SCENE_S)), desc="scenes", unit="scene"):
        path = folder / f"{index:03}.flac"
        if not path.with_suffix(".json").exists():
            save(make_scene(np.random.default_rng([SEED, options.split == "val", index]), options.split), path)


if __name__ == "__main__":
    main()
