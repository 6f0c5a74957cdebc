"""Gate of a trained model: it is promoted only where it beats the shipped one on val scenes.

    python -m training.cloud.gate --candidate new/cry.tflite --card new/cry.json            prints the figures
    python -m training.cloud.gate --candidate new/cry.tflite --card new/cry.json --promote my-bucket

Both models are judged by the first stage's vote, cross-validated: each half of the scenes at the threshold that keeps
the false alarms an hour on the other half. The candidate passes where it finds more cries and no more false alarms.
A promoted model goes to training/models/SHA256/ of the bucket with its card, its cries and these figures, and then
training/models/promoted.json names it; `training.cloud.sign` then offers it to devices. Exit code 1: it does not pass.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from babycryd.detect.tflite import ModelError, TfliteClassifier
from training.cloud.storage import Bucket, CloudError
from training.cloud.upload import guarded
from training.data.folds import SIDES
from training.data.paths import MODELS
from training.evaluation.detectors import Student
from training.evaluation.scoring import cross_validated, vote_scenes
from training.release.export import WANTED_FALSE_ALARMS_PER_HOUR

PROMOTED = "training/models/"
POINTER = f"{PROMOTED}promoted.json"


@dataclass(frozen=True, slots=True)
class GateFigures:
    """Figures of one model on val scenes, cross-validated."""

    recall: float  # share of the cries that were found, 0..1
    false_alarms_per_hour: float


def figures(model: bytes, name: str, side: str, hours: float | None) -> GateFigures:
    """Figures of a model. Raises ModelError, and CloudError where there are no scenes."""
    scenes = vote_scenes(Student(TfliteClassifier(model, name), 0.5, name), side, hours)
    if len(scenes) < 2:
        raise CloudError(f"there are no scenes of {side}: python -m training.synthesis.scenes --hours 8")
    found = cross_validated(scenes, WANTED_FALSE_ALARMS_PER_HOUR)
    return GateFigures(found["recall"], found["false_alarms_per_hour"])


def reasons_against(candidate: GateFigures, other: GateFigures) -> list[str]:
    """Why the candidate is not promoted; empty where it beats the other model."""
    reasons = []
    if candidate.recall <= other.recall:
        reasons.append(f"it finds no more cries: {candidate.recall:.4f} against {other.recall:.4f}")
    if candidate.false_alarms_per_hour > other.false_alarms_per_hour:
        rates = f"{candidate.false_alarms_per_hour:.2f} an hour against {other.false_alarms_per_hour:.2f}"
        reasons.append(f"it raises more false alarms: {rates}")
    return reasons


def table(judged: Mapping[str, GateFigures]) -> str:
    """Models side by side, by their names."""
    lines = ["| model | recall | false alarms an hour |", "|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {name} | {one.recall:.4f} | {one.false_alarms_per_hour:.2f} |" for name, one in judged.items())]
    )


def promote(bucket: Bucket, model: bytes, card: bytes, cries: bytes, judged: Mapping[str, GateFigures]) -> str:
    """Write model, card, cries and figures, and at last the pointer to them; returns the prefix. Raises CloudError."""
    sha256 = hashlib.sha256(model).hexdigest()
    if (described := json.loads(card).get("sha256")) != sha256:
        raise CloudError(f"the card describes another model: {described}, and the model is {sha256}")
    prefix = f"{PROMOTED}{sha256}/"
    told = json.dumps({name: asdict(one) for name, one in judged.items()}, indent=1).encode()
    for name, content in (("cry.tflite", model), ("cry.json", card), ("cries.f16", cries), ("gate.json", told)):
        bucket.put(f"{prefix}{name}", content)
    bucket.put(POINTER, json.dumps({"sha256": sha256}).encode())
    return prefix


def run(options: argparse.Namespace) -> None:
    """Judge and, with --promote, publish. Exits with 1 where the candidate does not pass. Raises CloudError."""
    model, shipped = options.candidate.read_bytes(), (MODELS / "cry.tflite").read_bytes()
    try:
        candidate = figures(model, "the candidate", options.side, options.hours)
    except ModelError as broken:
        raise CloudError(f"{options.candidate}: {broken}") from broken
    now = figures(shipped, "the shipped model", options.side, options.hours)
    judged = {"candidate": candidate, "shipped": now}
    print(table(judged))
    if reasons := reasons_against(candidate, now):
        sys.exit("not promoted: " + "; ".join(reasons))
    if options.promote:
        card, cries = options.card.read_bytes(), options.card.with_name("cries.f16").read_bytes()
        where = promote(Bucket(options.promote), model, card, cries, judged)
        print(f"promoted: gs://{options.promote}/{where}")
    else:
        print("it beats the shipped model")


def main() -> None:
    """Judge a candidate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidate", type=Path, required=True, help="TFLite file")
    parser.add_argument("--card", type=Path, help="its cry.json, cries.f16 beside it (needed to promote)")
    parser.add_argument("--side", choices=SIDES, default="val", help="val side of the scenes")
    parser.add_argument("--hours", type=float, help="of the scenes (default: all)")
    parser.add_argument("--promote", metavar="BUCKET", help="publish the model where it passes")
    options = parser.parse_args()
    if options.promote and not options.card:
        parser.error("--promote needs --card")
    guarded(lambda: run(options))


if __name__ == "__main__":
    main()
