"""Pictures of the model card: every one is drawn, for one side as for two."""

from pathlib import Path
from typing import Any

import pytest

from training.evaluation.plots import draw_all

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def report(recall: float) -> dict[str, Any]:
    figure = {"value": recall, "low": recall - 0.1, "high": recall + 0.05, "events": 12}
    points = [{"false_alarms_per_hour": rate, "recall": recall - 0.1 / rate} for rate in (0.5, 1.0, 4.0)]
    return {
        "error_tradeoff": points,
        "recall_by_snr": {"0 to 10": figure, "10 to 20": figure},
        "scenes": {
            "latencies_s": [0.9, 1.2, 4.0],
            "latency_median_s": {"value": 1.2},
            "latency_p95_s": {"value": 4.0},
        },
        "families": {"cats": {"alarms": 2, "sounds": 50}, "dogs": {"alarms": 0, "sounds": 10}},
        "babies": {"a": {"recall": recall, "events": 4}, "b": {"recall": 1.0, "events": 2}},
    }


CALIBRATION = {
    "expected_error": {"before": 0.01, "after": 0.002},
    "reliability": {name: [{"score": 0.1, "cries": 0.1, "hops": 100}] for name in ("before", "after")},
}


@pytest.mark.parametrize("names", [("val-0",), ("shipped-val", "unseen-val")])
def test_every_picture_is_drawn(tmp_path: Path, names: tuple[str, ...]) -> None:
    sides = {name: {"babycryd": report(0.9), "YAMNet": report(0.5)} for name in names}
    files = draw_all(sides, CALIBRATION, tmp_path)
    drawn = ["babies.png", "det.png", "families.png", "latency.png", "recall-by-snr.png", "reliability.png"]
    assert sorted(file.name for file in files) == drawn
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
