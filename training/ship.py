"""Calibrate the trained student, put it where the daemon finds it, and say what it is.

    python -m training.ship                 writes babycryd/detect/models/cry.tflite and cry.json

The threshold is chosen on the val scenes at the wanted false alarms an hour and, with a slope fitted to
val windows, folded into the last layer: a score of 0.5 is that threshold, and how far a score lies
from it tells how sure it is.
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
from training.data import load_lullaby
from training.detectors import Student, Yamnet, reference_scores
from training.evaluate import table
from training.figures import VotedScene, recall_at_false_alarms, report_on, vote_scenes
from training.metrics import window_ends_s
from training.model import MOST_BYTES, Interpreter, build, microseconds_per_window, to_tflite
from training.paths import CHECKPOINTS, LULLABIES, MODELS, SHARDS, WORK

# On val scenes, where a distractor sounds every 25 s: 2 an hour is one distractor in seventy. A night holds far fewer.
WANTED_FALSE_ALARMS_PER_HOUR = 2.0


def logit(score: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Inverse of the sigmoid, finite."""
    clipped = np.clip(np.asarray(score, np.float64), 1e-6, 1 - 1e-6)
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


def likeliest_slope(logits: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Slope of the logistic regression of truth on logits (Platt's scaling), by Newton's method.

    Cries and the rest weigh the same, as the share of crying in a scene is the generator's, not a nursery's.
    """
    inputs = np.stack([logits, np.ones_like(logits)], axis=1)
    weights = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())
    line = np.array([1.0, 0.0])
    for _ in range(30):
        probability = 1 / (1 + np.exp(-inputs @ line))
        gradient = inputs.T @ (weights * (probability - truth))
        curvature = (inputs * (weights * probability * (1 - probability))[:, None]).T @ inputs
        line -= np.linalg.solve(curvature + 1e-6 * np.eye(2), gradient)
    return float(line[0])


def calibration(heard: list[VotedScene], threshold: float) -> tuple[float, float]:
    """Slope and shift of the logit: the slope is the likeliest on val windows, and `threshold` becomes 0.5.

    The slope stays within 0.5 to 2: a steeper one would leave the owner's threshold nothing to choose between.
    """
    scores, truth = voted_truth(heard)
    slope = float(np.clip(likeliest_slope(logit(scores), truth), 0.5, 2.0))
    return slope, float(-slope * logit(threshold))


def lullabies_alone(ours: Student) -> dict[str, float]:
    """The highest voted score of the first minute of each shipped lullaby: the daemon must not hear its own song."""
    tracks = {path.stem: load_lullaby(path) for path in sorted(LULLABIES.glob("*.ogg"))}
    return {name: round(float(ours.voted(name, track).max()), 3) for name, track in tracks.items()}


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
    reports[ours.name]["shipped_lullabies_alone"] = lullabies_alone(ours)
    made = {
        "seeds": {"render": render.SEED, "train": train.SEED, "scenes": scenes.SEED},
        "shards": [int(name) for name in shard_numbers(SHARDS / "train")],
        "segments_per_shard": render.SEGMENTS_PER_SHARD,
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
