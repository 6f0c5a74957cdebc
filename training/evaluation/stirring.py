"""Stirring on val: how much fussing is found, how soon, and how often it is said for no reason.

    python -m training.evaluation.stirring                 the head in the card of the shipped model (2 minutes)
    python -m training.evaluation.stirring --leave-out     also heads that do not know the baby (10 minutes more)

Fussing is that of `training.synthesis.fussing`. False is stirring in val scenes that begins neither within a cry nor in
the 10 s after one. The gate is left out, and stirring within crying counts as if no cry were recognised.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.core.events import CryStarted
from babycryd.core.stirring_events import StirringStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import Classifier, Scored
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.stirring import FussHead, StirringTracker
from babycryd.detect.tflite import shipped_classifier, shipped_fuss_head
from training.data.manifest import Clip
from training.evaluation.heard_scenes import HeardScene, heard_scenes
from training.evaluation.metrics import LINGER_S, bootstrap, vote_scores, window_ends_s
from training.evaluation.scoring import VotedScene, cry_outcomes
from training.model.fuss_head import (
    DISTRACTORS,
    SEED,
    SIDE,
    HeardFussing,
    examples_of,
    fit,
    hear_fussing,
    other_sounds,
)
from training.model.fuss_head import RECORDINGS_OF_A_BABY as TRAIN_RECORDINGS_OF_A_BABY
from training.synthesis.fussing import fussing_babies, make_recording

SIDES: Final = ("shipped-val", "unseen-val")
RECORDINGS_OF_A_BABY: Final = 100
FOLDS: Final = 3  # of train babies
AFTER_CRY_S: Final = 10.0
_BANDS_DB: Final = ((0, 10), (10, 20), (20, 30))


@dataclass(frozen=True, slots=True)
class FussingOutcome:
    """Result for one recording of fussing."""

    group: str  # the baby
    snr_db: float
    latency_s: float | None  # of stirring, from the first whimper on; None: missed
    cry: bool  # whether the first stage alone takes it for a cry


def outcome(heard: HeardFussing, head: FussHead) -> FussingOutcome:
    """Result for a recording."""
    told = stirrings_s(heard.embeddings, head)
    spans_s = heard.recording.spans_s
    begin_s, end_s = spans_s[0][0], spans_s[-1][1] + LINGER_S
    late_s = [at_s - begin_s for at_s in told if begin_s <= at_s <= end_s]
    crying = bool(vote_scores(heard.scores).max() >= DetectionSettings().threshold)
    return FussingOutcome(heard.recording.group, heard.recording.snr_db, late_s[0] if late_s else None, crying)


def stirrings_s(embeddings: NDArray[np.float32], head: FussHead) -> list[float]:
    """Beginnings of stirring in a recording, as if no cry were recognised and the gate were always open."""
    tracker, found = StirringTracker(head), list[float]()
    for embedding, at_s in zip(embeddings, window_ends_s(len(embeddings)).tolist(), strict=True):
        event = tracker.update(Scored(0.0, embedding), at_s, allowed=True)
        found += [at_s] if isinstance(event, StirringStarted) else []
    return found


def is_false(scene: VotedScene, at_s: float) -> bool:
    """Whether stirring that begins at `at_s` is neither within a cry nor soon after one."""
    return not any(cry.onset_s <= at_s <= cry.offset_s + AFTER_CRY_S for cry in scene.cries)


def cause(scene: VotedScene, at_s: float) -> str:
    """Kind of the distractor that sounded up to 4 s before, or "bed"."""
    kinds = [one.kind for one in scene.distractors if one.at_s <= at_s <= one.at_s + one.duration_s + 4]
    return kinds[-1] if kinds else "bed"


def _share(outcomes: Sequence[FussingOutcome]) -> str:
    """Share that was found, with its interval over babies, and the latency."""
    found = [one.latency_s for one in outcomes if one.latency_s is not None]
    by_baby = [[one.latency_s is not None for one in outcomes if one.group == group] for group in _groups(outcomes)]
    low, high = bootstrap(by_baby, lambda drawn: float(np.mean(np.concatenate(drawn))))
    latency = f"{np.median(found):.2f} s, 95 % {np.percentile(found, 95):.1f} s" if found else "none"
    crying = np.mean([one.cry for one in outcomes])
    return f"{len(found) / len(outcomes):.3f} ({low:.2f} to {high:.2f}) | {latency} | {crying:.3f}"


def _groups(outcomes: Sequence[FussingOutcome]) -> list[str]:
    return sorted({one.group for one in outcomes})


def fussing_table(outcomes: Sequence[FussingOutcome]) -> str:
    """Markdown table: all, by SNR, by baby."""
    rows = {"all": list(outcomes)}
    for low, high in _BANDS_DB:
        rows[f"{low} to {high} dB"] = [one for one in outcomes if low <= one.snr_db < high]
    rows |= {group: [one for one in outcomes if one.group == group] for group in _groups(outcomes)}
    lines = ["| fussing | recordings | found | latency: median | taken for a cry |", "|---" * 5 + "|"]
    return "\n".join([*lines, *(f"| {name} | {len(some)} | {_share(some)} |" for name, some in rows.items() if some)])


def scenes_line(scenes: Iterable[HeardScene], head: FussHead, side: str) -> str:
    """Line about all scenes of a side: false stirrings, their causes, and missed cries in which it stirs."""
    false, missed, stirred, hours = list[str](), 0, 0, 0.0
    for heard in scenes:
        truth, stirs_s = replace(heard.truth, voted=vote_scores(heard.scores)), stirrings_s(heard.embeddings, head)
        hours += truth.duration_s / 3600
        false += [cause(truth, at_s) for at_s in stirs_s if is_false(truth, at_s)]
        for one in cry_outcomes([truth], DetectionSettings().threshold):
            if one.latency_s is None:
                missed += 1
                stirred += any(one.cry.onset_s <= at_s <= one.cry.offset_s + LINGER_S for at_s in stirs_s)
    causes = ", ".join(f"{kind} {count}" for kind, count in Counter(false).most_common())
    return (
        f"{side}: {len(false)} false stirrings in {hours:.1f} h, {len(false) / hours:.2f} an hour "
        f"({causes or 'none'}); it stirs in {stirred} of {missed} cries that the first stage alone misses"
    )


def left_out(classifier: Classifier, recordings: Sequence[HeardFussing], likely: float) -> list[FussingOutcome]:
    """Results for each train baby with a head that does not know it; the threshold stays `likely`."""
    others, babies = (
        other_sounds(classifier, range(0, DISTRACTORS, 4)),
        sorted({one.recording.group for one in recordings}),
    )
    found = []
    for fold in range(FOLDS):
        unknown = babies[fold::FOLDS]
        known = [examples_of(one) for one in recordings if one.recording.group not in unknown]
        head = FussHead(fit([*known, *others]), likely)
        found += [outcome(one, head) for one in recordings if one.recording.group in unknown]
    return found


def in_the_daemon(classifier: Classifier, head: FussHead, count: int) -> str:
    """Line about recordings of all babies through the daemon's pipeline: what is said first, stirring or crying."""
    babies, second, said = list[tuple[str, int, list[Clip]]](), shipped_second_opinion(), Counter[str]()
    for split in ("train", "val"):
        babies += [(split, number, clips) for number, (_, clips) in enumerate(sorted(fussing_babies(split).items()))]
    for index in range(count):
        split, number, clips = babies[index % len(babies)]
        rng = np.random.default_rng([SEED, split == "val", number, index // len(babies)])
        samples = make_recording(rng, clips, "shipped-val").samples
        events = Pipeline(DetectionSettings(), classifier, second, head).push(samples, 0.0, 0.0)
        kinds = [type(event).__name__ for event in events if isinstance(event, StirringStarted | CryStarted)]
        said[" then ".join(kinds[:2]) or "nothing"] += 1
    return f"in the daemon, {count} recordings: " + ", ".join(f"{what} {n}" for what, n in said.most_common())


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leave-out", action="store_true", help="also train babies, by heads that do not know them")
    options = parser.parse_args()
    classifier, head = shipped_classifier(), shipped_fuss_head()
    if head is None:
        raise SystemExit("the card has no weights of fussing; run: python -m training.release.stirring")
    heard = hear_fussing(classifier, "val", "shipped-val", RECORDINGS_OF_A_BABY)
    print(fussing_table([outcome(one, head) for one in heard]), flush=True)
    if options.leave_out:
        train = hear_fussing(classifier, "train", SIDE, TRAIN_RECORDINGS_OF_A_BABY)
        unknown = left_out(classifier, train, head.likely)
        print(f"\nTrain babies, by heads that do not know them:\n\n{fussing_table(unknown)}", flush=True)
    print(f"\n{in_the_daemon(classifier, head, 60)}\n", flush=True)
    for side in SIDES:
        print(scenes_line(heard_scenes(classifier, [side]), head, side), flush=True)


if __name__ == "__main__":
    main()
