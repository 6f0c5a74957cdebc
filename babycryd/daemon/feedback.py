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


def build_feedback(folder: Path, model: str, learner: Learner, engine: DetectionEngine, bus: Bus) -> FeedbackTask:
    """Build the feedback task. `model`: checksum of the running model."""

    def publish(marks: Mapping[str, bool | None]) -> None:
        bus.publish(EpisodesMarked(engine.now_s, tuple(marks.items())))

    events = bus.subscribe("feedback")
    return FeedbackTask(FeedbackStore(folder), model, events, learner.learn_marks, publish, partial(_remembers, folder))


def _remembers(folder: Path, episode: str) -> bool:
    """Return whether the history on the disk knows an episode. Blocks."""
    try:
        HistoryReader(folder).episode(episode)
    except RecordsError:
        return False
    return True
