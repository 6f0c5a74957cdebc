"""Detectors side by side: by side, family and baby."""

from typing import Any

from training.evaluation.comparison import baby_recalls, by_baby, by_family, family_shares, summary


def report(alarms: int, recall: float) -> dict[str, Any]:
    figure = {"value": recall, "low": recall - 0.1, "high": recall + 0.1}
    return {
        "recall_at": {rate: {"recall": recall} for rate in ("0.5", "1.0", "2.0", "4.0")},
        "scenes": {
            "recall": figure,
            "false_alarms_per_hour": {"value": 0.5, "low": 0.1, "high": 1.0},
            "latency_median_s": 1.5,
            "latency_p95_s": 6.0,
        },
        "families": {"cats": {"alarms": alarms, "sounds": 50}, "dogs": {"alarms": 0, "sounds": 10}},
        "babies": {"a": {"recall": recall, "events": 4}, "b": {"recall": 1.0, "events": 2}},
    }


SIDES = {
    "shipped-val": {"babycryd": report(1, 0.5), "YAMNet": report(5, 0.25)},
    "val-0": {"babycryd": report(3, 0.75), "YAMNet": report(5, 0.95)},
}


def test_seen_and_unseen_sides_stand_side_by_side() -> None:
    seen, _, unseen, _ = summary(SIDES).splitlines()[2:]
    assert seen.startswith("| seen datasets, other babies and sounds (`shipped-val`) | babycryd | 0.500 |")
    assert unseen.startswith("| `val-0` | babycryd | 0.750 |")
    assert unseen.endswith("| 0.50 (0.10 to 1.00) | 0.750 | 1.5 s, 6.0 s |")


def test_families_are_counted_over_all_sides() -> None:
    assert family_shares(SIDES)["babycryd"] == {"cats": 4.0, "dogs": 0.0}
    assert "| cats | 100 | 4.0 % | 10.0 % |" in by_family(SIDES)


def test_babies_are_sorted_by_what_ours_misses() -> None:
    assert baby_recalls(SIDES)["YAMNet"]["a (val-0)"] == (0.95, 4)
    lines = by_baby(SIDES).splitlines()
    assert lines[2] == "| a (shipped-val) | 4 | 0.50 | 0.25 |"
    assert lines[3] == "| a (val-0) | 4 | 0.75 | 0.95 |"
    assert lines[-1] == "| share of all 4 babies with a recall of 0.9 or more |  | 50% | 75% |"
