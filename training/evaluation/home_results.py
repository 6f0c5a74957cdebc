"""Results of simulated homes: without and with what was learnt, on a new day and in the second week.

The new day has recordings that were never learnt. The second week has the recordings of the learnt days, in other pitch
and tempo, and every day of it is judged with what was learnt until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from babycryd.detect.verifier import Mark
from training.evaluation.home_cast import Home
from training.evaluation.metrics import bootstrap


@dataclass(slots=True)
class DayFigures:
    """What was found and what was not on one day."""

    latencies_s: list[float | None] = field(default_factory=list)  # of each cry; None: missed
    false_alarms: list[Mark] = field(default_factory=list)
    hours: float = 0.0

    @property
    def recall(self) -> float:
        """Share of the cries that were found, 0..1."""
        return float(np.mean([one is not None for one in self.latencies_s]))

    @property
    def per_hour(self) -> float:
        """False alarms an hour."""
        return len(self.false_alarms) / self.hours

    def add(self, other: "DayFigures") -> None:
        """Count another day as well."""
        self.latencies_s += other.latencies_s
        self.false_alarms += other.false_alarms
        self.hours += other.hours


@dataclass(frozen=True, slots=True)
class Compared:
    """The same sounds without and with learning."""

    before: DayFigures
    after: DayFigures


@dataclass(frozen=True, slots=True)
class HomeResult:
    """What a home gained by learning."""

    home: Home
    new_day: Compared
    second_week: Compared
    sounds: tuple[int, int]  # learnt from: parts of cries, other sounds
    marks: int  # of the owner, all days together


def median_latency_s(figures: Sequence[DayFigures]) -> float:
    """Median over all cries that were found on these days."""
    return float(np.median([one for each in figures for one in each.latencies_s if one is not None]))


def gain(results: Sequence[Compared]) -> float:
    """Recall after learning less recall before, mean over homes."""
    return float(np.mean([one.after.recall - one.before.recall for one in results]))


def remaining(results: Sequence[Compared]) -> float:
    """False alarms after learning, as a share of those before; NaN where there were none."""
    before = sum(len(one.before.false_alarms) for one in results)
    return sum(len(one.after.false_alarms) for one in results) / before if before else float("nan")


def compared(results: Sequence[Compared]) -> dict[str, Any]:
    """Means over the homes before and after learning, with 95 % intervals of the change over homes."""
    before, after = [one.before for one in results], [one.after for one in results]
    recalls = [float(np.mean([one.recall for one in some])) for some in (before, after)]
    rates = [float(np.mean([one.per_hour for one in some])) for some in (before, after)]
    (least, most), (fewest, largest) = bootstrap(results, gain), bootstrap(results, remaining)
    return {
        "recall": {"before": recalls[0], "after": recalls[1], "gain": gain(results), "low": least, "high": most},
        "false_alarms_per_hour": {
            "before": rates[0],
            "after": rates[1],
            "share": remaining(results),
            "low": fewest,
            "high": largest,
        },
        "latency_s": [median_latency_s(before), median_latency_s(after)],
        "largest_loss": max(0.0, *(one.before.recall - one.after.recall for one in results)),
    }


def summary(results: Sequence[HomeResult]) -> dict[str, Any]:
    """Figures of a lot of homes, for the model card."""
    return {
        "homes": len(results),
        "marks": sum(one.marks for one in results),
        "new_day": compared([one.new_day for one in results]),
        "second_week": compared([one.second_week for one in results]),
    }


def _cells(of_home: Sequence[Compared]) -> list[str]:
    """Recall and number of false alarms, each without learning and then with each number of marks."""
    before, after = of_home[0].before, [one.after for one in of_home]
    recalls = ", ".join(f"{one.recall:.2f}" for one in after)
    alarms = ", ".join(str(len(one.false_alarms)) for one in after)
    return [f"{before.recall:.2f} → {recalls}", f"{len(before.false_alarms)} → {alarms}"]


def _row(of_home: Sequence[HomeResult]) -> str:
    home, learnt = of_home[0].home, "{}, {}".format(*of_home[0].sounds)
    confuser = f"{home.kind} {home.confuser}" + ("" if home.other_recordings else " (one recording)")
    cells = [home.baby[:16], confuser, learnt, ", ".join(str(one.marks) for one in of_home)]
    cells += _cells([one.new_day for one in of_home]) + _cells([one.second_week for one in of_home])
    return f"| {' | '.join(cells)} |"


def homes_table(results: dict[int, list[HomeResult]]) -> str:
    """Markdown table of all homes; `results` by the number of false alarms of a day that the owner marks at most."""
    titles = ["baby", "confuser", "learnt from", "marks", "new day: recall", "false alarms"]
    titles += ["second week: recall", "false alarms"]
    rows = [_row(of_home) for of_home in zip(*results.values(), strict=True)]
    return "\n".join([f"| {' | '.join(titles)} |", "|---" * len(titles) + "|", *rows])


MARKED: Final = {"0": "none", "1": "one a day", "3": "three a day"}
JUDGED: Final = {"new_day": "a day of new recordings", "second_week": "the second week"}


def _summary_row(name: str, marks: str, judged: str, found: dict[str, Any]) -> str:
    recall, alarms = found["recall"], found["false_alarms_per_hour"]
    cells = [
        name,
        JUDGED[judged],
        MARKED.get(marks, f"{marks} a day"),
        f"{recall['before']:.3f} → {recall['after']:.3f}",
        f"{recall['gain']:+.3f} ({recall['low']:+.3f} to {recall['high']:+.3f})",
        f"{found['largest_loss']:.3f}",
        f"{alarms['before']:.2f} → {alarms['after']:.2f}",
        f"{alarms['share']:.2f} ({alarms['low']:.2f} to {alarms['high']:.2f})",
        "{:.2f} s → {:.2f} s".format(*found["latency_s"]),
    ]
    return f"| {' | '.join(cells)} |"


def days_text(found: dict[str, dict[str, Any]]) -> str:
    """Table for the model card: lots of homes, and how many false alarms of a day the owner marks at most."""
    titles = ["homes", "judged on", "at most so many marks", "recall", "gain", "largest loss in a home"]
    titles += ["false alarms an hour", "share that remains", "median latency"]
    rows = [
        _summary_row(f"{one['homes']} {name}", marks, judged, one[judged])
        for name, of in found.items()
        for judged in JUDGED
        for marks, one in of.items()
    ]
    return "\n".join([f"| {' | '.join(titles)} |", "|---" * len(titles) + "|", *rows])
