"""Calibrate the trained student, put it where the daemon finds it, and say what it is.

    python -m training.ship                 writes babycryd/detect/models/cry.tflite and cry.json

The threshold is chosen on the val scenes at the wanted false alarms an hour and, with a slope fitted to
val windows, folded into the last layer: a score of 0.5 is that threshold and scores read like a probability.
"""

import argparse
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import render, scenes, train
from training.batches import shard_numbers
from training.detectors import Student, Yamnet, reference_scores
from training.evaluate import table
from training.figures import VotedScene, recall_at_false_alarms, report_on, vote_scenes
from training.metrics import window_ends_s
from training.model import MOST_BYTES, Interpreter, build, microseconds_per_window, to_tflite
from training.paths import CHECKPOINTS, MODELS, SHARDS, WORK

WANTED_FALSE_ALARMS_PER_HOUR = 0.5
SLOPES = np.geomspace(0.25, 4.0, 41)


def logit(score: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Inverse of the sigmoid, finite."""
    clipped = np.clip(np.asarray(score, np.float64), 1e-7, 1 - 1e-7)
    return np.asarray(np.log(clipped / (1 - clipped)))


def voted_truth(heard: list[VotedScene]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Voted scores of the windows well inside a cry or well outside of any, and which of the two."""
    scores, truth = [], []
    for scene in heard:
        ends_s = window_ends_s(len(scene.voted))
        inside, near = np.zeros(len(ends_s), bool), np.zeros(len(ends_s), bool)
        for cry in scene.cries:
            inside |= (ends_s > cry.onset_s + 1.5) & (ends_s < cry.offset_s)
            near |= (ends_s > cry.onset_s) & (ends_s < cry.offset_s + 2)
        kept = inside | ~near
        scores.append(scene.voted[kept])
        truth.append(inside[kept])
    return np.concatenate(scores), np.concatenate(truth)


def calibration(heard: list[VotedScene], threshold: float) -> tuple[float, float]:
    """Slope and shift of the logit: `threshold` becomes 0.5, the slope is the likeliest on val windows.

    Cries and the rest weigh the same, as the share of crying in a scene is the generator's, not a nursery's.
    """
    scores, truth = voted_truth(heard)
    centred = logit(scores) - logit(threshold)

    def loss(slope: float) -> float:
        losses = np.logaddexp(0, np.where(truth, -1, 1) * slope * centred)
        return float(losses[truth].mean() + losses[~truth].mean())

    slope = float(SLOPES[np.argmin([loss(one) for one in SLOPES])])
    return slope, float(-slope * logit(threshold))


def describe(content: bytes, report: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """What cry.json says of the model."""
    return {
        "file": "cry.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "input": {"shape": [1, 96, 64, 1], "dtype": "float32", "is": "babycryd.detect.features.model_input(window)"},
        "output": {"shape": [1, 1], "dtype": "float32", "is": "score of a baby's cry, 0 to 1"},
        "threshold": 0.5,
        "votes": {"needed": 3, "windows": 5},
        "trained_on": datetime.now(UTC).date().isoformat(),
        "made_by": made,
        "val": report,
    }


def publish(content: bytes, description: dict[str, Any], folder: Path) -> None:
    """Put both files in place, the model first, each at once or not at all."""
    files = {"cry.tflite": content, "cry.json": (json.dumps(description, indent=2) + "\n").encode()}
    for name, data in files.items():
        partial = folder / f".{name}"
        partial.write_bytes(data)
        partial.replace(folder / name)


def calibrated(weights: Path, per_hour: float) -> tuple[bytes, dict[str, Any]]:
    """The model with its calibration folded in, and what was chosen. Exits where the file would be too large."""
    student = build()
    student.load_weights(weights)
    raw = vote_scenes(Student(Interpreter(to_tflite(student)), 0.5))
    threshold, _ = recall_at_false_alarms(raw, per_hour)
    slope, shift = calibration(raw, threshold)
    content = to_tflite(student, slope, shift)
    if len(content) > MOST_BYTES:
        raise SystemExit(f"the model is {len(content)} bytes, more than {MOST_BYTES}: make training.model smaller")
    return content, {"raw_threshold": round(threshold, 4), "slope": round(slope, 4), "shift": round(shift, 4)}


def main() -> None:
    """Calibrate, evaluate, ship."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=CHECKPOINTS / "student.weights.h5", help="what training saved")
    parser.add_argument("--false-alarms", type=float, default=WANTED_FALSE_ALARMS_PER_HOUR, help="an hour, val scenes")
    parser.add_argument("--alone", action="store_true", help="do not compare with YAMNet")
    options = parser.parse_args()
    content, chosen = calibrated(options.weights, options.false_alarms)
    ours = Student(Interpreter(content), 0.5)
    reports = {ours.name: report_on(ours)}
    made = {
        "seeds": {"render": render.SEED, "train": train.SEED, "scenes": scenes.SEED},
        "segments": len(shard_numbers(SHARDS / "train")) * render.SEGMENTS_PER_SHARD,
        "calibration": chosen,
        "microseconds_per_window": round(microseconds_per_window(content)),
    }
    publish(content, describe(content, reports[ours.name], made), MODELS)
    if not options.alone:
        reports |= {one.name: report_on(one) for one in (Yamnet(tuned, reference_scores()) for tuned in (False, True))}
    (WORK / "evaluation.json").write_text(json.dumps(reports, indent=1), encoding="utf-8")
    print(json.dumps(made), table(reports), sep="\n")


if __name__ == "__main__":
    main()
