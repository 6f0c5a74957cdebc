"""What became of every cry, and whether anything grows."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from babycryd.core.events import CryStarted
from babycryd.demo.sound import SAMPLE_RATE_HZ
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.history.database import FILE
from benchmarks.soak.week import DAY_S, DEAFENING, Week

WARM_UP_DAYS: Final = 1.0
MOST_GROWTH_MB: Final = 1.0  # a day
_SAME_S: Final = 0.5  # the daemon's word and the replay's are of the same cry
_STEADY: Final = ("descriptors", "threads", "temporary_files", "state_files")
Figures = Sequence[dict[str, float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was counted."""

    scripted: int  # cries
    audible: int  # of them, while no fault of the microphone touched them
    heard_audible: int  # of those, begun by the daemon
    replayed: int  # episodes that a replay of the same sound begins
    begun: int  # by the daemon
    unlike_replay: int  # in one and not in the other
    not_in_history: int
    twice_or_open_in_history: int
    not_on_mqtt: int  # no `new` or no `end`
    unknown_on_mqtt: int
    repeated_on_mqtt: int  # messages that the broker was given again after a broken connection, same id and type
    negative_durations: int
    history_whole: bool
    faults: dict[str, int]
    growth_mb: float | None  # a day, after the warm-up; None where it took too short
    rss_mb: tuple[float, float]  # least and most after the warm-up
    spread: dict[str, tuple[int, int]]  # least and most after the warm-up
    soothing: Mapping[str, int] = field(default_factory=dict)
    sounds_too_many: int = 0  # started after soothing had given up, while the baby still cried

    @property
    def good(self) -> bool:
        lost = (
            self.unlike_replay,
            self.not_in_history,
            self.twice_or_open_in_history,
            self.not_on_mqtt,
            self.unknown_on_mqtt,
            self.negative_durations,
            self.sounds_too_many,
        )
        steady = all(most - least <= _allowed(name) for name, (least, most) in self.spread.items())
        flat = self.growth_mb is None or self.growth_mb < MOST_GROWTH_MB
        return not any(lost) and self.history_whole and self.begun > 0 and steady and flat

    def report(self) -> str:
        growth = "too short to say" if self.growth_mb is None else f"{self.growth_mb:+.3f} MB a day"
        rows = {
            "cries in the script": self.scripted,
            "of them with the microphone well": f"{self.audible}, heard {self.heard_audible}",
            "episodes in a replay of the same sound": self.replayed,
            "episodes of the daemon": self.begun,
            "in one of the two only": self.unlike_replay,
            "not in the history": self.not_in_history,
            "twice or without an end in the history": self.twice_or_open_in_history,
            "without `new` or `end` on MQTT": self.not_on_mqtt,
            "on MQTT, never begun": self.unknown_on_mqtt,
            "messages given to the broker again after a break": self.repeated_on_mqtt,
            "negative durations": self.negative_durations,
            "soothing": ", ".join(f"{count} {what}" for what, count in self.soothing.items()),
            "sounds after it had given up": self.sounds_too_many,
            "history passes SQLite's integrity check": "yes" if self.history_whole else "NO",
            "faults": ", ".join(f"{count} {kind}" for kind, count in self.faults.items()),
            "memory": f"{self.rss_mb[0]:.1f} to {self.rss_mb[1]:.1f} MB, {growth}",
            **{name.replace("_", " "): f"{least} to {most}" for name, (least, most) in self.spread.items()},
        }
        table = "\n".join(f"| {what} | {figure} |" for what, figure in rows.items())
        return f"| | |\n|---|---|\n{table}\n\n{'All is well.' if self.good else 'NOT well.'}"


def judge(
    week: Week,
    cries: Sequence[dict[str, Any]],
    runs: Sequence[dict[str, Any]],
    told: Sequence[dict[str, Any]],
    figures: Figures,
    state: Path,
) -> Verdict:
    """`cries`: begun by the daemon, at what time of the week; `told`: episodes' messages on MQTT."""
    begun = {cry["id"] for cry in cries}
    kept, whole = _history(state)
    on_mqtt = Counter((message["id"], message["type"]) for message in told)
    once = Counter({key: count for key, count in on_mqtt.items() if key[1] != "update"})
    replayed_s = list(replayed(week, runs))
    begun_s = [float(cry["at_s"]) for cry in cries]
    audible = [
        scene for scene in week.scenes if scene.what == "cry" and not _troubled(week, scene.start_s, scene.end_s)
    ]
    late = _after_warm_up(figures)
    rss_mb = [each["rss_mb"] for each in late]
    return Verdict(
        scripted=sum(scene.what == "cry" for scene in week.scenes),
        audible=len(audible),
        heard_audible=sum(any(scene.start_s <= at_s <= scene.end_s + 2 for at_s in begun_s) for scene in audible),
        replayed=len(replayed_s),
        begun=len(cries),
        unlike_replay=_unlike(begun_s, replayed_s),
        not_in_history=len(begun - kept.keys()),
        twice_or_open_in_history=len(kept.keys() - begun) + sum(row["ended"] is None for row in kept.values()),
        not_on_mqtt=sum((each, kind) not in on_mqtt for each in begun for kind in ("new", "end")),
        unknown_on_mqtt=len({episode for episode, _ in on_mqtt} - begun),
        repeated_on_mqtt=sum(count - 1 for count in once.values()),
        negative_durations=sum(message["duration_s"] < 0 for message in told)
        + sum(row["duration_s"] < 0 or (row["ended"] or 0) < row["started"] for row in kept.values()),
        history_whole=whole,
        faults=dict(Counter(fault.kind for fault in week.faults)),
        growth_mb=_slope(late),
        rss_mb=(min(rss_mb), max(rss_mb)),
        spread={
            name: (int(min(each[name] for each in late)), int(max(each[name] for each in late))) for name in _STEADY
        },
    )


def replayed(week: Week, runs: Sequence[dict[str, Any]]) -> Iterator[float]:
    """When the one pipeline begins an episode in the sound that the microphone delivered, seconds of the week."""
    pipeline = Pipeline(DetectionSettings(), shipped_classifier(), shipped_second_opinion())
    hop = 3840
    for run in runs:
        for first in range(run["first"], run["first"] + run["count"], hop):
            samples = week.samples(first, hop)
            if run["muted"]:
                samples[:] = 0
            start_s = first / SAMPLE_RATE_HZ
            for event in pipeline.push(samples, start_s, start_s):
                if isinstance(event, CryStarted):
                    yield event.at_s
        pipeline.finish("deaf")


def _troubled(week: Week, start_s: float, end_s: float) -> bool:
    """Whether the microphone fails while it cries, or shortly before."""
    return any(
        fault.kind in DEAFENING and fault.start_s < end_s and fault.end_s + 15 > start_s for fault in week.faults
    )


def _unlike(begun_s: Sequence[float], replayed_s: Sequence[float]) -> int:
    """How many have no partner on the other side, each being one's partner once."""
    left = list(replayed_s)
    alone = 0
    for at_s in begun_s:
        partner = next((other_s for other_s in left if abs(other_s - at_s) <= _SAME_S), None)
        if partner is None:
            alone += 1
        else:
            left.remove(partner)
    return alone + len(left)


def _history(state: Path) -> tuple[dict[str, dict[str, Any]], bool]:
    """Its episodes by id, which is its primary key, and whether the file is whole."""
    file = sqlite3.connect(state / FILE)
    try:
        whole = file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = file.execute("SELECT id, started_utc_s, duration_s, ended_utc_s FROM episodes").fetchall()
    finally:
        file.close()
    return {row[0]: dict(zip(("started", "duration_s", "ended"), row[1:], strict=True)) for row in rows}, whole


def _after_warm_up(figures: Figures) -> Figures:
    """The later ones: a day is for warming up, or of a short soak its first half."""
    end_s = figures[-1]["at_s"]
    begin_s = min(WARM_UP_DAYS * DAY_S, end_s / 2)
    return [each for each in figures if each["at_s"] >= begin_s]


def _slope(figures: Figures) -> float | None:
    days = np.array([each["at_s"] for each in figures]) / DAY_S
    if days[-1] - days[0] < 1.0:
        return None
    return float(np.polyfit(days, [each["rss_mb"] for each in figures], 1)[0])


def _allowed(name: str) -> int:
    """How much a figure may go up and down, without growing: a connection being made, a file being replaced."""
    return {"descriptors": 4, "threads": 3, "temporary_files": 0, "state_files": 4}[name]
