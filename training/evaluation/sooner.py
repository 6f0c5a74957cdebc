"""How soon cries are found in val scenes, what holds the late ones back, and whether two high hops would be sooner.

    python -m training.evaluation.sooner                  both (20 minutes for all scenes)
    python -m training.evaluation.sooner --scenes 30      of each side (5 minutes)

Latency counts from the beginning of the first 0.3 s in which the cry is audible: at least AUDIBLE_DB against everything
else. The scenes run through the daemon's whole pipeline. "Two high hops" is a vote of the first stage alone, for which
two hops in a row are enough that lie a margin over the threshold.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.core.events import CryEnded, CryStarted, WindowScored
from babycryd.detect.features import WINDOW_S
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_opinion import SUSPECTED, SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from training.data.labels import FAINT_DB
from training.data.levels import db, window_power
from training.evaluation.heard_scenes import HeardScene, heard_scenes
from training.evaluation.metrics import LINGER_S, vote_scores, window_ends_s
from training.evaluation.operating_curve import OperatingCurve, curve_of
from training.evaluation.scene_runs import latency_s
from training.evaluation.scoring import VotedScene
from training.evaluation.second_opinion import as_logits as logit
from training.synthesis.scenes import CryEvent, SceneParts, load_scene, make_parts, scene_paths, scene_rng

SIDES: Final = ("shipped-val", "unseen-val")
AUDIBLE_DB: Final = FAINT_DB  # against everything else
PIECE_S: Final = 0.1
LATE_S: Final = 4.0
MARGINS: Final = (0.0, 0.5, 1.0, 1.5, 2.0)  # logits over the threshold
PER_HOUR: Final = (0.5, 1.0, 2.0)
_FAR: Final = 100.0  # added to logits for `vote_scores`


def audible_from_s(parts: SceneParts, cry: CryEvent) -> float | None:
    """Beginning of the first 0.3 s in which the cry is audible; None where there is none."""
    piece = int(PIECE_S * SAMPLE_RATE_HZ)
    starts = np.arange(int(cry.onset_s * SAMPLE_RATE_HZ), int(cry.offset_s * SAMPLE_RATE_HZ) - piece, piece)
    snr_db = db(window_power(parts.crying, starts, piece)) - db(window_power(parts.rest, starts, piece))
    audible = snr_db >= AUDIBLE_DB
    three = np.flatnonzero(audible[:-2] & audible[1:-1] & audible[2:])
    return float(starts[three[0]] / SAMPLE_RATE_HZ) if len(three) else None


@dataclass(frozen=True, slots=True)
class Found:
    """When a cry was found, and what held it back until then."""

    cry: CryEvent  # from its first audible 0.3 s on
    latency_s: float | None  # None: missed
    held_back_by: str


def found_cries(parts: SceneParts, events: Sequence[object], duration_s: float) -> Iterator[Found]:
    """Yield the audible cries of a scene. `events`: those of the daemon's pipeline."""
    begun = [event.at_s for event in events if isinstance(event, CryStarted)]
    ended = [event.at_s for event in events if isinstance(event, CryEnded)]
    scores = {round(event.at_s, 2): event.score for event in events if isinstance(event, WindowScored)}
    for cry in parts.cries:
        audible_s = audible_from_s(parts, cry)
        if audible_s is None:
            continue
        heard = replace(cry, onset_s=audible_s)
        late_s = latency_s(heard, list(zip(begun, ended, strict=True)))
        until_s = min(duration_s, cry.offset_s + LINGER_S if late_s is None else audible_s + late_s)
        yield Found(heard, late_s, held_back_by(scores, audible_s + WINDOW_S, until_s))


def held_back_by(scores: dict[float, float], from_s: float, until_s: float) -> str:
    """The stage that held back most of the hops between these times. `scores`: by the end of the hop."""
    ends_s = window_ends_s(int(until_s / 0.24) + 1)
    stages = [_stage(scores.get(round(at_s, 2))) for at_s in ends_s[(ends_s >= from_s) & (ends_s < until_s)].tolist()]
    return Counter(stages).most_common(1)[0][0] if stages else "nothing"


def _stage(score: float | None) -> str:
    if score is None:
        return "the gate is closed"
    if score < SUSPECTED:
        return "the first stage suspects nothing"
    return "the sum is too low" if score < DetectionSettings().threshold else "the rejection"


def run(classifier: TfliteClassifier, second: SecondOpinion, side: str, count: int) -> list[Found]:
    """Audible cries of the first scenes of a side."""
    found = list[Found]()
    for index, path in enumerate(tqdm(scene_paths(side)[:count], desc=side, unit="scene", mininterval=10)):
        samples, parts = load_scene(path).samples, make_parts(scene_rng(side, index), side)
        pipeline = Pipeline(DetectionSettings(), classifier, second)
        events = [*pipeline.push(samples, 0.0, 0.0), *pipeline.finish("stopped")]
        found += found_cries(parts, events, len(samples) / SAMPLE_RATE_HZ)
    return found


def latency_table(by_side: dict[str, list[Found]]) -> str:
    """Markdown table: cries, share found, latency, and how many late or missed ones each stage holds back."""
    lines = ["| side | audible cries | found | median | 95 % | late or missed | held back by |", "|---" * 7 + "|"]
    for side, cries in by_side.items():
        found = [one.latency_s for one in cries if one.latency_s is not None]
        late = [one for one in cries if one.latency_s is None or one.latency_s > LATE_S]
        stages = Counter(f"{one.held_back_by} ({'missed' if one.latency_s is None else 'late'})" for one in late)
        cells = [side, str(len(cries)), f"{len(found) / len(cries):.3f}"]
        cells += [f"{np.median(found):.2f} s", f"{np.percentile(found, 95):.1f} s", str(len(late))]
        cells.append(", ".join(f"{stage} {count}" for stage, count in stages.most_common()))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def quick(heard: HeardScene, margin: float | None) -> VotedScene:
    """Voted logits of the first stage alone: 3 of 5, or two in a row that are `margin` higher; None: only 3 of 5."""
    logits = logit(heard.scores) + _FAR
    voted = vote_scores(logits)
    if margin is not None:
        voted = np.maximum(voted, vote_scores(logits, 2, 2) - margin)
    return replace(heard.truth, voted=voted - _FAR)


def quick_table(heard: Sequence[HeardScene]) -> str:
    """Markdown table: the vote with and without two high hops, at equal rates of false alarms and at the threshold."""
    heads = [f"{rate:g}/h: recall (gain), latency" for rate in PER_HOUR]
    lines = [f"| first stage alone | {' | '.join(heads)} | at the threshold |", "|---" * (len(heads) + 2) + "|"]
    usual: OperatingCurve | None = None
    for margin in (None, *reversed(MARGINS)):
        scenes = [quick(one, margin) for one in heard]
        curve = curve_of(scenes)
        cells = ["3 of 5" if margin is None else f"or two in a row, {margin:g} higher"]
        for rate in PER_HOUR:
            low, high = (0.0, 0.0) if usual is None else curve.gain_interval(usual, rate)
            late = _latency(scenes, float(curve.thresholds[curve.point(rate)]))
            cells.append(f"{curve.recall(rate):.3f} ({low:+.3f} to {high:+.3f}), {late}")
        usual = usual or curve
        lines.append(f"| {' | '.join([*cells, _at_threshold(scenes)])} |")
    return "\n".join(lines)


def _latency(scenes: Sequence[VotedScene], threshold: float) -> str:
    late_s = [late for one in scenes for late in one.figures_at(threshold).latencies_s if late is not None]
    return f"{np.median(late_s):.2f} s, {np.percentile(late_s, 95):.1f} s"


def _at_threshold(scenes: Sequence[VotedScene]) -> str:
    threshold = float(logit(np.array(DetectionSettings().threshold)))
    outcomes = [one.figures_at(threshold) for one in scenes]
    false = sum(len(one.false_alarms_s) for one in outcomes)
    hits = [late is not None for one in outcomes for late in one.latencies_s]
    return f"{false} false, {np.mean(hits):.3f}, {_latency(scenes, threshold)}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=1000, help="at most so many of each side, for the latency")
    options = parser.parse_args()
    classifier, second = shipped_classifier(), shipped_second_opinion()
    print(latency_table({side: run(classifier, second, side, options.scenes) for side in SIDES}), flush=True)
    for side in SIDES:
        print(f"\n{side}:\n\n{quick_table(list(heard_scenes(classifier, [side])))}", flush=True)


if __name__ == "__main__":
    main()
