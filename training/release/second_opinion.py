"""Export of the second opinion: mn04 with nothing but its cry classes, calibrated beside the shipped model.

    python -m training.release.second_opinion                    mn04 as it is
    python -m training.release.second_opinion --weights WHOLE --heard-by FOLD --sides val-0 unseen-val --own shipped-val
    python -m training.release.second_opinion --again            the shipped weights and calibration, converted again

Writes second.tflite, second_cries.f16 (`training.release.second_cries`) and second.json to babycryd/detect/models, or
to another folder. The slope of the sum is that of a
probability (`training.release.calibrate`). Its shift lays the default threshold where nineteen of twenty homes of
unknown sounds have at most one false alarm an hour (`training.evaluation.unknown_families`).

Weights of `training.model.second_training` that know the sides of the scenes would promise too much there. FOLD are the
weights of the same training without those sides; they hear the scenes, and the slope is theirs. The promise counts the
scenes of `--own` as well, which WHOLE hears: sides that it was not trained on.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from babycryd.detect.second_opinion import SUSPECTED, WINDOW_HOPS
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SHIPPED_SIDES, SIDES
from training.data.manifest import manifest_sha256
from training.data.paths import MODELS
from training.evaluation.second_opinion import HOURS, RULES, SHIPPED, WINDOWS_HOPS, HeardScene, hear, scenes_by
from training.evaluation.unknown_families import family_alarms
from training.model.mn04_network import MN04, NO_DIRECTIONS, Directions, build, to_tflite
from training.model.second_weights import restored
from training.release.calibrate import concatenated, logit, platt_scaling, prior_weights, sigmoid, unambiguous_hops
from training.release.second_cries import COUNT, directions_of, heard_cries

MAX_BYTES: Final = 2_000_000


def sum_calibration(heard: list[HeardScene], threshold: float, own: Sequence[HeardScene] = ()) -> dict[str, Any]:
    """Slope and shift of the sum. `threshold`: score 0..1 at which unknown homes have the promised false alarms.

    The slope is that of `heard`; the promise holds for the homes of `own`, further scenes, as well.
    """
    rule = RULES[SHIPPED]
    hops = concatenated([unambiguous_hops(sigmoid(rule.sums(one)), one.truth) for one in heard])
    asked = hops.logits > logit(0.0)  # the hops that nothing suspects stand at the lowest logit
    weights = prior_weights(hops.truth)[asked]
    slope, shift = platt_scaling(hops.logits[asked], hops.truth[asked], weights)
    promised = family_alarms(scenes_by(rule.logits, [*heard, *own])).homes().promise()
    chosen = float(logit(threshold)) - slope * promised
    return {"slope": round(slope, 4), "shift": round(chosen, 4), "shift_of_a_probability": round(shift, 4)}


def describe(content: bytes, calibration: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Content of second.json."""
    return {
        "file": "second.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "network": "mn04_as of EfficientAT (Florian Schmid, 2022), MIT: see second.LICENCE.txt",
        "input": {"is": "babycryd.detect.second_features.network_input", "window_hops": WINDOW_HOPS},
        "output": {
            "logit": "of the higher one of 'Crying, sobbing' and 'Baby cry, infant cry'",
            "embedding": "the channels of the last convolution, in the directions in which reference cries differ most",
        },
        "suspected": SUSPECTED,
        "sum": calibration,
        "made_by": made,
    }


def loaded(weights: Path | None) -> Any:
    """mn04 in Keras: with weights of a training, with those of a TFLite file, or as it is."""
    import keras

    keras.utils.clear_session()  # a file holds the names of the layers, which Keras numbers within a process
    if weights and weights.suffix == ".tflite":
        return restored(weights)
    network = build()
    if weights:
        network.load_weights(weights)
    return network


def converted(weights: Path | None, directions: Directions = NO_DIRECTIONS) -> bytes:
    """mn04 with these weights, or as it is, as a TFLite file; what Keras made before changes no byte."""
    return to_tflite(loaded(weights), directions=directions)


def parsed_options() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="fine-tuned weights, or a .tflite file; else mn04 as it is")
    parser.add_argument("--heard-by", type=Path, help="weights that know nothing of the sides; they calibrate the sum")
    parser.add_argument("--again", action="store_true", help="convert the shipped weights; the calibration stays")
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the first stage's .tflite file")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SHIPPED_SIDES, help="val sides to calibrate on")
    parser.add_argument("--own", nargs="*", choices=SIDES, default=[], help="further sides for the promise")
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the scenes that are written")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder for the files")
    parser.add_argument("--cries", type=int, default=COUNT, help="how many reference cries")
    return parser.parse_args()


def calibrated(
    options: argparse.Namespace, classifier: TfliteClassifier, content: bytes
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Calibration of the sum of the file `content` on the scenes of the sides, and how the file was made."""
    shipped = TfliteSecondNetwork(content, "mn04", WINDOWS_HOPS)
    fold = TfliteSecondNetwork(converted(options.heard_by), "fold", WINDOWS_HOPS) if options.heard_by else shipped
    heard = [one for side in options.sides for one in hear(classifier, fold, side, options.hours)]
    own = [one for side in options.own for one in hear(classifier, shipped, side, options.hours)]
    made = {
        "onnx_sha256": hashlib.sha256(MN04.read_bytes()).hexdigest(),
        "fine_tuned": bool(options.weights),
        "manifest_sha256": manifest_sha256(),
        "calibrated_by_a_fold": bool(options.heard_by),
        "weights": "half",
        "scenes": list(options.sides),
        "own_scenes": list(options.own),
        "scenes_h": sum(one.truth.duration_s for one in (*heard, *own)) / 3600,
    }
    return sum_calibration(heard, DetectionSettings().threshold, own), made


def main() -> None:
    """Convert, calibrate, write the files."""
    options = parsed_options()
    classifier = TfliteClassifier(options.model.read_bytes(), str(options.model))
    if options.again:
        options.weights = MODELS / "second.tflite"
    cries = heard_cries(classifier, loaded(options.weights), DetectionSettings().threshold, options.cries)
    directions = directions_of(cries)
    content = converted(options.weights, directions)
    if len(content) > MAX_BYTES:
        raise SystemExit(f"the network is {len(content)} bytes, more than {MAX_BYTES}")
    if options.again:
        shipped = json.loads((MODELS / "second.json").read_text(encoding="utf-8"))
        calibration, made = shipped["sum"], shipped["made_by"]
    else:
        calibration, made = calibrated(options, classifier, content)
    reference = np.asarray(cries @ directions.kernel + directions.bias, np.float16)
    description = json.dumps(describe(content, calibration, made), indent=2) + "\n"
    options.out.mkdir(parents=True, exist_ok=True)
    files = {"second.tflite": content, "second_cries.f16": reference.tobytes(), "second.json": description.encode()}
    for file, data in files.items():
        partial = options.out / f".{file}"
        partial.write_bytes(data)
        partial.replace(options.out / file)
    print(f"{len(content)} bytes, {len(reference)} reference cries, {calibration}")


if __name__ == "__main__":
    main()
