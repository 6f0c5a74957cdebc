"""Feedback task of the daemon: the book of marks, the detector that learns from it, and the history."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from babycryd.core.bus import Bus
from babycryd.core.events import EpisodesMarked
from babycryd.core.records import RecordsError
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.feedback.learner import Learner
from babycryd.feedback.store import FeedbackStore
from babycryd.feedback.task import FeedbackTask
from babycryd.history.store import HistoryReader


def build_feedback(
    folder: Path, models: tuple[str, str], learner: Learner, engine: DetectionEngine, bus: Bus
) -> FeedbackTask:
    """Build the feedback task. `models`: names of the running model and of the second opinion's, empty if off."""

    def publish(marks: Mapping[str, bool | None]) -> None:
        bus.publish(EpisodesMarked(engine.now_s, tuple(marks.items())))

    store, events = FeedbackStore(folder), bus.subscribe("feedback", only=FeedbackTask.EVENTS)
    remembers = partial(_remembers, folder)
    return FeedbackTask(store, models[0], events, learner.learn_marks, publish, remembers, models[1])


def _remembers(folder: Path, episode: str) -> bool:
    """Return whether the history on the disk knows an episode. Blocks."""
    try:
        HistoryReader(folder).episode(episode)
    except RecordsError:
        return False
    return True
