"""Pictures of the model card: small PNGs in docs/pictures. Those with several val sides have a panel for each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.data.paths import REPOSITORY
from training.evaluation.comparison import Reports, Sides, baby_recalls, family_shares, side_title
from training.evaluation.report import BABIES_PER_HOUR, FAMILIES_PER_HOUR

PICTURES: Final = REPOSITORY / "docs" / "pictures"
COLOURS: Final = ("#1b6ca8", "#5aa9d6", "#2e8b57", "#7d5ba6", "#c0392b", "#e08e2b", "#7f8c8d")  # ours first
PANEL_IN: Final = (7, 4.2)


def _figure(draw: Callable[[list[Any]], None], file: Path, panels: int = 1, height_in: float = PANEL_IN[1]) -> None:
    """Draw a picture of panels side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    size = (PANEL_IN[0] * (1 if panels == 1 else 0.75 * panels), height_in)
    figure, axes = plt.subplots(1, panels, figsize=size, layout="constrained", squeeze=False)
    draw(list(axes[0]))
    for one in axes[0]:
        one.spines[["top", "right"]].set_visible(False)
        one.grid(alpha=0.25, which="both")
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
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.1), ncol=2, fontsize=8)


def recall_by_snr(reports: Reports, axes: Any) -> None:
    """Recall by SNR with 95 % intervals, every detector at the same rate of false alarms."""
    width = 0.8 / len(reports)
    for index, (colour, (name, report)) in enumerate(zip(COLOURS, reports.items(), strict=False)):
        bins = report["recall_by_snr"]
        value, low, high = (np.array([one[key] for one in bins.values()]) * 100 for key in ("value", "low", "high"))
        x = np.arange(len(bins)) + (index - (len(reports) - 1) / 2) * width
        axes.bar(x, value, width * 0.9, color=colour, label=name)
        reach = np.clip([value - low, high - value], 0, None)
        axes.errorbar(x, value, reach, fmt="none", ecolor="k", elinewidth=0.8, capsize=1)
    axes.set(
        ylim=(0, 100),
        ylabel=f"cries found at {BABIES_PER_HOUR:g} false alarms an hour, %",
        xlabel="signal-to-noise ratio, dB",
    )
    bins = next(iter(reports.values()))["recall_by_snr"]
    axes.set_xticks(range(len(bins)), [f"{name}\n({one['events']} cries)" for name, one in bins.items()], fontsize=7)
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.1), ncol=2, fontsize=8)


def latency(reports: Reports, axes: Any) -> None:
    """Histogram of the time from the onset of a cry to the alarm, our detector."""
    found = next(iter(reports.values()))["scenes"]
    axes.hist(np.minimum(found["latencies_s"], 10), bins=np.arange(0, 10.25, 0.25), color=COLOURS[0])
    for name, style in (("median", "-"), ("p95", "--")):
        at_s = found[f"latency_{name}_s"]["value"]
        axes.axvline(min(at_s, 10), color="k", lw=1, ls=style, label=f"{name} {at_s:.2f} s")
    axes.set(xlabel="seconds from the onset to the alarm (last bar: 10 or more)", ylabel="cries")
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


def babies(sides: Sides, axes: Any) -> None:
    """Recall of every baby, the worst first, every detector at the same rate of false alarms."""
    for colour, (name, of) in zip(COLOURS, baby_recalls(sides).items(), strict=False):
        recalls = np.sort([100 * recall for recall, _ in of.values()])
        axes.step(np.linspace(0, 100, len(recalls)), recalls, color=colour, label=name, lw=2)
    axes.set(xlim=(0, 100), ylim=(0, 102), xlabel="babies, the one heard worst first, %")
    axes.set(ylabel=f"cries found at {BABIES_PER_HOUR:g} false alarms an hour, %")
    axes.legend(frameon=False, fontsize=8)


def families(sides: Sides, axes: Any) -> None:
    """Share of each family's sounds that raise an alarm, every detector at the same rate of false alarms."""
    shares = family_shares(sides)
    names = sorted(next(iter(shares.values())))
    height = 0.8 / len(shares)
    for index, (colour, (detector, of)) in enumerate(zip(COLOURS, shares.items(), strict=False)):
        y = np.arange(len(names)) + (index - (len(shares) - 1) / 2) * height
        axes.barh(y, [of[name]["value"] for name in names], height * 0.9, color=colour, label=detector)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel=f"of its sounds raise an alarm at {FAMILIES_PER_HOUR:g} false alarms an hour, %")
    axes.legend(frameon=False, fontsize=8)


def draw_all(sides: Sides, calibration: dict[str, Any], folder: Path = PICTURES) -> list[Path]:
    """Draw all pictures; returns their files."""
    tall_in = 1.6 * PANEL_IN[1]
    of_sides: dict[str, Callable[[Reports, Any], None]] = {
        "det": det,
        "recall-by-snr": recall_by_snr,
        "latency": latency,
    }
    for name, draw in of_sides.items():
        _figure(partial(_panels, draw, sides), folder / f"{name}.png", len(sides))
    _figure(lambda panels: reliability(calibration, panels[0]), folder / "reliability.png")
    _figure(lambda panels: babies(sides, panels[0]), folder / "babies.png")
    _figure(lambda panels: families(sides, panels[0]), folder / "families.png", height_in=tall_in)
    return [folder / f"{name}.png" for name in (*of_sides, "reliability", "babies", "families")]


def _panels(draw: Callable[[Reports, Any], None], sides: Sides, panels: list[Any]) -> None:
    """Draw one panel for each side, the legend only in the first."""
    for panel, (side, reports) in zip(panels, sides.items(), strict=True):
        draw(reports, panel)
        panel.set_title(side_title(side).replace("`", ""), loc="left", fontsize=9)
        if panel is not panels[0] and draw is not latency:
            panel.get_legend().remove()
