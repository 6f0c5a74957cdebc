"""Front end of the detection pipeline: blocks become hops, which pass the filter, the level meter and the gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Hop, HopFramer
from babycryd.core.events import DetectEvent, LevelMeasured, SegmentEnded
from babycryd.detect.gate import ActivityGate, GateSettings, Segmenter

_LEVEL_EVERY_HOPS = 5  # 1.2 s: dashboards are promised at most one level a second


class HopFilter(Protocol):
    """Stage before gate and features, such as echo cancellation; for one thread."""

    def process(self, hop: Hop) -> Hop:
        """Return the hop with other samples, (HOP,), or as it is; called once for each hop, in order of time."""

    @property
    def working(self) -> bool:
        """Whether the next hop will probably be filtered, which takes long."""


@dataclass(frozen=True, slots=True)
class HeardHop:
    """Hop that has passed filter and gate."""

    hop: Hop
    listening: bool  # the gate is open: the classifier must hear it
    events: tuple[DetectEvent, ...]  # of the gate


class FrontEnd:
    """Framer, filter and gate: all that a hop passes before a classifier may hear it."""

    def __init__(self, settings: GateSettings, hop_filter: HopFilter | None) -> None:
        self._filter = hop_filter
        self._framer = HopFramer()
        self._gate = ActivityGate(settings)
        self._segmenter = Segmenter(settings)
        self._hops_to_level = 1

    def apply(self, settings: GateSettings) -> None:
        """Use other settings from the next hop on."""
        self._gate.settings = self._segmenter.settings = settings

    @property
    def hears_quickly(self) -> bool:
        """Whether `hear` takes the gate's time only, a millisecond on a slow computer."""
        return self._filter is None or not self._filter.working

    @property
    def now_s(self) -> float:
        """Stream time of the last sample seen."""
        return self._framer.now_s

    @property
    def rest(self) -> NDArray[np.float32]:
        """Samples that do not fill a hop yet, (n,)."""
        return self._framer.rest

    def hear(self, samples: NDArray[np.float32], start_s: float, utc_s: float) -> Iterator[HeardHop]:
        """Yield the hops that a block completes, (n,) in [-1, 1] at 16 kHz, with its stream and wall-clock time."""
        for hop in self._framer.push(samples, start_s, utc_s):
            yield self._heard(hop)

    def end_segment(self, at_s: float) -> SegmentEnded | None:
        """End the running segment; None where none runs."""
        segment = self._segmenter.close(at_s)
        return SegmentEnded(at_s, segment[0]) if segment else None

    def _heard(self, hop: Hop) -> HeardHop:
        if self._filter is not None:
            hop = self._filter.process(hop)
        loudness = self._gate.process(hop.samples)
        events: list[DetectEvent] = []
        self._hops_to_level -= 1
        if self._hops_to_level == 0:
            self._hops_to_level = _LEVEL_EVERY_HOPS
            events.append(LevelMeasured(hop.at_s, loudness.level_dbfs, loudness.noise_floor_dbfs))
        if segment := self._segmenter.update(active=loudness.active, at_s=hop.at_s):
            events.append(SegmentEnded(hop.at_s, segment[0]))
        return HeardHop(hop, self._segmenter.open, tuple(events))
