"""Table of operating curves: recall, how soon cries are found, and gains over the first detector, at equal rates."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from training.evaluation.operating_curve import OperatingCurve, curve_of
from training.evaluation.scoring import VotedScene

PER_HOUR: Final = (0.0, 0.5, 1.0, 2.0, 4.0)  # false alarms at which recall is told
SOON_AT: Final = PER_HOUR[1:3]  # the same for how soon cries are found
LATE_S: Final = 4.0  # the goal for 95 % of the cries


def comparison(detectors: Mapping[str, Sequence[VotedScene]]) -> str:
    """Markdown table: recall at each of PER_HOUR, the share found within LATE_S, and the latency, at SOON_AT.

    In brackets: the 95 % interval of the gain over the first detector.
    """
    titles = ["detector", *(f"recall at {rate:g}/h" for rate in PER_HOUR)]
    titles += [f"within {LATE_S:g} s at {rate:g}/h" for rate in SOON_AT]
    titles += [f"latency at {rate:g}/h: median, 95 %" for rate in SOON_AT]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    first: tuple[OperatingCurve, OperatingCurve] | None = None
    for name, scenes in detectors.items():
        curves = curve_of(scenes), curve_of(scenes, LATE_S)
        cells = [_with_gain(curves[0], first and first[0], rate) for rate in PER_HOUR]
        cells += [_with_gain(curves[1], first and first[1], rate) for rate in SOON_AT]
        first = first or curves
        cells += [_latency(curves[0], scenes, rate) for rate in SOON_AT]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines)


def _with_gain(curve: OperatingCurve, first: OperatingCurve | None, per_hour: float) -> str:
    cell = f"{curve.recall(per_hour):.3f}"
    return cell if first is None else "{} ({:+.3f} to {:+.3f})".format(cell, *curve.gain_interval(first, per_hour))


def _latency(curve: OperatingCurve, scenes: Sequence[VotedScene], per_hour: float) -> str:
    point = curve.point(per_hour)
    found = [
        late
        for scene in scenes
        for late in scene.figures_at(float(curve.thresholds[max(0, point)])).latencies_s
        if late is not None and point >= 0
    ]
    return f"{np.median(found):.2f} s, {np.percentile(found, 95):.1f} s" if found else "none"
