"""The picture of a soak: memory, descriptors and threads over the days."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.soak.check import WARM_UP_DAYS, Figures, Verdict
from benchmarks.soak.week import DAY_S

mpl.use("Agg")


def draw(figures: Figures, verdict: Verdict, path: Path) -> None:
    """Into a PNG or an SVG, by the name's end."""
    days = [each["at_s"] / DAY_S for each in figures]
    figure, (memory, counts) = plt.subplots(
        2, 1, sharex=True, figsize=(9, 5), height_ratios=(2, 1), layout="constrained"
    )
    memory.plot(days, [each["rss_mb"] for each in figures], linewidth=1.2, color="#2a6f97")
    _warm_up(memory)
    growth = "" if verdict.growth_mb is None else f": {verdict.growth_mb:+.3f} MB a day after the warm-up"
    memory.set_title(f"Resident memory of the daemon{growth}", loc="left", fontsize=11)
    memory.set_ylabel("MB")
    memory.set_ylim(0, 1.15 * max(each["rss_mb"] for each in figures))
    for name, colour in (("descriptors", "#bc4749"), ("threads", "#6a994e"), ("state_files", "#7f7f7f")):
        counts.step(days, [each[name] for each in figures], label=name.replace("_", " "), linewidth=1.2, color=colour)
    _warm_up(counts)
    counts.set_ylim(0)
    counts.set_xlabel("days of nursery time")
    counts.legend(loc="lower right", ncols=3, frameon=False, fontsize=9)
    for axes in (memory, counts):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _warm_up(axes: Any) -> None:
    axes.axvspan(0, WARM_UP_DAYS, color="#000000", alpha=0.05, linewidth=0)
