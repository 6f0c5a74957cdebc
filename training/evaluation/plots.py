"""Pictures of the model card: small PNGs in docs/pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.data.paths import REPOSITORY

PICTURES: Final = REPOSITORY / "docs" / "pictures"
COLOURS: Final = ("#1b6ca8", "#5aa9d6", "#7d5ba6", "#c0392b", "#e08e2b", "#7f8c8d")
Reports = dict[str, dict[str, Any]]  # detector -> report, ours first


def _figure(draw: Callable[[Any], None], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, which="both")
    figure.savefig(file, dpi=90, metadata={"Software": None})
    plt.close(figure)


def det(reports: Reports, axes: Any) -> None:
    """DET curve: missed cries against false alarms an hour."""
    for colour, (name, report) in zip(COLOURS, reports.items(), strict=False):
        curve = [point for point in report["error_tradeoff"] if point["false_alarms_per_hour"] <= 30]
        x = np.maximum([point["false_alarms_per_hour"] for point in curve], 0.2)
        axes.plot(x, [100 * (1 - point["recall"]) for point in curve], color=colour, label=name, lw=2)
    axes.axvline(0.5, color="k", lw=0.8, ls=":")
    axes.set(xscale="log", xlim=(0.2, 30), ylim=(0, 100), xlabel="false alarms an hour (a distractor every 25 s)")
    axes.set(ylabel="missed cries, SNR 0 to 30 dB, %", xticks=[0.2, 0.5, 1, 2, 5, 10, 30])
    axes.set_xticklabels(["0.2", "0.5", "1", "2", "5", "10", "30"])
    axes.legend(frameon=False)


def recall_by_snr(reports: Reports, axes: Any) -> None:
    """Recall by SNR with 95 % intervals, every detector at its own threshold."""
    width = 0.8 / len(reports)
    for index, (colour, (name, report)) in enumerate(zip(COLOURS, reports.items(), strict=False)):
        bins = report["scenes"]["recall_by_snr"]
        value, low, high = (np.array([one[key] for one in bins.values()]) * 100 for key in ("value", "low", "high"))
        x = np.arange(len(bins)) + (index - (len(reports) - 1) / 2) * width
        axes.bar(x, value, width * 0.9, color=colour, label=name)
        reach = np.clip([value - low, high - value], 0, None)
        axes.errorbar(x, value, reach, fmt="none", ecolor="k", elinewidth=0.8, capsize=2)
    axes.set(ylim=(0, 100), ylabel="cries found, %", xlabel="signal-to-noise ratio, dB")
    axes.set_xticks(range(len(bins)), [f"{name}\n({one['events']} cries)" for name, one in bins.items()])
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2)


def latency(reports: Reports, axes: Any) -> None:
    """Histogram of the time from the onset of a cry to the alarm, our model."""
    found = next(iter(reports.values()))["scenes"]
    axes.hist(np.minimum(found["latencies_s"], 10), bins=np.arange(0, 10.25, 0.25), color=COLOURS[0])
    for name, style in (("median", "-"), ("p95", "--")):
        at_s = found[f"latency_{name}_s"]
        axes.axvline(min(at_s, 10), color="k", lw=1, ls=style, label=f"{name} {at_s} s")
    axes.set(xlabel="seconds from the onset of a cry to the alarm (10 and more in the last bar)", ylabel="cries")
    axes.legend(frameon=False)


def reliability(calibration: dict[str, Any], axes: Any) -> None:
    """Reliability diagram: share of hops with a cry by score; the size of a dot is the number of hops."""
    for colour, (name, rows) in zip(COLOURS[1::-1], calibration["reliability"].items(), strict=True):
        size = 6 + 40 * np.log10([row["hops"] for row in rows]) / 5
        error = calibration["expected_error"][name]
        label = f"{name} calibration, expected error {error:.3f}"
        axes.plot([row["score"] for row in rows], [row["cries"] for row in rows], color=colour, lw=1.2, label=label)
        axes.scatter([row["score"] for row in rows], [row["cries"] for row in rows], size, color=colour)
    axes.plot([0, 1], [0, 1], "k:", lw=0.8)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="score", ylabel="share of hops with a cry")
    axes.legend(frameon=False)


def draw_all(reports: Reports, calibration: dict[str, Any], folder: Path = PICTURES) -> list[Path]:
    """Draw all four pictures; returns their files."""
    drawn: dict[str, Callable[[Any], None]] = {
        "det": lambda axes: det(reports, axes),
        "recall-by-snr": lambda axes: recall_by_snr(reports, axes),
        "latency": lambda axes: latency(reports, axes),
        "reliability": lambda axes: reliability(calibration, axes),
    }
    files = [folder / f"{name}.png" for name in drawn]
    for draw, file in zip(drawn.values(), files, strict=True):
        _figure(draw, file)
    return files
