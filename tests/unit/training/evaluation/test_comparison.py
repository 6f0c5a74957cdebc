"""Detectors side by side: by side, family and baby."""

from typing import Any

from training.evaluation.comparison import baby_recalls, by_baby, by_family, by_snr, family_shares, summary


def report(alarms: int, recall: float) -> dict[str, Any]:
    figure = {"value": recall, "low": recall - 0.1, "high": recall + 0.1}
    return {
        "recall_at": dict.fromkeys(("0.0", "0.5", "1.0", "2.0", "4.0"), figure),
        "recall_by_snr": {"-5 to 0": figure | {"events": 7}},
        "scenes": {
            "hours": 8.0,
            "recall": figure,
            "false_alarms_per_hour": {"value": 0.5, "low": 0.1, "high": 1.0},
            "latency_median_s": {"value": 1.5, "low": 1.25, "high": 1.75},
            "latency_p95_s": {"value": 6.0, "low": 4.0, "high": 8.0},
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
    assert seen.startswith(
        "| seen datasets, other babies and sounds (`shipped-val`) | babycryd | 8 | 0.500 (0.400 to 0.600) |"
    )
    assert unseen.startswith("| `val-0` | babycryd | 8 | 0.750 (0.650 to 0.850) |")
    end = "| 0.50 (0.10 to 1.00) | 0.750 (0.650 to 0.850) | 1.50 (1.25 to 1.75) | 6.00 (4.00 to 8.00) |"
    assert unseen.endswith(end)


def test_families_are_counted_over_all_sides() -> None:
    shares = family_shares(SIDES)["babycryd"]
    assert {family: one["value"] for family, one in shares.items()} == {"cats": 4.0, "dogs": 0.0}
    assert shares["cats"]["low"] < 4.0 < shares["cats"]["high"]
    assert "| cats | 100 | 4.0 (1.6 to 9.8) | 10.0 (5.5 to 17.4) |" in by_family(SIDES)


def test_snrs_stand_side_by_side() -> None:
    assert "| -5 to 0 dB | 7 | 0.50 (0.40 to 0.60) | 0.25 (0.15 to 0.35) |" in by_snr(SIDES["shipped-val"])


def test_babies_are_sorted_by_what_ours_misses() -> None:
    assert baby_recalls(SIDES)["YAMNet"]["a (val-0)"] == (0.95, 4)
    lines = by_baby(SIDES).splitlines()
    assert lines[2] == "| a (shipped-val) | 4 | 0.50 | 0.25 |"
    assert lines[3] == "| a (val-0) | 4 | 0.75 | 0.95 |"
    assert lines[-1].startswith("| share of all 4 babies with a recall of 0.9 or more |  | 50% (0% to 100%) | 75% (")


def test_a_baby_that_a_detector_did_not_hear_says_so() -> None:
    fewer = report(1, 0.5)
    del fewer["babies"]["a"]
    assert "| a (val-0) | 4 | 0.75 | not heard |" in by_baby({"val-0": {"babycryd": report(3, 0.75), "YAMNet": fewer}})
