"""Liveness watchdog: publishes `Deaf` while sound comes but is not judged, so that "listening" is always true."""

import asyncio
from typing import Final

from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Hearing
from babycryd.core.liveness import JUDGED_LIMIT_S, Liveness
from babycryd.engine.detection_engine import DetectionEngine

LOOK_EVERY_S: Final = 0.5  # while anything is wrong
DEAF_AFTER_S: Final = 2.0  # with JUDGED_LIMIT_S and LOOK_EVERY_S, below the promised 5 s
START_GRACE_S: Final = 10.0  # after the first sound, in which a slow Pi loads its libraries


class LivenessWatchdog:
    """Watchdog of all stages behind capture, which reports the microphone itself; an optional task, `run`."""

    def __init__(self, capture: CaptureSupervisor, engine: DetectionEngine, bus: Bus) -> None:
        self._capture = capture
        self._engine = engine
        self._bus = bus
        self._stuck_from_s: float | None = None  # stream time
        self._deaf = False  # whether it has published `Deaf`

    async def run(self) -> None:
        """Check the liveness until cancelled: every LOOK_EVERY_S, or, while all is well, when that may have ended."""
        while True:
            liveness = self._engine.liveness()
            self._check(self._engine.now_s, liveness.reason)
            await asyncio.sleep(_pause_s(liveness))

    def _check(self, now_s: float, reason: str | None) -> None:
        if self._capture.deaf is not None:  # the supervisor has published it
            self._stuck_from_s, self._deaf = None, False
            return
        if reason is None:
            self._stuck_from_s = None
            if self._deaf:
                self._deaf = False
                self._bus.publish(Hearing(now_s, self._capture.source.name))
            return
        if self._stuck_from_s is None:
            self._stuck_from_s = max(now_s, self._capture.heard_from_s + START_GRACE_S - DEAF_AFTER_S)
        if not self._deaf and now_s - self._stuck_from_s >= DEAF_AFTER_S:
            self._deaf = True
            self._bus.publish(Deaf(now_s, reason))


def _pause_s(liveness: Liveness) -> float:
    """Return the time to the next check: until the sound that was judged last will be too old."""
    if liveness.judged_ago_s is None or not liveness.listening:
        return LOOK_EVERY_S
    return max(LOOK_EVERY_S, JUDGED_LIMIT_S - liveness.judged_ago_s)
