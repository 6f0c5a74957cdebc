"""Adaptation: false alarms of one animal or one door before and after the owner has marked ten of them.

    python -m training.evaluation.adaptation          a table of val groups that raise enough alarms (5 minutes)

Sounds of a val group are scored in val rooms and beds until they have raised WANTED_ALARMS. Ten alarms are marked; the
other alarms and val cries are used to judge the verifier. Groups that raise too few alarms are left out.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from babycryd.detect.verifier import Mark, Verifier
from training.data.manifest import Clip, by_group
from training.data.paths import MODELS, WORK
from training.data.recordings import load_audio
from training.evaluation.detectors import val_clips
from training.evaluation.scene_runs import daemon_figures
from training.model.alarm_embedding import at_alarm
from training.model.streaming import scores_and_embeddings
from training.synthesis.degraded_clip import degraded, degraded_cry

SEED: Final = 41
MARKS_TABLE: Final = WORK / "ten_marks.md"
MARKS: Final = 10
WANTED_ALARMS: Final = 40
MAX_TRIES: Final = 160
PATIENCE: Final = 20  # tries after which a group with fewer than two alarms is given up
KINDS: Final = ("cat", "laughing", "crow", "siren", "rooster", "sheep", "cow", "door_wood_creaks", "debian_scratch14")
VAL_CRIES: Final = 250
DRAWS_ON_SCENES: Final = 2  # of five draws; each takes half a minute

Embeddings = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AlarmSource:
    """Group of val clips that raise false alarms."""

    group: str
    kind: str
    alarms: Embeddings  # (n, 64), one an alarm
    tries: int  # degraded clips that were scored


def collect_alarms(classifier: TfliteClassifier, clips: Sequence[Clip], threshold: float, seed: int) -> AlarmSource:
    """Score the clips in turn until they have raised WANTED_ALARMS, at most MAX_TRIES times."""
    rng, found, tries = np.random.default_rng([SEED, seed]), list[Embeddings](), 0
    while len(found) < WANTED_ALARMS and tries < MAX_TRIES:
        sound = degraded(rng, load_audio(clips[tries % len(clips)].path), "val")
        embedding = at_alarm(*scores_and_embeddings(classifier, sound), threshold)
        found += [] if embedding is None else [embedding]
        tries += 1
        if tries == PATIENCE and len(found) < 2:
            break  # the group is hardly ever taken for a cry
    return AlarmSource(clips[0].group, clips[0].kind, np.array(found, np.float32).reshape(-1, 64), tries)


def held_back_share(verifier: Verifier, embeddings: Embeddings) -> float:
    """Share of the alarms, 0..1, that the verifier holds back."""
    return float(np.mean([verifier.rejects(one) for one in embeddings])) if len(embeddings) else 0.0


def table_row(
    case: AlarmSource, reference: NDArray[np.floating], cries: Embeddings, recall: Callable[[Sequence[Mark]], float]
) -> str:
    """Row of the table: means over five draws of ten marks; two draws also run all scenes through the daemon."""
    rng, kept, lost, found = np.random.default_rng(SEED), list[float](), list[float](), list[float]()
    for draw in range(5):
        order = rng.permutation(len(case.alarms))
        marks = [Mark(case.alarms[i], cry=False) for i in order[:MARKS]]
        verifier = Verifier(reference)
        verifier.fit(marks)
        kept.append(1 - held_back_share(verifier, case.alarms[order[MARKS:]]))
        lost.append(held_back_share(verifier, cries))
        found += [recall(marks)] if draw < DRAWS_ON_SCENES else []
    share = len(case.alarms) / case.tries
    cells = [case.group, case.kind, f"{share:.0%}", f"{share * np.mean(kept):.0%}", f"{np.mean(lost):.1%}"]
    return f"| {' | '.join(cells)} | {np.mean(found):.1%} |"


def main() -> None:
    """Compute, keep and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    threshold = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))["threshold"]
    parser.add_argument("--threshold", type=float, default=threshold, help="score from which on the alarm is raised")
    options = parser.parse_args()
    classifier = shipped_classifier()
    cries = [
        at_alarm(*scores_and_embeddings(classifier, sound), options.threshold)
        for sound in (degraded_cry(np.random.default_rng([SEED, 0, i]), "val") for i in tqdm(range(VAL_CRIES)))
    ]
    found = np.array([one for one in cries if one is not None])
    titles = ["group", "kind", "alarms per sound", "after ten marks", "val cries held back"]
    titles += ["recall on val scenes after ten marks"]
    rows = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]

    def recall(marks: Sequence[Mark]) -> float:
        return daemon_figures(classifier, options.threshold, marks)["recall"]

    before = recall([])
    groups = by_group(clip for clip in val_clips() if clip.kind in KINDS)
    for seed, (_, clips) in enumerate(tqdm(sorted(groups.items()), unit="group")):
        case = collect_alarms(classifier, clips, options.threshold, seed)
        if len(case.alarms) >= 2 * MARKS:
            rows.append(f"{table_row(case, classifier.reference, found, recall)[:-2]} (was {before:.1%}) |")
    MARKS_TABLE.write_text("\n".join([*rows, ""]), encoding="utf-8")
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
