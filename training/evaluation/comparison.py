"""Tables that compare detectors on the val sides: seen against unseen datasets, by family of sounds, by baby.

Detectors have scores of different meaning, so that families and babies are compared at thresholds of the same rate of
false alarms.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from training.evaluation.report import FAMILIES_PER_HOUR

Reports = dict[str, dict[str, Any]]  # detector -> its report
Sides = dict[str, Reports]  # val side -> reports, the same detectors in the same order

WORST_BABIES: Final = 12
MEANING: Final = {
    "shipped-val": "seen datasets, other babies and sounds",
    "unseen-val": "unseen datasets",
}


def side_title(side: str) -> str:
    """Name of a side in the tables."""
    return f"{MEANING[side]} (`{side}`)" if side in MEANING else f"`{side}`"


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def summary(sides: Sides) -> str:
    """Markdown table of all detectors, one row for each side and detector."""
    columns = ["side", "detector", "recall at 0.5/h", "at 1/h", "at 2/h", "at 4/h"]
    columns += ["at its threshold: false alarms an hour", "recall", "latency: median, 95 %"]
    rows = []
    for side, reports in sides.items():
        for name, report in reports.items():
            scenes = report["scenes"]
            alarms = scenes["false_alarms_per_hour"]
            rows.append(
                [
                    side_title(side),
                    name,
                    *(f"{at['recall']:.3f}" for at in report["recall_at"].values()),
                    f"{alarms['value']:.2f} ({alarms['low']:.2f} to {alarms['high']:.2f})",
                    f"{scenes['recall']['value']:.3f}",
                    f"{scenes['latency_median_s']} s, {scenes['latency_p95_s']} s",
                ]
            )
    return _rows(columns, rows)


def _shares(sides: Sides, detector: str) -> dict[str, tuple[int, int]]:
    """By family: false alarms and sounds of all sides together."""
    found: dict[str, tuple[int, int]] = {}
    for reports in sides.values():
        for family, one in reports[detector]["families"].items():
            alarms, sounds = found.get(family, (0, 0))
            found[family] = alarms + one["alarms"], sounds + one["sounds"]
    return found


def family_shares(sides: Sides) -> dict[str, dict[str, float]]:
    """Share of a family's sounds that raise an alarm at FAMILIES_PER_HOUR on every side, by detector, in percent."""
    return {
        detector: {family: 100 * alarms / sounds for family, (alarms, sounds) in _shares(sides, detector).items()}
        for detector in next(iter(sides.values()))
    }


def by_family(sides: Sides) -> str:
    """Markdown table: of which family's sounds how many raise an alarm where each detector has the same rate."""
    shares = family_shares(sides)
    sounds = _shares(sides, next(iter(shares)))
    rows = [
        [family, str(count), *(f"{of[family]:.1f} %" for of in shares.values())]
        for family, (_, count) in sorted(sounds.items())
    ]
    return _rows([f"family: share of its sounds at {FAMILIES_PER_HOUR:g}/h", "sounds", *shares], rows)


def baby_recalls(sides: Sides) -> dict[str, dict[str, tuple[float, int]]]:
    """Recall, 0..1, and number of cries of each baby at 0.5 false alarms an hour on its side, by detector."""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for side, reports in sides.items():
        for detector, report in reports.items():
            of = found.setdefault(detector, {})
            for baby, one in report["babies"].items():
                of[f"{baby} ({side})"] = one["recall"], one["events"]
    return found


def by_baby(sides: Sides) -> str:
    """Markdown table of the babies that ours hears worst at 0.5 false alarms an hour, beside the other detectors."""
    recalls = baby_recalls(sides)
    ours = next(iter(recalls.values()))
    worst = sorted(ours, key=lambda baby: (ours[baby][0], -ours[baby][1]))[:WORST_BABIES]
    rows = [[baby, str(ours[baby][1]), *(f"{of[baby][0]:.2f}" for of in recalls.values())] for baby in worst]
    always = [f"{np.mean([recall >= 0.9 for recall, _ in of.values()]):.0%}" for of in recalls.values()]
    rows.append([f"share of all {len(ours)} babies with a recall of 0.9 or more", "", *always])
    title = f"baby, the {len(worst)} heard worst: recall at 0.5/h"
    return _rows([title, "cries", *recalls], rows)
