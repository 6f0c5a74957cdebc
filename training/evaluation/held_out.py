"""Figures of a model on the val sides of different splits: among datasets that it was trained on, and on unseen ones.

    python -m training.evaluation.held_out                      the shipped models on their own val and on unseen data
    python -m training.evaluation.held_out --sides val val-1    other sides (`training.data.folds`)

`shipped-val` holds other babies and cats of the datasets that the shipped model was trained on, `unseen-val` datasets
of which it has heard nothing. Missing scenes are written first (a minute a side), then every hop is scored.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SHIPPED_SIDES, SIDES
from training.data.paths import MODELS
from training.evaluation.detectors import Both, Detector, Student
from training.evaluation.report import FALSE_ALARMS_PER_HOUR, clip_figures, scene_figures
from training.evaluation.scoring import recall_at_false_alarms, score_clips, vote_scenes
from training.synthesis.scenes import write_missing


def side_figures(detector: Detector, side: str, hours: float) -> dict[str, Any]:
    """Figures of a detector on the clips and all scenes of a side, of which at least `hours` are there."""
    write_missing(side, hours)
    scenes = vote_scenes(detector, side)
    return {
        "clips": clip_figures(score_clips(detector, side), detector.threshold),
        "scenes": scene_figures(scenes, detector.threshold),
        "recall_at": {per_hour: recall_at_false_alarms(scenes, per_hour) for per_hour in FALSE_ALARMS_PER_HOUR},
    }


def _cell(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _column(figures: dict[str, Any]) -> dict[str, str]:
    """Column of the table: title -> cell."""
    clips, scenes = figures["clips"], figures["scenes"]
    rows = {
        "clips: cries, other sounds": f"{clips['cries']}, {clips['negatives']}",
        "clips: AUC": _cell(clips["auc"]),
        "clips: recall where 1 % of other sounds fire": _cell(clips["recall_at_1_percent"]),
        "clips: recall": _cell(clips["recall"]),
        "clips: other sounds that fire": _cell(clips["false_rate"]),
        "scenes: hours, cries": f"{scenes['hours']:g}, {scenes['recall']['events']}",
        "scenes: recall": _cell(scenes["recall"]),
        "scenes: false alarms an hour": _cell(scenes["false_alarms_per_hour"]),
        "scenes: latency, median and 95th percentile": "{:.2f} s, {:.2f} s".format(
            *(scenes[name]["value"] for name in ("latency_median_s", "latency_p95_s"))
        ),
    }
    for per_hour, (threshold, recall) in figures["recall_at"].items():
        rows[f"scenes: recall at {per_hour:g}/h (threshold)"] = f"{recall:.3f} ({threshold:.2f})"
    return rows


def table(sides: dict[str, dict[str, Any]]) -> str:
    """Markdown table with one column a side."""
    columns = [_column(figures) for figures in sides.values()]
    lines = [f"| figure | {' | '.join(sides)} |", "|---" * (len(sides) + 1) + "|"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(one[name] for one in columns)} |" for name in columns[0])])


def main() -> None:
    """Print the table, and what raised the false alarms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shipped = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))["threshold"]
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the .tflite file to judge")
    parser.add_argument("--threshold", type=float, default=shipped, help="its threshold (default: the shipped one)")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SHIPPED_SIDES, help="val sides to judge it on")
    parser.add_argument("--hours", type=float, default=8.0, help="length of the scenes that are written")
    options = parser.parse_args()
    classifier = TfliteClassifier(options.model.read_bytes(), str(options.model))
    ours = Both(classifier, shipped_second_opinion(), options.threshold)
    detectors: list[Detector] = [ours, Student(classifier, options.threshold)]
    sides = {
        f"{side}, {detector.name}": side_figures(detector, side, options.hours)
        for side in options.sides
        for detector in detectors
    }
    print(table(sides))
    for side, figures in sides.items():
        print(f"{side}: clips {figures['clips']['fired']}, scenes {figures['scenes']['false_alarms_by']}")


if __name__ == "__main__":
    main()
