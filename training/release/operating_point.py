"""Operating point for unknown homes: thresholds that keep their promise there, and the false alarms to expect.

    python -m training.release.operating_point                                   the shipped models on their val sides
    python -m training.release.operating_point --network FOLD.tflite --sides val-0 unseen-val --own shipped-val
    python -m training.release.operating_point --model A.tflite --network B.tflite --sides val-0

At the promised threshold nineteen of twenty homes have at most one false alarm an hour, where each home has sounds of
one family that the threshold has not met (`training.evaluation.unknown_families`). Every family is then judged at the
threshold that was chosen without it, and the calibration on sounds and babies that it has not met. The figures go to
training/work/operating_point.json, from which `training.evaluation.model_card` writes its table. Scenes of `--own`
count as well; the shipped network hears those, as it was not trained on their sounds.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SHIPPED_SIDES, SIDES
from training.data.paths import MODELS
from training.evaluation.metrics import Scores
from training.evaluation.operating_point_text import OPERATING_POINT, operating_point_text
from training.evaluation.report import recall_figure
from training.evaluation.scoring import VotedScene, cry_outcomes, false_alarms_per_hour
from training.evaluation.second_opinion import HOURS, RULES, SHIPPED, WINDOWS_HOPS, HeardScene, heard_by_both, scenes_by
from training.evaluation.unknown_families import CALM_PER_HOUR, LIVELY_PER_HOUR, FamilyAlarms, family_alarms
from training.release.calibrate import logit, sigmoid
from training.release.left_out_calibration import left_out_calibration, lotted_hops
from training.release.second_opinion import sum_calibration

ALONE: Final = "the shipped model alone, 3 of 5"  # the first stage's rule in `RULES`


def point_at(alarms: FamilyAlarms, scenes: Sequence[VotedScene], threshold: float, score: float) -> dict[str, Any]:
    """Figures at one threshold, a logit; `score` is what the owner would set for it."""
    homes = alarms.homes()
    return {
        "score": round(score, 3),
        "recall": recall_figure(cry_outcomes(scenes, threshold)),
        "counted_per_hour": round(false_alarms_per_hour(scenes, threshold), 3),
        "lively": asdict(homes.rate(threshold, LIVELY_PER_HOUR)),
        "calm": asdict(homes.rate(threshold, CALM_PER_HOUR)),
    }


def figures(
    scenes: Sequence[VotedScene], scores: Sequence[Scores], slope: float, shift: float, threshold: float
) -> dict[str, Any]:
    """Figures of a detector at the owner's `threshold`, 0..1, and at the promised one.

    The voted scores of the scenes are logits, and `slope` and `shift` make the owner's logits of them; `scores`, 0..1,
    are those of the hops before the vote.
    """
    alarms = family_alarms(scenes)
    promised = alarms.homes().promise()
    rows = alarms.left_out()
    return {
        "hours": alarms.hours,
        "sounds": int(alarms.sounds.sum()),
        "points": {
            "default": point_at(alarms, scenes, (float(logit(threshold)) - shift) / slope, threshold),
            "promised": point_at(alarms, scenes, promised, float(sigmoid(np.array(slope * promised + shift)))),
        },
        "left_out": {one.family: {"sounds": one.sounds, "per_hour": round(one.per_hour, 2)} for one in rows},
        "left_out_per_hour": round(float(np.average([one.per_hour for one in rows], weights=alarms.sounds)), 3),
        "calibration": asdict(left_out_calibration(lotted_hops(scenes, scores))),
    }


def figures_of_both(heard: list[HeardScene], threshold: float, combined: dict[str, float]) -> dict[str, Any]:
    """Figures of the first stage alone and of both, whose sum is calibrated by `combined` (`sum_calibration`)."""
    found = {}
    for name, title, slope, shift in (
        ("the first stage alone", ALONE, 1.0, 0.0),
        ("both", SHIPPED, combined["slope"], combined["shift"]),
    ):
        rule = RULES[title]
        scores = [sigmoid(rule.sums(one)) for one in heard]
        found[name] = figures(scenes_by(rule.logits, heard), scores, slope, shift, threshold)
    return found


def main() -> None:
    """Print the tables and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the first stage's .tflite file")
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the second opinion's file")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SHIPPED_SIDES, help="val sides to judge them on")
    parser.add_argument("--own", nargs="*", choices=SIDES, default=[], help="sides that the shipped network hears")
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the scenes of a side")
    options = parser.parse_args()
    classifier = TfliteClassifier(options.model.read_bytes(), str(options.model))
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network), WINDOWS_HOPS)
    heard = heard_by_both(classifier, network, options.sides, options.own, options.hours)
    threshold, card = DetectionSettings().threshold, json.loads((MODELS / "second.json").read_text(encoding="utf-8"))
    combined: dict[str, float] = card["sum"]
    if card["sha256"] != network.sha256 and not options.own:  # a candidate is calibrated here
        combined = sum_calibration(heard, threshold)
    found = figures_of_both(heard, threshold, combined)
    OPERATING_POINT.write_text(
        json.dumps({"sides": [*options.sides, *options.own], "detectors": found}, indent=1), encoding="utf-8"
    )
    print(f"sum: {combined['slope']:g} {combined['shift']:g}\n\n{operating_point_text(found)}")


if __name__ == "__main__":
    main()
