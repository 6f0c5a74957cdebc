"""Tables that compare detectors on the val sides: recall and false alarms, by family of sounds, by baby, by SNR.

Detectors have scores of different meaning, so that families, babies and SNRs are compared at thresholds of the same
rate of false alarms.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from training.evaluation.metrics import bootstrap, share_interval
from training.evaluation.report import BABIES_PER_HOUR, FALSE_ALARMS_PER_HOUR, FAMILIES_PER_HOUR

Reports = dict[str, dict[str, Any]]  # detector -> its report
Sides = dict[str, Reports]  # val side -> reports, the same detectors in the same order

WORST_BABIES: Final = 12
WELL_HEARD: Final = 0.9  # recall of a baby
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


def with_interval(figure: Mapping[str, float], digits: int = 3) -> str:
    """Cell of a table: the value and, in brackets, its interval."""
    return f"{figure['value']:.{digits}f} ({figure['low']:.{digits}f} to {figure['high']:.{digits}f})"


def summary(sides: Sides) -> str:
    """Markdown table of all detectors, one row for each side and detector."""
    columns = ["side", "detector", "hours", *(f"recall at {rate:g}/h" for rate in FALSE_ALARMS_PER_HOUR)]
    columns += ["at its threshold: false alarms an hour", "recall", "latency: median, s", "95 %, s"]
    rows = []
    for side, reports in sides.items():
        for name, report in reports.items():
            scenes = report["scenes"]
            row = [
                side_title(side),
                name,
                f"{scenes['hours']:g}",
                *(with_interval(at) for at in report["recall_at"].values()),
            ]
            row += [with_interval(scenes["false_alarms_per_hour"], 2), with_interval(scenes["recall"])]
            row += [with_interval(scenes[f"latency_{which}_s"], 2) for which in ("median", "p95")]
            rows.append(row)
    return _rows(columns, rows)


def _shares(sides: Sides, detector: str) -> dict[str, tuple[int, int]]:
    """By family: false alarms and sounds of all sides together."""
    found: dict[str, tuple[int, int]] = {}
    for reports in sides.values():
        for family, one in reports[detector]["families"].items():
            alarms, sounds = found.get(family, (0, 0))
            found[family] = alarms + one["alarms"], sounds + one["sounds"]
    return found


def family_shares(sides: Sides) -> dict[str, dict[str, dict[str, float]]]:
    """Share of a family's sounds that raise an alarm at FAMILIES_PER_HOUR on every side, by detector, in percent.

    The interval holds 95 % if every sound stands for itself; sounds of one recording do not quite.
    """
    found = {}
    for detector in next(iter(sides.values())):
        shares = dict[str, dict[str, float]]()
        for family, (alarms, sounds) in _shares(sides, detector).items():
            low, high = share_interval(alarms, sounds)
            shares[family] = {"value": 100 * alarms / sounds, "low": 100 * low, "high": 100 * high, "sounds": sounds}
        found[detector] = shares
    return found


def by_family(sides: Sides) -> str:
    """Markdown table: of which family's sounds how many raise an alarm where each detector has the same rate."""
    shares = family_shares(sides)
    rows = [
        [family, f"{one['sounds']:g}", *(with_interval(of[family], 1) for of in shares.values())]
        for family, one in sorted(next(iter(shares.values())).items())
    ]
    return _rows([f"family: percent of its sounds at {FAMILIES_PER_HOUR:g}/h", "sounds", *shares], rows)


def by_snr(reports: Reports) -> str:
    """Markdown table of one side: recall in bins of SNR where each detector has the same rate of false alarms."""
    bins = next(iter(reports.values()))["recall_by_snr"]
    rows = [
        [f"{name} dB", str(one["events"]), *(with_interval(of["recall_by_snr"][name], 2) for of in reports.values())]
        for name, one in bins.items()
    ]
    return _rows([f"SNR: recall at {BABIES_PER_HOUR:g}/h", "cries", *reports], rows)


def baby_recalls(sides: Sides) -> dict[str, dict[str, tuple[float, int]]]:
    """Recall, 0..1, and number of cries of each baby at BABIES_PER_HOUR on its side, by detector."""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for side, reports in sides.items():
        for detector, report in reports.items():
            of = found.setdefault(detector, {})
            for baby, one in report["babies"].items():
                of[f"{baby} ({side})"] = one["recall"], one["events"]
    return found


def _well_heard(recalls: Mapping[str, tuple[float, int]]) -> str:
    """Share of the babies that are heard well, with its interval over babies, in percent."""
    well = [recall >= WELL_HEARD for recall, _ in recalls.values()]
    low, high = bootstrap(well, lambda drawn: float(np.mean(drawn)))
    return f"{np.mean(well):.0%} ({low:.0%} to {high:.0%})"


def by_baby(sides: Sides) -> str:
    """Markdown table of the babies that ours hears worst at BABIES_PER_HOUR, beside the other detectors."""
    recalls = baby_recalls(sides)
    ours = next(iter(recalls.values()))
    worst = sorted(ours, key=lambda baby: (ours[baby][0], -ours[baby][1]))[:WORST_BABIES]
    rows = [
        [baby, str(ours[baby][1]), *(f"{of[baby][0]:.2f}" if baby in of else "not heard" for of in recalls.values())]
        for baby in worst
    ]
    title = f"share of all {len(ours)} babies with a recall of {WELL_HEARD:g} or more"
    rows.append([title, "", *(_well_heard(of) for of in recalls.values())])
    title = f"baby, the {len(worst)} heard worst: recall at {BABIES_PER_HOUR:g}/h"
    return _rows([title, "cries", *recalls], rows)
