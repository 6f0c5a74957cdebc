"""Stirring on val: how much fussing is found, how soon, and how often it is said for no reason.

    python -m training.evaluation.stirring                 the head in the card of the shipped model (2 minutes)
    python -m training.evaluation.stirring --leave-out     also heads that do not know the baby (10 minutes more)

Fussing is that of `training.synthesis.fussing`, through the daemon's whole pipeline. False is stirring in val scenes
that begins neither within a cry nor in the 10 s after one; there the gate is left out.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.core.events import CryStarted
from babycryd.core.stirring_events import StirringStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import Classifier, Scored
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.stirring import FussHead, StirringTracker
from babycryd.detect.tflite import shipped_classifier, shipped_fuss_head
from training.data.recordings import Samples
from training.evaluation.heard_scenes import HeardScene, heard_scenes
from training.evaluation.metrics import LINGER_S, bootstrap, vote_scores, window_ends_s
from training.evaluation.scoring import VotedScene, cry_outcomes
from training.model.fuss_head import examples, fit
from training.synthesis.fussing import FussingRecording, fussing_babies, make_recording

SEED: Final = 71
SIDES: Final = ("shipped-val", "unseen-val")
RECORDINGS_OF_A_BABY: Final = 20
AFTER_CRY_S: Final = 10.0
_BANDS_DB: Final = ((0, 10), (10, 20), (20, 30))


@dataclass(frozen=True, slots=True)
class Told:
    """What the daemon says about a recording, in seconds."""

    stirring: tuple[float, ...]
    cries: tuple[float, ...]


@dataclass(slots=True)
class Listener:
    """The daemon's pipeline with a head of fussing, new for each recording."""

    classifier: Classifier
    head: FussHead
    second: SecondOpinion | None = None

    def told(self, samples: Samples) -> Told:
        """What is said about a recording."""
        pipeline = Pipeline(DetectionSettings(), self.classifier, self.second, self.head)
        events = [*pipeline.push(samples, 0.0, 0.0), *pipeline.finish("stopped")]
        stirring = tuple(event.at_s for event in events if isinstance(event, StirringStarted))
        return Told(stirring, tuple(event.at_s for event in events if isinstance(event, CryStarted)))


@dataclass(frozen=True, slots=True)
class FussingOutcome:
    """Result for one recording of fussing."""

    group: str
    snr_db: float
    latency_s: float | None  # of stirring, from the first whimper on; None: missed
    cry: bool  # whether an episode of crying began


def fussing_outcomes(listener: Listener, recordings: Sequence[FussingRecording]) -> list[FussingOutcome]:
    """Results for recordings of fussing."""
    found = []
    for one in tqdm(recordings, desc="fussing", unit="recording", leave=False):
        told, (begin_s, end_s) = listener.told(one.samples), (one.spans_s[0][0], one.spans_s[-1][1] + LINGER_S)
        latencies = [at_s - begin_s for at_s in told.stirring if begin_s <= at_s <= end_s]
        crying = any(begin_s <= at_s <= end_s for at_s in told.cries)
        found.append(FussingOutcome(one.group, one.snr_db, latencies[0] if latencies else None, crying))
    return found


def recordings_of(split: str, side: str, count: int = RECORDINGS_OF_A_BABY) -> list[FussingRecording]:
    """Recordings of every baby of a side of the manifest's split that fusses, in rooms of another side's name."""
    babies = sorted(fussing_babies(split).items())
    return [
        make_recording(np.random.default_rng([SEED, split == "val", number, index]), clips, side)
        for number, (_, clips) in enumerate(babies)
        for index in range(count)
    ]


def stirrings_s(heard: HeardScene, head: FussHead) -> list[float]:
    """Beginnings of stirring in a scene, as if no cry were recognised and the gate were always open."""
    tracker, found = StirringTracker(head), list[float]()
    for embedding, at_s in zip(heard.embeddings, window_ends_s(len(heard.scores)).tolist(), strict=True):
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
        truth, stirs_s = replace(heard.truth, voted=vote_scores(heard.scores)), stirrings_s(heard, head)
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


def left_out(classifier: Classifier, likely: float) -> list[FussingOutcome]:
    """Results for each train baby with a head that was fitted without it; its threshold stays `likely`."""
    known, heard = examples(classifier), recordings_of("train", "shipped-val", 20)
    found = []
    for group in sorted({one.group for one in heard}):
        head = FussHead(fit([one for one in known if one.group != group]), likely)
        found += fussing_outcomes(Listener(classifier, head), [one for one in heard if one.group == group])
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leave-out", action="store_true", help="also heads fitted without one train baby each")
    options = parser.parse_args()
    classifier, head = shipped_classifier(), shipped_fuss_head()
    if head is None:
        raise SystemExit("the card has no weights of fussing; run: python -m training.release.stirring")
    listener = Listener(classifier, head, shipped_second_opinion())
    print(fussing_table(fussing_outcomes(listener, recordings_of("val", "shipped-val"))), flush=True)
    if options.leave_out:
        print("\nTrain babies, each with a head that does not know it:\n")
        print(fussing_table(left_out(classifier, head.likely)), flush=True)
    print()
    for side in SIDES:
        print(scenes_line(heard_scenes(classifier, [side]), head, side), flush=True)


if __name__ == "__main__":
    main()
