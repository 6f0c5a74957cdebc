"""From samples to episodes: the one pipeline, which the daemon and `replay` both run."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.classifier import Classifier
from babycryd.detect.episode import EpisodeTracker
from babycryd.detect.gate import ActivityGate, Segmenter
from babycryd.detect.hops import Hop, HopCutter
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.vote import Vote
from babycryd.detect.windows import WindowStream
from babycryd.events import DetectEvent, EndReason, LevelMeasured, SegmentEnded, WindowScored

_LEVEL_EVERY_HOPS = 5  # 1.2 s: dashboards are promised at most one level a second


class Pipeline:
    """Stateful and synchronous; the same samples give the same events however they are cut into blocks."""

    def __init__(self, settings: DetectionSettings, classifier: Classifier) -> None:
        self._settings = settings
        self._classifier = classifier
        self._cutter = HopCutter()
        self._gate = ActivityGate(settings.gate)
        self._segmenter = Segmenter(settings.gate)
        self._windows = WindowStream()
        self._vote = Vote(settings.vote)
        self._episode = EpisodeTracker(settings.episode)
        self._hops_to_level = 1

    def apply(self, settings: DetectionSettings) -> None:
        """Use other settings from the next hop on; what is running goes on."""
        self._settings = settings
        self._gate.settings = self._segmenter.settings = settings.gate
        self._vote.settings = settings.vote
        self._episode.settings = settings.episode

    def push(self, samples: NDArray[np.float32], start_s: float, utc_s: float) -> list[DetectEvent]:
        """A block, (n,) in [-1, 1] at 16 kHz, its stream time and wall-clock time -> what came of it."""
        events: list[DetectEvent] = []
        for hop in self._cutter.push(samples, start_s, utc_s):
            events.extend(self._hear(hop))
        return events

    def flush(self) -> list[DetectEvent]:
        """The recording is over: a clip shorter than one window is scored all the same, once."""
        window = self._windows.short_window(self._cutter.rest)
        if window is None:
            return []
        return [WindowScored(self._cutter.now_s, self._classifier.score(window))]

    def finish(self, reason: EndReason, at_s: float | None = None) -> list[DetectEvent]:
        """Nothing more will be heard (for now): close what is open. `at_s`: now, where later than the last sample."""
        at_s = self._cutter.now_s if at_s is None else max(at_s, self._cutter.now_s)
        events: list[DetectEvent] = []
        if segment := self._segmenter.close(at_s):
            events.append(SegmentEnded(at_s, segment[0]))
        if ended := self._episode.end(at_s, reason):
            events.append(ended)
        self._vote.clear()
        return events

    def _hear(self, hop: Hop) -> Iterator[DetectEvent]:
        if hop.after_gap:
            self._windows.clear()
            self._vote.clear()
        loudness = self._gate.hear(hop.samples)
        self._hops_to_level -= 1
        if self._hops_to_level == 0:
            self._hops_to_level = _LEVEL_EVERY_HOPS
            yield LevelMeasured(hop.at_s, loudness.level_dbfs, loudness.noise_floor_dbfs)
        if segment := self._segmenter.update(active=loudness.active, at_s=hop.at_s):
            yield SegmentEnded(hop.at_s, segment[0])
        score = self._score(hop)
        if score is not None:
            yield WindowScored(hop.at_s, score)
        self._vote.add(score)
        change = self._episode.update(
            self._vote,
            threshold=self._settings.threshold,
            end_threshold=self._settings.end_threshold,
            at_s=hop.at_s,
            utc_s=hop.utc_s,
        )
        if change is not None:
            yield change

    def _score(self, hop: Hop) -> float | None:
        if not self._segmenter.open:
            self._windows.skip(hop.samples)
            return None
        window = self._windows.window(hop.samples)
        return None if window is None else self._classifier.score(window)
