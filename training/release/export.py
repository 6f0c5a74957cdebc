"""Export of the trained student: calibrates it, chooses its threshold, and writes the files that ship.

    python -m training.release.export       writes cry.tflite, cries.f16 and cry.json to babycryd/detect/models

The calibration (`training.release.calibrate`) is folded into the last layer. The threshold is the lowest one with at
most --false-alarms an hour on the scenes of --sides that keeps its promise in homes of unknown sounds as well
(`training.evaluation.unknown_families`); the daemon's default threshold must be the same. A model of a fold takes that
fold's val side.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from babycryd.detect.features import FEATURES
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SIDES
from training.data.manifest import manifest_sha256
from training.data.paths import MODELS
from training.evaluation.detectors import Student
from training.evaluation.scoring import VotedScene, false_alarms_per_hour, recall_at_false_alarms, vote_scenes
from training.evaluation.unknown_families import family_alarms
from training.model import train
from training.model.architectures import SHIPPED
from training.model.network import MAX_BYTES, build, family_weights, to_tflite
from training.model.streaming import scores_and_embeddings
from training.model.training_runs import load_history
from training.release.calibrate import LabelledHops, calibration, logit, sigmoid, unambiguous_hops
from training.release.reference_cries import reference_embeddings
from training.synthesis import render, scenes

# On val scenes, where a distractor sounds every 25 s: one false alarm in 288 distractors.
WANTED_FALSE_ALARMS_PER_HOUR: Final = 0.5


def hops_of_scenes(classifier: TfliteClassifier, sides: Sequence[str]) -> list[LabelledHops]:
    """Unambiguous hops of every scene of these val sides."""
    of_sides = [path for side in sides for path in scenes.scene_paths(side)]
    paths = tqdm(of_sides, desc="calibration", unit="scene", leave=False)
    loaded = ((scenes.load_scene(path)) for path in paths)
    return [unambiguous_hops(scores_and_embeddings(classifier, scene.samples)[0], scene) for scene in loaded]


def choose_threshold(voted: list[VotedScene], per_hour: float) -> float:
    """Lowest threshold with two digits, at most 0.99, that keeps false alarms an hour at or below `per_hour`."""
    exact, _ = recall_at_false_alarms(voted, per_hour)
    threshold = float(np.ceil(exact * 100) / 100)
    while false_alarms_per_hour(voted, threshold) > per_hour and threshold < 0.99:
        threshold = round(threshold + 0.01, 2)
    return min(round(threshold, 2), 0.99)


def promised_threshold(voted: Sequence[VotedScene]) -> float:
    """Lowest threshold with two digits, at most 0.99, that keeps its promise in homes of unknown sounds."""
    alarms = family_alarms([replace(scene, voted=logit(scene.voted)) for scene in voted])
    exact = float(sigmoid(np.array(alarms.homes().promise())))
    return min(float(np.ceil(exact * 100)) / 100, 0.99)


def describe(
    content: bytes, threshold: float, made: dict[str, Any], families: dict[str, list[float]] | None = None
) -> dict[str, Any]:
    """Content of cry.json; `families` are the weights of those that were learnt (`network.family_weights`)."""
    return {
        "file": "cry.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "features": FEATURES,
        "input": {
            "frames": {"shape": [1, 24, 64, 1], "is": "one hop of babycryd.detect.features.Leveller"},
            "state": {"is": "the state of the last hop; zeros at the beginning"},
        },
        "output": {
            "score": {"shape": [1, 1], "is": "probability of a baby's cry within the last second"},
            "embedding": {"shape": [1, 64], "is": "what the score is made of"},
            "state": {"is": "for the next hop"},
        },
        **({"families": {"of": "the embedding, then a 1", "weights": families}} if families else {}),
        "threshold": threshold,
        "votes": {"needed": 3, "windows": 5},
        "trained_on": datetime.now(UTC).date().isoformat(),
        "made_by": made,
    }


def write_files(content: bytes, cries: bytes, description: dict[str, Any], folder: Path) -> None:
    """Write all files, the model first; each is replaced as a whole."""
    described = (json.dumps(description, indent=2) + "\n").encode()
    files = {"cry.tflite": content, "cries.f16": cries, "cry.json": described}
    for name, data in files.items():
        partial = folder / f".{name}"
        partial.write_bytes(data)
        partial.replace(folder / name)


def calibrated_model(student: Any, sides: Sequence[str], architecture: str) -> tuple[bytes, dict[str, Any]]:
    """TFLite file with the calibration folded in, and the calibration. Exits if the file is larger than MAX_BYTES."""
    found = calibration(hops_of_scenes(TfliteClassifier(to_tflite(student, architecture), "the student"), sides))
    content = to_tflite(student, architecture, found["slope"], found["shift"])
    if len(content) > MAX_BYTES:
        raise SystemExit(f"the model is {len(content)} bytes, more than {MAX_BYTES}: make the architecture smaller")
    return content, found


def export(weights: Path, folder: Path, sides: Sequence[str], per_hour: float, architecture: str = SHIPPED) -> str:
    """Calibrate trained weights, choose their threshold, write the files into a folder; returns what came out."""
    student, history = build(architecture), load_history(weights.parent)
    student.load_weights(weights)
    content, found = calibrated_model(student, sides, architecture)
    judged = Student(TfliteClassifier(content, "the student"), 0.5)
    voted = [scene for side in sides for scene in vote_scenes(judged, side)]
    threshold = max(choose_threshold(voted, per_hour), promised_threshold(voted))
    made = {
        "architecture": architecture,
        "seeds": {"render": render.SEED, "train": train.SEED, "scenes": scenes.SEED},
        "training": [asdict(run) for run in history],
        "segments_per_shard": render.SEGMENTS_PER_SHARD,
        "manifest_sha256": manifest_sha256(),
        "sides": list(sides),
        "calibration": found,
    }
    cries = reference_embeddings(TfliteClassifier(content, "the student"), threshold)
    families = family_weights(student) if any(run.family_weight for run in history) else None
    write_files(content, cries.tobytes(), describe(content, threshold, made, families), folder)
    return f"{len(content)} bytes, threshold {threshold}"


def main() -> None:
    """Calibrate, choose the threshold, write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    trained = train.Plan().folder / train.WEIGHTS_FILE
    parser.add_argument("--weights", type=Path, default=trained, help="weights that training saved")
    parser.add_argument(
        "--false-alarms",
        type=float,
        default=WANTED_FALSE_ALARMS_PER_HOUR,
        help="most false alarms an hour on the scenes",
    )
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=("val",), help="val sides that it has not met")
    options = parser.parse_args()
    told = export(options.weights, MODELS, options.sides, options.false_alarms)
    print(f"{told}; set the default of detection.threshold to it, then run")
    print("python -m training.evaluation.evaluate")


if __name__ == "__main__":
    main()
