"""Sensitivity: the thresholds that the page offers in words, with the recall and the false alarms of each."""

import json
from dataclasses import dataclass
from typing import Final

from babycryd.detect.tflite import MODELS

FILE: Final = "operating_points.json"  # training.release.sensitivity writes it


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Figures of the model card at one threshold."""

    threshold: float
    recall: float  # share of cries that are found, 0..1
    lively_per_hour: float  # false alarms to expect in a lively home, 144 sounds an hour
    calm_per_hour: float  # and in a calm night, 6 sounds an hour


def operating_points(*, second_opinion: bool) -> list[OperatingPoint]:
    """Return the points, from the most sensitive on, of both stages or of the first one alone."""
    text = (MODELS / FILE).read_text("utf-8")
    points = json.loads(text)["both" if second_opinion else "alone"]
    return [OperatingPoint(**{name: each[name] for name in OperatingPoint.__slots__}) for each in points]
