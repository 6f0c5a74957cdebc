"""History of the measurements by version: a file that benchmarks append to, and its picture.

    python -m benchmarks.history [--plot docs/pictures/performance.png]

`history.jsonl` has a line for each version of each run. The versions of a run were measured side by side, on one
machine; those of two runs are not compared, as the speed of machines changes from day to day. A figure that is more
than WORSE above that of the version before in its run is a regression: it is printed, and red in the picture.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

HISTORY: Final = Path(__file__).with_name("history.jsonl")
WORSE: Final = 0.1
# Figure, its name in the picture, and the goal
FIGURES: Final = (
    ("start_s", "start to listening, s", 0.6),
    ("memory_mb", "memory with page and MQTT, MB", 80.0),
    ("memory_without_page_mb", "memory without the page, MB", 70.0),
    ("cpu_quiet_ms", "CPU in a quiet room, ms a second", 6.0),
    ("wakeups_quiet", "wake-ups a second in a quiet room", 15.0),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one version in one run."""

    run: str  # when it was measured, ISO 8601: the same for all versions of the run
    commit: str
    committed: str  # ISO 8601
    version: str
    machine: str
    load: float  # of the machine, over the last minute
    start_s: float
    memory_mb: float
    memory_without_page_mb: float
    cpu_quiet_ms: float
    wakeups_quiet: float


@dataclass(frozen=True, slots=True)
class Regression:
    """Figure that grew from one version to the next."""

    figure: str
    before: Measured
    after: Measured

    def __str__(self) -> str:
        """Return one line for the terminal."""
        old, new = getattr(self.before, self.figure), getattr(self.after, self.figure)
        return f"{self.figure}: {self.before.commit} {old:g} -> {self.after.commit} {new:g}"


def append(rows: Iterable[Measured], path: Path = HISTORY) -> None:
    """Append the versions of a run."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


def read(path: Path = HISTORY) -> list[list[Measured]]:
    """Return the runs in their order, the versions of each by the time of their commit."""
    rows = [Measured(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    runs = groupby(sorted(rows, key=lambda row: (row.run, row.committed)), key=lambda row: row.run)
    return [list(run) for _, run in runs]


def regressions(runs: Iterable[Sequence[Measured]]) -> list[Regression]:
    """Return each figure that is more than WORSE above the one of the version before in its run."""
    steps = [step for run in runs for step in pairwise(run)]
    return [
        Regression(figure, before, after)
        for before, after in steps
        for figure, _, _ in FIGURES
        if getattr(after, figure) > (1 + WORSE) * getattr(before, figure)
    ]


def plot(runs: Sequence[Sequence[Measured]], path: Path) -> None:
    """Draw a panel for each figure, a line for each run, the goal, and a red point for each regression."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("Agg")
    commits = sorted({(row.committed, row.commit) for run in runs for row in run})
    places = {commit: place for place, (_, commit) in enumerate(commits)}
    worse = {(each.figure, each.after.run, each.after.commit) for each in regressions(runs)}
    chart, panels = plt.subplots(len(FIGURES), 1, figsize=(8, 2 * len(FIGURES)), sharex=True)
    for panel, (figure, name, goal) in zip(panels, FIGURES, strict=True):
        for run in runs:
            values = [getattr(row, figure) for row in run]
            panel.plot([places[row.commit] for row in run], values, "o-", label=f"{run[0].run[:10]}, {run[0].machine}")
            for row, value in zip(run, values, strict=True):
                if (figure, row.run, row.commit) in worse:
                    panel.plot(places[row.commit], value, "o", color="#c1121f", markersize=9)
        panel.axhline(goal, linestyle="--", color="#888888")
        panel.set_title(f"{name} (goal {goal:g})", fontsize=9, loc="left")
        highest = max(goal, *(getattr(row, figure) for run in runs for row in run))
        panel.set_ylim(0, 1.15 * highest)
    panels[0].legend(fontsize=7)
    panels[-1].set_xticks(range(len(commits)), [f"{commit}\n{when[5:16]}" for when, commit in commits], fontsize=7)
    chart.tight_layout()
    chart.savefig(path, dpi=100)


def main() -> None:
    """Draw the history, and print its regressions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, default=Path("docs/pictures/performance.png"))
    runs = read()
    plot(runs, parser.parse_args().plot)
    for each in regressions(runs):
        print(each)


if __name__ == "__main__":
    main()
