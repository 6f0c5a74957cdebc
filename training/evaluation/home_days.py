"""Simulated homes: what the daemon finds without and with what it has learnt of its home in up to 13 days.

    python -m training.evaluation.home_days --marks 0 1 3      no mark, one false alarm a day marked, up to three
    python -m training.evaluation.home_days --chosen 12 --marks 0 1 3      the same in homes with chosen confusers

The hops of `training.evaluation.homes`, as gate and both stages heard them, go through the daemon's vote, rejection
and episodes; what they show is collected and learnt every night by the daemon's code. Two things are judged: a new day,
whose recordings were never learnt, after all nights, and the second week, each day of it after the nights before.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Final

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
from training.evaluation.home_cast import Home, add_which, homes_of
from training.evaluation.home_hearing import Models, false_mark, shipped_models, shipped_pair
from training.evaluation.home_results import Compared, DayFigures, HomeResult, days_text, homes_table, summary
from training.evaluation.homes import DAYS, PIECE_S, HomePiece, has_days, pieces_of
from training.evaluation.scene_runs import is_false_episode, latency_s

HOME_DAYS: Final = WORK / "home_days.json"  # for the model card
DRAWN: Final = "homes, confuser drawn"
CHOSEN: Final = "homes, confuser chosen for its alarms"
PIECES_APART_S: Final = 3600.0
WEEK: Final = 7  # first day of the second week
QUIET_HOPS: Final = 100  # after a piece, in which a running episode ends
_SILENCE: Final = np.zeros(HOP, np.float32)


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
        self.marks = list[Mark]()
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
        self.marks += figures.false_alarms[: self._marks_a_day]
        return figures

    def learn(self) -> Verifiers:
        """Learn from all days so far; returns the verifiers, which are used from now on."""
        self.sounds.night += 1
        verifiers = self._models.verifiers()
        verifiers.fit(self.marks, examples(self.sounds.sounds, self.sounds.night, {}))
        self._pipeline.use(verifiers)
        return verifiers


def _second_week(days: Sequence[DayFigures]) -> DayFigures:
    total = DayFigures()
    for one in days[WEEK:]:
        total.add(one)
    return total


def results_of(home: Home, models: Models, settings: DetectionSettings, marks: Sequence[int]) -> list[HomeResult]:
    """Let a home learn with each number of marks a day; judge it without and with what it learnt."""
    pair = shipped_pair()
    days = [pieces_of(home, day, pair) for day in range(DAYS)]
    new_day, found = pieces_of(home, DAYS, pair), list[HomeResult]()
    unlearnt = LearningHome(models, settings, 0)
    week = _second_week([unlearnt.live(pieces) for pieces in days])
    before = judge(Pipeline(settings, models.classifier), new_day)
    for marks_a_day in marks:
        learning, lived = LearningHome(models, settings, marks_a_day), list[DayFigures]()
        learnt = Pipeline(settings, models.classifier)
        for pieces in days:
            lived.append(learning.live(pieces))
            learnt.use(learning.learn())
        cries = sum(one.cry for one in learning.sounds.sounds)
        sounds = cries, len(learning.sounds.sounds) - cries
        compared = Compared(before, judge(learnt, new_day)), Compared(week, _second_week(lived))
        found.append(HomeResult(home, *compared, sounds, len(learning.marks)))
    return found


def keep(name: str, results: dict[int, list[HomeResult]]) -> None:
    """Keep the summaries of a lot of homes for the model card, beside those of the other lot."""
    known = json.loads(HOME_DAYS.read_text(encoding="utf-8")) if HOME_DAYS.exists() else {}
    known[name] = {str(marks): summary(some) for marks, some in results.items()}
    HOME_DAYS.write_text(json.dumps(known, indent=1), encoding="utf-8")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_which(parser)
    parser.add_argument(
        "--marks", type=int, nargs="+", default=[0], help="false alarms of a day that are marked at most"
    )
    parser.add_argument("--threshold", type=float, default=DetectionSettings().threshold, help="the owner's threshold")
    options = parser.parse_args()
    models, settings, wanted = shipped_models(), DetectionSettings(threshold=options.threshold), homes_of(options)
    some = [one for one in wanted if has_days(one, DAYS, shipped_pair())]
    each = [results_of(one, models, settings, options.marks) for one in tqdm(some, unit="home")]
    results = {marks: list(of) for marks, of in zip(options.marks, zip(*each, strict=True), strict=True)}
    name = CHOSEN if options.chosen else DRAWN
    if options.threshold == DetectionSettings().threshold:
        keep(name, results)
    print(f"{len(some)} of {len(wanted)} homes have been computed", homes_table(results), sep="\n\n")
    print(days_text({name: {str(marks): summary(of) for marks, of in results.items()}}))


if __name__ == "__main__":
    main()
