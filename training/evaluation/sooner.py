"""How soon cries are found in val scenes, what holds the late ones back, and whether two high hops would be sooner.

    python -m training.evaluation.sooner                  (10 minutes, and as many again the first time)
    python -m training.evaluation.sooner --latency --network FOLD --sides val-0 unseen-val     only the latency, of a
                                                          network that has not met the sounds of these sides

Latency counts from the beginning of the first 0.3 s in which the cry is audible: at least AUDIBLE_DB against everything
else. Gate, first stage and second opinion are those of the daemon; its rejection is left out. "Two high hops" is a vote
of the first stage alone, for which two hops in a row are enough that lie a margin over the threshold.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.detect.features import LEAST_HOPS
from babycryd.detect.gate import ActivityGate, GateSettings, Segmenter
from babycryd.detect.second_opinion import SUSPECTED, Sum
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.data.folds import SHIPPED_SIDES, SIDES
from training.data.labels import FAINT_DB
from training.data.levels import db, window_power
from training.data.paths import MODELS
from training.data.recordings import Samples
from training.evaluation.curves_table import LATE_S
from training.evaluation.heard_scenes import HeardScene, heard_scenes
from training.evaluation.metrics import LINGER_S, vote_scores, window_ends_s
from training.evaluation.operating_curve import OperatingCurve, curve_of
from training.evaluation.scoring import VotedScene
from training.evaluation.second_opinion import RULES, SHIPPED, WINDOWS_HOPS, as_logits, hear, voted
from training.evaluation.second_opinion import HeardScene as BothHeard
from training.synthesis.scenes import SCENE_S, CryEvent, SceneParts, load_scene, make_parts, scene_paths, scene_rng

AUDIBLE_DB: Final = FAINT_DB  # against everything else
PIECE_S: Final = 0.1
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


def same_cries(parts: SceneParts, truth: VotedScene) -> bool:
    """Whether a scene's parts, made now, are those of its file; they are not where recordings have changed since."""
    made, kept = ([round(cry.onset_s, 2) for cry in one.cries] for one in (parts, truth))
    return made == kept


@dataclass(frozen=True, slots=True)
class Found:
    """When a cry was found, and what held it back until then."""

    cry: CryEvent
    latency_s: float | None  # from its first audible 0.3 s on; None: missed
    held_back_by: str  # the stage that held back most of the hops until then


def stages_of(samples: Samples, both: BothHeard, combined: Sum) -> list[str]:
    """Stage that holds back each hop of a scene; "" where both stages together reach the threshold."""
    gate, segmenter, threshold = ActivityGate(GateSettings()), Segmenter(GateSettings()), DetectionSettings().threshold
    opens = []
    for number, hop in enumerate(samples[: len(samples) // HOP * HOP].reshape(-1, HOP), start=1):
        segmenter.update(active=gate.process(hop).active, at_s=number * HOP_S)
        opens.append(segmenter.open)
    rule, found = RULES[SHIPPED], list[str]()
    first = voted(both.first, *rule.before)
    for is_open, one, sums in zip(opens[LEAST_HOPS - 1 :], first, rule.sums(both), strict=True):
        if not is_open:
            found.append("the gate is closed")
        elif one < as_logits(np.array(SUSPECTED)):
            found.append("the first stage suspects nothing")
        else:
            score = combined.score(0.5, float(sums))
            found.append("" if score >= threshold else "the sum is too low")
    return found


def found_cries(cries: Sequence[tuple[CryEvent, float]], stages: Sequence[str]) -> Iterator[Found]:
    """Yield the cries of a scene, each given with its first audible moment. `stages`: by hop."""
    ends_s = window_ends_s(len(stages))
    for cry, audible_s in cries:
        during = [
            (at_s, stage)
            for at_s, stage in zip(ends_s.tolist(), stages, strict=True)
            if audible_s <= at_s <= cry.offset_s + LINGER_S
        ]
        hit = next((at_s for at_s, stage in during if not stage), None)
        before = Counter(stage for at_s, stage in during if stage and (hit is None or at_s < hit))
        late_s = None if hit is None else hit - audible_s
        yield Found(cry, late_s, before.most_common(1)[0][0] if before else "nothing")


def run(network: TfliteSecondNetwork, side: str, count: int) -> list[Found]:
    """Audible cries of the first scenes of a side: the shipped first stage, the network, the shipped sum."""
    card = json.loads((MODELS / "second.json").read_text("utf-8"))
    combined = Sum(card["sum"]["slope"], card["sum"]["shift"])
    heard = hear(shipped_classifier(), network, side, count * SCENE_S / 3600)
    found = list[Found]()
    for index, both in enumerate(tqdm(heard, desc=side, unit="scene", mininterval=10)):
        parts = make_parts(scene_rng(side, index), side)
        if not same_cries(parts, both.truth):
            tqdm.write(f"{side} {index:03} is left out: its file holds other recordings; delete it to make it anew")
            continue
        cries = [(cry, at_s) for cry in parts.cries if (at_s := audible_from_s(parts, cry)) is not None]
        found += found_cries(cries, stages_of(load_scene(scene_paths(side)[index]).samples, both, combined))
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
    logits = as_logits(heard.scores) + _FAR
    highest = vote_scores(logits)
    if margin is not None:
        highest = np.maximum(highest, vote_scores(logits, 2, 2) - margin)
    return replace(heard.truth, voted=highest - _FAR)


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
    threshold = float(as_logits(np.array(DetectionSettings().threshold)))
    outcomes = [one.figures_at(threshold) for one in scenes]
    false = sum(len(one.false_alarms_s) for one in outcomes)
    hits = [late is not None for one in outcomes for late in one.latencies_s]
    return f"{false} false, {np.mean(hits):.3f}, {_latency(scenes, threshold)}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=120, help="so many of each side, for the latency")
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the second opinion's file")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SHIPPED_SIDES, help="val sides")
    parser.add_argument("--latency", action="store_true", help="without the tables of two high hops")
    options = parser.parse_args()
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network), WINDOWS_HOPS)
    print(latency_table({side: run(network, side, options.scenes) for side in options.sides}), flush=True)
    classifier = shipped_classifier()
    for side in [] if options.latency else options.sides:
        print(f"\n{side}:\n\n{quick_table(list(heard_scenes(classifier, [side])))}", flush=True)


if __name__ == "__main__":
    main()
