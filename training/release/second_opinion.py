"""Export of the second opinion: mn04 with nothing but its cry classes, calibrated beside the shipped model.

    python -m training.release.second_opinion                    mn04 as it is
    python -m training.release.second_opinion --weights FILE     what training.model.second_training saved

Writes second.tflite and second.json to babycryd/detect/models. The slope of the sum is that of a probability
(`training.release.calibrate`). Its shift lays the default threshold where unknown homes should have
WANTED_FALSE_ALARMS_PER_HOUR. Sources that nothing here was tuned to raise UNKNOWN_SOURCES times as many as those of
val, where so few cannot be counted. They fall exponentially with the threshold, and this line is extended.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from babycryd.detect.second_opinion import SUSPECTED, WINDOW_HOPS
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.data.folds import SIDES
from training.data.paths import MODELS
from training.evaluation.operating_curve import OperatingCurve, curve_of
from training.evaluation.second_opinion import HOURS, RULES, SHIPPED, WINDOWS_HOPS, HeardScene, hear, scenes_by
from training.model.mn04_network import MN04, build, to_tflite
from training.release.calibrate import concatenated, logit, platt_scaling, prior_weights, sigmoid, unambiguous_hops
from training.release.export import WANTED_FALSE_ALARMS_PER_HOUR

MAX_BYTES: Final = 2_000_000
UNKNOWN_SOURCES: Final = 4.5  # as measured with the shipped model alone, on recordings that took no part in anything
_LINE: Final = (0.25, 8.0)  # false alarms an hour between which the line is fitted


def sum_calibration(heard: list[HeardScene], threshold: float) -> dict[str, Any]:
    """Slope and shift of the sum. `threshold`: score 0..1 at which unknown homes have the wanted false alarms."""
    rule = RULES[SHIPPED]
    hops = concatenated([unambiguous_hops(sigmoid(rule.sums(one)), one.truth) for one in heard])
    asked = hops.logits > logit(0.0)  # the hops that nothing suspects stand at the lowest logit
    weights = prior_weights(hops.truth)[asked]
    slope, shift = platt_scaling(hops.logits[asked], hops.truth[asked], weights)
    wanted = extended(curve_of(scenes_by(rule.logits, heard)), WANTED_FALSE_ALARMS_PER_HOUR / UNKNOWN_SOURCES)
    chosen = float(logit(threshold)) - slope * wanted
    return {"slope": round(slope, 4), "shift": round(chosen, 4), "shift_of_a_probability": round(shift, 4)}


def extended(curve: OperatingCurve, per_hour: float) -> float:
    """Threshold with this rate of false alarms, on the line of the logarithm of the rate against the threshold."""
    rates = curve.false_alarms.sum(axis=0) / curve.hours.sum()
    known = (rates >= _LINE[0]) & (rates <= _LINE[1])
    fall, at_zero = np.polyfit(curve.thresholds[known], np.log(rates[known]), 1)
    return float((np.log(per_hour) - at_zero) / fall)


def describe(content: bytes, calibration: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Content of second.json."""
    return {
        "file": "second.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "network": "mn04_as of EfficientAT (Florian Schmid, 2022), MIT: see second.LICENCE.txt",
        "input": {"is": "babycryd.detect.second_features.network_input", "window_hops": WINDOW_HOPS},
        "output": {"is": "logit of the higher one of 'Crying, sobbing' and 'Baby cry, infant cry'"},
        "suspected": SUSPECTED,
        "sum": calibration,
        "made_by": made,
    }


def main() -> None:
    """Convert, calibrate, write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="fine-tuned weights; without them mn04 as it is")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=("shipped-val", "unseen-val"))
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the scenes that are written")
    options = parser.parse_args()
    network = build()
    if options.weights:
        network.load_weights(options.weights)
    content = to_tflite(network)
    if len(content) > MAX_BYTES:
        raise SystemExit(f"the network is {len(content)} bytes, more than {MAX_BYTES}")
    device, name = TfliteSecondNetwork(content, "mn04", WINDOWS_HOPS), hashlib.sha256(content).hexdigest()[:12]
    heard = [one for side in options.sides for one in hear(shipped_classifier(), device, name, side, options.hours)]
    calibration = sum_calibration(heard, DetectionSettings().threshold)
    made = {
        "onnx_sha256": hashlib.sha256(MN04.read_bytes()).hexdigest(),
        "fine_tuned": bool(options.weights),
        "weights": "half",
        "scenes": list(options.sides),
        "scenes_h": sum(one.truth.duration_s for one in heard) / 3600,
    }
    description = json.dumps(describe(content, calibration, made), indent=2) + "\n"
    for file, data in {"second.tflite": content, "second.json": description.encode()}.items():
        partial = MODELS / f".{file}"
        partial.write_bytes(data)
        partial.replace(MODELS / file)
    print(f"{len(content)} bytes, {calibration}")


if __name__ == "__main__":
    main()
