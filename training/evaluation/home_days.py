"""Day 1 against day 14 in simulated homes: what the daemon finds before and after it has learnt its home.

    python -m training.evaluation.home_days                the table, without a mark of the owner (3 minutes)
    python -m training.evaluation.home_days --marks 1      the owner marks one false alarm a day

The hops of `training.evaluation.homes`, as gate and both stages heard them, go through the daemon's vote, rejection
and episodes; what they show is collected and learnt every night by the daemon's code. Both columns judge the same day,
whose sounds were never learnt.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_S
from babycryd.core.events import CryEnded, CryStarted, DetectEvent, Event, Hearing
from babycryd.core.state import StateTracker
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import Slot
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.verifier import Mark
from babycryd.detect.verifiers import Verifiers
from babycryd.feedback.home_sounds import APART_S, HomeSounds
from babycryd.feedback.learner import examples
from training.data.paths import WORK
from training.evaluation.home_hearing import Models, false_mark, shipped_models, shipped_pair
from training.evaluation.homes import COUNT, DAYS, PIECE_S, Home, HomePiece, has_days, homes, pieces_of
from training.evaluation.metrics import bootstrap
from training.evaluation.scene_runs import is_false_episode, latency_s

HOME_DAYS: Final = WORK / "home_days.json"  # for the model card
PIECES_APART_S: Final = 3600.0
QUIET_HOPS: Final = 100  # after a piece, in which a running episode ends
_SILENCE: Final = np.zeros(HOP, np.float32)


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


@dataclass(frozen=True, slots=True)
class HomeResult:
    """The judged day of a home before and after learning."""

    home: Home
    before: DayFigures
    after: DayFigures
    sounds: tuple[int, int]  # learnt from: parts of cries, other sounds


def _slots(piece: HomePiece, begin_s: float) -> Iterator[Slot]:
    """The hops of a piece and of the quiet after it."""
    sounding = len(piece.heard.scores)
    for index in range(sounding + QUIET_HOPS):
        at_s = begin_s + (index + 1) * HOP_S
        scored = piece.heard.scored(index) if index < sounding else None
        yield Slot(Hop(_SILENCE, at_s, at_s, after_gap=index == 0), scored)


def _events(pipeline: Pipeline, piece: HomePiece, begin_s: float) -> list[DetectEvent]:
    return [event for slot in _slots(piece, begin_s) for event in pipeline.follow_hop(slot)]


def _note(figures: DayFigures, piece: HomePiece, begin_s: float, events: Sequence[DetectEvent]) -> None:
    started = [event for event in events if isinstance(event, CryStarted)]
    ended = [event.at_s - begin_s for event in events if isinstance(event, CryEnded)]
    episodes = list(zip([event.at_s - begin_s for event in started], ended, strict=True))
    figures.latencies_s += [latency_s(cry, episodes) for cry in piece.cries]
    false = [event for event in started if is_false_episode(event.at_s - begin_s, piece.cries)]
    figures.false_alarms += [false_mark(event) for event in false]
    figures.hours += PIECE_S / 3600


def judge(pipeline: Pipeline, pieces: Sequence[HomePiece]) -> DayFigures:
    """Figures of a day, from which nothing is learnt."""
    figures = DayFigures()
    for number, piece in enumerate(pieces):
        begin_s = number * PIECES_APART_S
        _note(figures, piece, begin_s, _events(pipeline, piece, begin_s))
    return figures


class LearningHome:
    """A daemon in a home: lives through days, and learns after each."""

    def __init__(self, models: Models, settings: DetectionSettings, marks_a_day: int) -> None:
        """`marks_a_day`: how many false alarms of a day the owner marks at most."""
        self._models = models
        self._pipeline = Pipeline(settings, models.classifier)
        self._marks_a_day = marks_a_day
        self._marks = list[Mark]()
        self._begin_s = 0.0
        self._state = StateTracker(0.0)
        self.sounds = HomeSounds()
        self._note(Hearing(-APART_S, "microphone"))

    def _note(self, event: Event) -> None:
        self.sounds.note(event)
        if change := self._state.update(event, event.at_s):
            self.sounds.note(change)

    def live(self, pieces: Sequence[HomePiece]) -> DayFigures:
        """Live through a day; returns its figures."""
        figures = DayFigures()
        for piece in pieces:
            events = _events(self._pipeline, piece, self._begin_s)
            for event in events:
                self._note(event)
            _note(figures, piece, self._begin_s, events)
            self._begin_s += PIECES_APART_S
            self.sounds.settle(self._begin_s)
        self._marks += figures.false_alarms[: self._marks_a_day]
        return figures

    def learn(self) -> Verifiers:
        """Learn from all days so far; returns the verifiers, which are used from now on."""
        self.sounds.night += 1
        verifiers = self._models.verifiers()
        verifiers.fit(self._marks, examples(self.sounds.sounds, self.sounds.night, {}))
        self._pipeline.use(verifiers)
        return verifiers


def result_of(home: Home, models: Models, settings: DetectionSettings, *, marks_a_day: int, days: int) -> HomeResult:
    """Let a home learn for so many days, and judge the last day without and with what it learnt."""
    learning, verifiers = LearningHome(models, settings, marks_a_day), models.verifiers()
    for day in range(days):
        learning.live(pieces_of(home, day, shipped_pair()))
        verifiers = learning.learn()
    judged, learnt = pieces_of(home, DAYS, shipped_pair()), Pipeline(settings, models.classifier)
    learnt.use(verifiers)
    n_cries = sum(one.cry for one in learning.sounds.sounds)
    before, after = judge(Pipeline(settings, models.classifier), judged), judge(learnt, judged)
    return HomeResult(home, before, after, (n_cries, len(learning.sounds.sounds) - n_cries))


def _median_latency_s(figures: Sequence[DayFigures]) -> float:
    return float(np.median([one for each in figures for one in each.latencies_s if one is not None]))


def _gain(results: Sequence[HomeResult]) -> float:
    return float(np.mean([one.after.recall - one.before.recall for one in results]))


def _remaining(results: Sequence[HomeResult]) -> float:
    """False alarms after learning, as a share of those before."""
    before = sum(len(one.before.false_alarms) for one in results)
    return sum(len(one.after.false_alarms) for one in results) / before if before else float("nan")


def _row(one: HomeResult) -> str:
    name = f"{one.home.kind} {one.home.confuser}" + ("" if one.home.other_recordings else " (same recording)")
    recall = f"{one.before.recall:.2f} | {one.after.recall:.2f}"
    alarms = f"{one.before.per_hour:.1f} | {one.after.per_hour:.1f}"
    cries, others = one.sounds
    return (
        f"| {one.home.baby[:16]} | {name} | {len(one.before.latencies_s)} | {cries}, {others} | {recall} | {alarms} |"
    )


def table(results: Sequence[HomeResult]) -> str:
    """Markdown table of all homes, with the means and their intervals over homes below it."""
    rates = ("recall day 1", "day 14", "false alarms an hour day 1", "day 14")
    titles = ("baby", "confuser", "cries", "learnt from", *rates)
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|", *map(_row, results), ""]
    found = summary(results)
    recall, alarms, latency_s = found["recall"], found["false_alarms_per_hour"], found["latency_s"]
    gain = f"{recall['gain']:+.3f} ({recall['low']:+.3f} to {recall['high']:+.3f})"
    lines.append(f"recall {recall['day_1']:.3f} -> {recall['day_14']:.3f}: {gain}")
    share = f"{alarms['share']:.2f} ({alarms['low']:.2f} to {alarms['high']:.2f}) of them remain"
    lines.append(f"false alarms an hour {alarms['day_1']:.2f} -> {alarms['day_14']:.2f}: {share}")
    lines.append(f"median latency {latency_s[0]:.2f} -> {latency_s[1]:.2f} s")
    worst = min(one.after.recall - one.before.recall for one in results)
    return "\n".join([*lines, f"largest loss of recall in a home {min(0.0, worst):.3f}"])


def summary(results: Sequence[HomeResult]) -> dict[str, Any]:
    """Means over the homes before and after learning, with 95 % intervals of the change, for the model card."""
    before, after = [one.before for one in results], [one.after for one in results]
    recalls = [float(np.mean([one.recall for one in some])) for some in (before, after)]
    rates = [float(np.mean([one.per_hour for one in some])) for some in (before, after)]
    (least, most), (fewest, largest) = bootstrap(results, _gain), bootstrap(results, _remaining)
    return {
        "homes": len(results),
        "recall": {"day_1": recalls[0], "day_14": recalls[1], "gain": _gain(results), "low": least, "high": most},
        "false_alarms_per_hour": {
            "day_1": rates[0],
            "day_14": rates[1],
            "share": _remaining(results),
            "low": fewest,
            "high": largest,
        },
        "latency_s": [_median_latency_s(before), _median_latency_s(after)],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--homes", type=int, default=COUNT, help="how many homes")
    parser.add_argument("--marks", type=int, default=0, help="false alarms of a day that the owner marks at most")
    parser.add_argument("--days", type=int, default=DAYS, help="days of learning before the judged one")
    parser.add_argument("--threshold", type=float, default=DetectionSettings().threshold, help="the owner's threshold")
    options = parser.parse_args()
    models, settings = shipped_models(), DetectionSettings(threshold=options.threshold)
    some = [one for one in homes(options.homes) if has_days(one, options.days, shipped_pair())]
    results = [
        result_of(one, models, settings, marks_a_day=options.marks, days=options.days)
        for one in tqdm(some, unit="home")
    ]
    HOME_DAYS.write_text(json.dumps(summary(results), indent=1), encoding="utf-8")
    print(f"{len(some)} of {options.homes} homes have been computed", table(results), sep="\n\n")


if __name__ == "__main__":
    main()
