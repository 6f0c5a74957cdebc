"""Adaptation: false alarms of one animal or one door before and after the owner has marked ten of them.

    python -m training.evaluation.adaptation          a table of val groups that raise enough alarms (10 minutes)

Sounds of a val group go through the daemon's pipeline, both stages, in val rooms and beds until they have raised
WANTED_ALARMS. Ten alarms are marked; the other alarms, and val cries, are used to judge what is learnt: by the
classifier's embedding alone, and by those of both networks, as the daemon does. Groups that raise too few alarms are
left out.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.core.events import CryStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.detect.verifier import Mark
from babycryd.detect.verifiers import Verifiers
from training.data.manifest import Clip, by_group
from training.data.paths import WORK
from training.data.recordings import Samples, load_audio
from training.evaluation.detectors import val_clips
from training.evaluation.home_hearing import false_mark, shipped_models
from training.synthesis import augment
from training.synthesis.degraded_clip import degraded, degraded_cry
from training.synthesis.warps import change_tempo

SEED: Final = 41
MARKS_TABLE: Final = WORK / "ten_marks.md"
MARKS: Final = 10
DRAWS: Final = 20  # of the ten
WANTED_ALARMS: Final = 40
MAX_TRIES: Final = 240
PATIENCE: Final = 30  # tries after which a group with fewer than two alarms is given up
KINDS: Final = ("cat", "laughing", "crow", "siren", "rooster", "sheep", "cow", "door_wood_creaks", "debian_scratch14")
VAL_CRIES: Final = 250
LONGEST: Final = 96_000  # samples of a sound: 6 s

Hear = Callable[[Samples], Mark | None]


@dataclass(frozen=True, slots=True)
class AlarmSource:
    """Group of val clips that raise false alarms."""

    group: str
    kind: str
    alarms: list[Mark]
    tries: int  # degraded sounds that were heard


def daemon(threshold: float) -> Hear:
    """The daemon without any mark: the first alarm of a sound, as the owner would mark it false; None without one."""
    classifier, second, settings = shipped_classifier(), shipped_second_opinion(), DetectionSettings(threshold)

    def hear(sound: Samples) -> Mark | None:
        pipeline = Pipeline(settings, classifier, second)
        events = [*pipeline.push(sound, 0.0, 0.0), *pipeline.finish("stopped")]
        return next((false_mark(event) for event in events if isinstance(event, CryStarted)), None)

    return hear


def varied(rng: np.random.Generator, sound: Samples) -> Samples:
    """A piece of a sound in another pitch and tempo, in a val room: no cat miaows twice alike."""
    first = int(rng.integers(max(1, len(sound) - LONGEST + 1)))
    piece = augment.change_speed(sound[first : first + LONGEST], rng.uniform(0.92, 1.08))
    return degraded(rng, change_tempo(piece, rng.uniform(0.85, 1.18)), "val")


def collect_alarms(hear: Hear, clips: Sequence[Clip], seed: int) -> AlarmSource:
    """Hear the clips in turn until they have raised WANTED_ALARMS, at most MAX_TRIES times."""
    rng, found, tries = np.random.default_rng([SEED, seed]), list[Mark](), 0
    while len(found) < WANTED_ALARMS and tries < MAX_TRIES:
        alarm = hear(varied(rng, load_audio(clips[tries % len(clips)].path)))
        found += [] if alarm is None else [alarm]
        tries += 1
        if tries == PATIENCE and len(found) < 2:
            break  # the group is hardly ever taken for a cry
    return AlarmSource(clips[0].group, clips[0].kind, found, tries)


def held_back_share(verifiers: Verifiers, alarms: Sequence[Mark]) -> float:
    """Share of the alarms, 0..1, that are held back."""
    return float(np.mean([verifiers.rejects(one.embedding, one.second) for one in alarms])) if alarms else 0.0


def unheard(alarms: Sequence[Mark]) -> list[Mark]:
    """The alarms as they are where the second opinion has not heard them."""
    return [replace(one, second=None) for one in alarms]


def table_row(case: AlarmSource, cries: Sequence[Mark], known: Callable[[], Verifiers]) -> str:
    """Row of the table: means over draws of ten marks; `known` gives verifiers that have learnt nothing."""
    rng, kept, lost = np.random.default_rng(SEED), list[list[float]](), list[list[float]]()
    for _ in range(DRAWS):
        order = rng.permutation(len(case.alarms))
        marks, rest = ([case.alarms[i] for i in of] for of in (order[:MARKS], order[MARKS:]))
        verifiers = known()
        verifiers.fit(marks)
        kept.append([1 - held_back_share(verifiers, of) for of in (unheard(rest), rest)])
        lost.append([held_back_share(verifiers, of) for of in (unheard(cries), cries)])
    share = len(case.alarms) / case.tries
    after, cost = (np.mean(of, axis=0) for of in (kept, lost))
    cells = [case.group, case.kind, f"{share:.0%}", *(f"{share * one:.0%}" for one in after)]
    return f"| {' | '.join([*cells, *(f'{one:.1%}' for one in cost)])} |"


def main() -> None:
    """Compute, keep and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = DetectionSettings().threshold
    parser.add_argument("--threshold", type=float, default=usual, help="score from which on the alarm is raised")
    hear = daemon(parser.parse_args().threshold)
    heard = [hear(degraded_cry(np.random.default_rng([SEED, 0, i]), "val")) for i in tqdm(range(VAL_CRIES))]
    cries = [one for one in heard if one is not None]
    known = shipped_models().verifiers
    titles = ["group", "kind", "alarms per sound", "after ten marks, by the classifier alone", "by both"]
    titles += ["val cries held back, by the classifier alone", "by both"]
    rows = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    groups = by_group(clip for clip in val_clips() if clip.kind in KINDS)
    for seed, (_, clips) in enumerate(tqdm(sorted(groups.items()), unit="group")):
        case = collect_alarms(hear, clips, seed)
        if len(case.alarms) >= 2 * MARKS:
            rows.append(table_row(case, cries, known))
            tqdm.write(rows[-1])
    MARKS_TABLE.write_text("\n".join([*rows, ""]), encoding="utf-8")
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
