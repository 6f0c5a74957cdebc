"""Clock watch: reads the wall clock often enough to notice that it was set, and keeps the retention clock."""

import asyncio
import logging
from typing import Final

from babycryd.core.event_text import duration_text
from babycryd.core.rounds import next_round
from babycryd.system.retention_clock import RATE, RetentionClock
from babycryd.system.wall_clock import WallClock

log = logging.getLogger(__name__)

_READ_EVERY_S: Final = 10.0  # while no sound comes, only this task reads the clock
_SAVE_EVERY: Final = 60  # readings: ten minutes
_TOLD_FROM_S: Final = 2 * 86_400.0


class ClockWatch:
    """Optional task, `run`, of the wall clock and the retention clock."""

    def __init__(self, clock: WallClock, retention: RetentionClock) -> None:
        self._clock = clock
        self._retention = retention

    async def run(self) -> None:
        """Read the clock until cancelled."""
        if (behind_s := self._retention.behind_s()) > _TOLD_FROM_S:
            log.warning(
                "the clock is %s ahead of the last run; less than usual is deleted for its age until the clock has "
                "proved itself, in up to %s of running",
                duration_text(behind_s),
                duration_text(behind_s / RATE),
            )
        while True:
            await asyncio.to_thread(self._retention.save)
            for _ in range(_SAVE_EVERY):
                self._clock.now()
                await next_round(_READ_EVERY_S)
