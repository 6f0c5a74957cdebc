"""Sensitivity: recall and false alarms at the thresholds that the page offers in words.

    python -m training.release.sensitivity --network FOLD.tflite --sides val-0 unseen-val --own shipped-val

The figures are those of the model card (`training.release.operating_point`) at further thresholds, on the same scenes.
They go to babycryd/detect/models/operating_points.json, which ships with the package.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SHIPPED_SIDES, SIDES
from training.data.paths import MODELS
from training.evaluation.second_opinion import HOURS, RULES, SHIPPED, WINDOWS_HOPS, HeardScene, heard_by_both, scenes_by
from training.evaluation.unknown_families import family_alarms
from training.release.calibrate import logit
from training.release.operating_point import ALONE, point_at

THRESHOLDS: Final = (0.5, 0.65, 0.77, 0.85, 0.93)  # from the most sensitive on; the middle one is the default
FILE: Final = MODELS / "operating_points.json"


def _rounded(point: dict[str, Any]) -> dict[str, float]:
    recall, lively, calm = point["recall"], point["lively"], point["calm"]
    return {
        "threshold": point["score"],
        "recall": round(recall["value"], 3),
        "recall_low": round(recall["low"], 3),
        "recall_high": round(recall["high"], 3),
        "lively_per_hour": round(lively["mean"], 2),
        "lively_high": round(lively["high"], 2),
        "calm_per_hour": round(calm["mean"], 3),
    }


def points(heard: Sequence[HeardScene], combined: dict[str, float]) -> dict[str, list[dict[str, float]]]:
    """Figures of the first stage alone and of both at each of THRESHOLDS; `combined` calibrates the sum of both."""
    found = {}
    for name, title, slope, shift in (
        ("alone", ALONE, 1.0, 0.0),
        ("both", SHIPPED, combined["slope"], combined["shift"]),
    ):
        scenes = scenes_by(RULES[title].logits, heard)
        alarms = family_alarms(scenes)
        logits = [(float(logit(each)) - shift) / slope for each in THRESHOLDS]
        found[name] = [
            _rounded(point_at(alarms, scenes, at, score)) for at, score in zip(logits, THRESHOLDS, strict=True)
        ]
    return found


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the network to judge it by")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SHIPPED_SIDES, help="val sides to judge them on")
    parser.add_argument("--own", nargs="*", choices=SIDES, default=[], help="sides that the shipped network hears")
    options = parser.parse_args()
    classifier = TfliteClassifier((MODELS / "cry.tflite").read_bytes(), "cry.tflite")
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network), WINDOWS_HOPS)
    heard = heard_by_both(classifier, network, options.sides, options.own, HOURS)
    shipped = json.loads((MODELS / "second.json").read_text(encoding="utf-8"))
    described = {
        "of": {"cry.tflite": classifier.sha256, "second.tflite": shipped["sha256"]},
        "heard_by": network.sha256[:12],
        "sides": [*options.sides, *options.own],
        **points(heard, shipped["sum"]),
    }
    FILE.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
