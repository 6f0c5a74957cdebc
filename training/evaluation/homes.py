"""Simulated homes: one val baby, one confuser (`training.evaluation.home_cast`), and household sounds, day after day.

    python -m training.evaluation.homes                 renders and hears every drawn home once (a day takes 10 s)
    python -m training.evaluation.homes --chosen 12     the same in homes with chosen confusers

A home keeps its rooms, its microphone and three beds. A day is condensed to pieces of 4 minutes, an hour apart: in
some the baby cries in a bout, and about every 25 s something else sounds. Only the results of gate, first stage and
second opinion are kept, so that learning can be simulated in seconds. On the judged day the baby cries in other
recordings than on the days before, and so does a confuser that has several; its pitch and tempo vary from sound to
sound in any case. All sounds are of the manifest's val: neither network has met them.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from training.data.manifest import Clip
from training.data.paths import WORK
from training.data.recordings import Samples, load_audio
from training.evaluation.home_cast import CONFUSERS, LONGEST, SEED, SIDE, Home, add_which, homes_of, val_clips
from training.evaluation.home_hearing import HeardHops, as_arrays, from_arrays, hear_as_daemon, shipped_pair, stacked
from training.synthesis import augment
from training.synthesis.pool import Distractor, Pool, is_certain_cry, load_pool
from training.synthesis.rooms import load_rooms
from training.synthesis.scenes import CryEvent, DistractorEvent, crying_parts
from training.synthesis.warps import change_tempo

T = TypeVar("T")

HOMES_FOLDER: Final = WORK / "homes"
DAYS: Final = 13  # on which the home is learnt
PIECES: Final = 10  # of a day, 40 minutes
JUDGED_PIECES: Final = 36  # of the judged day
CRYING_SHARE: Final = 0.4  # of the pieces
PIECE_S: Final = 240.0
EVERY_DISTRACTOR_S: Final = 25.0
CONFUSER_SHARE: Final = 0.35  # of the distractors; the others are household sounds


@dataclass(frozen=True, slots=True)
class HomePiece:
    """Four minutes of a home as the daemon hears them, with ground truth."""

    heard: HeardHops
    cries: tuple[CryEvent, ...]
    distractors: tuple[DistractorEvent, ...]


@dataclass(frozen=True)
class HomeSound:
    """What sounds in a home, on the learnt days or on the judged one."""

    cries: list[list[Samples]]  # parts of crying, by clip
    confuser: list[Samples]


def _halves(sounds: Sequence[T]) -> tuple[list[T], list[T]]:
    return list(sounds[0::2]), list(sounds[1::2])


@lru_cache(maxsize=1)
def _household(home: Home) -> Pool:
    """Household sounds, beds and lullabies, without the kinds of drawn confusers and the home's own one."""
    pool, distractors = load_pool(SIDE), dict[str, dict[str, list[Clip]]]()
    for kind in sorted(set(pool.distractors) - set(CONFUSERS)):
        others = {group: of for group, of in pool.distractors[kind].items() if group != home.confuser}
        distractors |= {kind: others} if others else {}
    return replace(pool, distractors=distractors)


def _sounds(home: Home) -> tuple[HomeSound, HomeSound]:
    """What sounds on the learnt days and on the judged day: no recording on both."""
    baby = [crying_parts(clip) for clip in val_clips() if clip.group == home.baby and is_certain_cry(clip)]
    confuser = [load_audio(clip.path) for clip in val_clips() if clip.group == home.confuser and clip.label == "neg"]
    lots = zip(_halves(baby), _halves(confuser) if home.other_recordings else (confuser, confuser), strict=True)
    learnt, judged = (HomeSound(cries, others) for cries, others in lots)
    return learnt, judged


def _cry(rng: np.random.Generator, cries: Sequence[Sequence[Samples]]) -> Samples:
    """The baby crying for 4 to 20 s."""
    wanted, parts = int(rng.uniform(4, 20) * SAMPLE_RATE_HZ), list[Samples]()
    while sum(map(len, parts)) < wanted:
        for part in cries[int(rng.integers(len(cries)))]:
            pause = np.zeros(int(rng.uniform(0, 8000)), np.float32)
            parts += [augment.faded(augment.at_peak(part, rng.uniform(-6, 0))), pause]
    return np.trim_zeros(np.concatenate(parts)[:wanted].astype(np.float32), "b")


def _distractor(rng: np.random.Generator, sound: HomeSound, home: Home) -> Distractor:
    if rng.uniform() >= CONFUSER_SHARE:
        return _household(home).distractor(rng)
    chosen = sound.confuser[rng.integers(len(sound.confuser))][:LONGEST]
    varied = augment.change_speed(chosen, rng.uniform(0.92, 1.08))  # no cat miaows twice alike
    return Distractor(home.kind, change_tempo(varied, rng.uniform(0.85, 1.18)))


@dataclass(frozen=True)
class _Studio:
    """What stays the same in a home: rooms, microphone, beds."""

    baby_in: Samples
    others_in: list[Samples]
    microphone: augment.Microphone
    beds: list[Samples]


@lru_cache(maxsize=1)
def _studio(home: Home) -> _Studio:
    rng, rooms = np.random.default_rng([SEED, home.number]), load_rooms("val")
    drawn = [rooms[rng.integers(len(rooms))] for _ in range(4)]
    beds = [_household(home).bed(rng, int(PIECE_S * SAMPLE_RATE_HZ))[1] for _ in range(3)]
    return _Studio(drawn[0], drawn[1:], augment.Microphone.draw(rng), [augment.at_peak(bed, 0) for bed in beds])


def _render(
    rng: np.random.Generator, studio: _Studio, sound: HomeSound, home: Home
) -> tuple[Samples, list[CryEvent], list[DistractorEvent]]:
    """One piece: its samples and ground truth."""
    bed = np.roll(studio.beds[rng.integers(len(studio.beds))], int(rng.integers(1_000_000)))
    level = np.full(1, np.sqrt(np.mean(np.square(bed, dtype=np.float64))), np.float32)  # loudness of the bed
    track, cries, others = bed.copy(), list[CryEvent](), list[DistractorEvent]()
    at_s = rng.uniform(2, EVERY_DISTRACTOR_S)
    while at_s < PIECE_S - 8:
        drawn = _distractor(rng, sound, home)
        one = drawn.samples
        if np.any(one):
            room = studio.others_in[rng.integers(len(studio.others_in))]
            wet = augment.reverberate(np.pad(augment.faded(one), (0, 4000)), room)
            augment.place(track, augment.at_snr(wet, level, rng.uniform(0, 30)), int(at_s * SAMPLE_RATE_HZ))
            others.append(DistractorEvent(at_s, len(one) / SAMPLE_RATE_HZ, drawn.kind))
        at_s += EVERY_DISTRACTOR_S * rng.uniform(0.5, 1.5)
    if rng.uniform() < CRYING_SHARE:
        cries = _add_bout(rng, studio, sound, track, level)
    return studio.microphone.record(track), cries, others


def _add_bout(
    rng: np.random.Generator, studio: _Studio, sound: HomeSound, track: Samples, level: Samples
) -> list[CryEvent]:
    """A bout of crying: two to five cries, 15 to 45 s apart, about as loud as one another."""
    cries, at_s, level_db = list[CryEvent](), rng.uniform(5, 60), rng.uniform(-2, 27)
    for _ in range(rng.integers(2, 6)):
        snr_db, one = level_db + rng.uniform(-3, 3), _cry(rng, sound.cries)
        end_s = at_s + len(one) / SAMPLE_RATE_HZ
        if end_s > PIECE_S:
            break
        wet = augment.reverberate(np.pad(one, (0, 8000)), studio.baby_in)
        augment.place(track, augment.at_snr(wet, level, snr_db), int(at_s * SAMPLE_RATE_HZ))
        cries.append(CryEvent(at_s, end_s, snr_db, "baby", over_lullaby=False))
        at_s = end_s + rng.uniform(15, 45)
    return cries


def _path(home: Home, day: int, pair: str) -> Path:
    return HOMES_FOLDER / pair / f"{home.number:02}-{day:02}.npz"


def has_days(home: Home, days: int, pair: str) -> bool:
    """Whether the first days of a home, so many, and its judged day have been computed."""
    return all(_path(home, day, pair).exists() for day in (*range(days), DAYS))


def pieces_of(home: Home, day: int, pair: str) -> list[HomePiece]:
    """The pieces of a day, 0 to DAYS - 1, or of the judged day DAYS, that `main` has computed."""
    with np.load(_path(home, day, pair)) as kept:
        truths = json.loads(str(kept["truth"]))
        heard = from_arrays({name: kept[name] for name in kept.files if name != "truth"})
    found = []
    for truth, one in zip(truths, heard, strict=True):
        cries = tuple(CryEvent(**each) for each in truth["cries"])
        found.append(HomePiece(one, cries, tuple(DistractorEvent(**each) for each in truth["distractors"])))
    return found


def compute_day(home: Home, day: int, classifier: TfliteClassifier, second: SecondOpinion, pair: str) -> None:
    """Render and hear a day; keeps its hops beside those of the other days."""
    sound = _sounds(home)[day == DAYS]
    studio, truths, heard = _studio(home), [], list[HeardHops]()
    for piece in range(JUDGED_PIECES if day == DAYS else PIECES):
        rng = np.random.default_rng([SEED, home.number, day, piece])
        samples, cries, others = _render(rng, studio, sound, home)
        truths.append({"cries": [asdict(one) for one in cries], "distractors": [asdict(one) for one in others]})
        heard.append(hear_as_daemon(classifier, second, samples))
    path = _path(home, day, pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, truth=json.dumps(truths), **as_arrays(stacked(heard)))  # type: ignore[arg-type]  # as in rivals
    partial.replace(path)


def main() -> None:
    """Compute the missing days of all homes, home by home; the judged day of a home comes first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_which(parser)
    options = parser.parse_args()
    classifier, second, pair = shipped_classifier(), shipped_second_opinion(), shipped_pair()
    wanted = [(home, day) for home in homes_of(options) for day in (DAYS, *range(DAYS))]
    for home, day in tqdm(wanted, unit="day"):
        if not _path(home, day, pair).exists():
            compute_day(home, day, classifier, second, pair)


if __name__ == "__main__":
    main()
