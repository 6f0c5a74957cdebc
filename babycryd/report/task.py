"""The optional task that tells the bus every morning how the night was."""

import asyncio
import logging
from collections.abc import Callable
from datetime import date
from typing import Final

from babycryd.core.events import ReportMade
from babycryd.core.records import RecordsError
from babycryd.report.figures import figures
from babycryd.report.png import png
from babycryd.report.queries import NightQueries
from babycryd.report.report import Night, drawing
from babycryd.system.memory import give_memory_back

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 30.0  # at the clock, which may be set at any time
_SETTLED_S: Final = 3.0  # after the start: the last run's episode has been closed by then
_ZOOMS: Final = (1.5, 1.0)  # 540 pixels wide, or 360 after a night with much to draw
LARGEST_PICTURE: Final = 72_000  # bytes, 96 kB in base64: some brokers hang up on a message of more than 128 kB


class ReportTask:
    """`run` it for as long as the daemon runs. The last night is told at the start, too: a broker may forget.

    Nothing is told of a night that was over before babycryd first ran.
    """

    def __init__(
        self,
        queries: NightQueries,
        publish: Callable[[ReportMade], None],
        now_s: Callable[[], float],
        *,
        picture: bool = True,
        settled_s: float = _SETTLED_S,
    ) -> None:
        """`now_s`: stream time."""
        self._picture = picture
        self._queries = queries
        self._publish = publish
        self._now_s = now_s
        self._settled_s = settled_s
        self._told: date | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(self._settled_s)
        while True:
            day = self._queries.last_night(over=True)
            if day != self._told:
                await self._tell(day)
                self._told = day
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _tell(self, day: date) -> None:
        try:
            made = await asyncio.to_thread(self._make, day)
            await asyncio.to_thread(give_memory_back)  # what drawing takes is needed again tomorrow
        except RecordsError as error:
            log.warning("there is no report of the night: %s", error)
            return
        if made is None:
            return
        night, picture = made
        log.info("the night before %s: %s", day, night.text)
        self._publish(report_of(night, picture, self._now_s()))

    def _make(self, day: date) -> tuple[Night, bytes] | None:
        night = self._queries.night(day)
        if not self._queries.began_by(night.end_utc_s):
            return None
        return night, self._draw(night) if self._picture else b""

    def _draw(self, night: Night) -> bytes:
        """The largest picture that any broker takes; empty where there is none."""
        try:
            drawn = drawing(night)
            return next((each for zoom in _ZOOMS if len(each := png(drawn, zoom=zoom)) <= LARGEST_PICTURE), b"")
        except RecordsError as error:
            log.warning("the report has no picture: %s", error)
            return b""


def report_of(night: Night, picture: bytes, at_s: float) -> ReportMade:
    """The night as an event of stream time `at_s`."""
    about = figures(night.span)
    return ReportMade(
        at_s=at_s,
        date=night.day.isoformat(),
        start_utc_s=night.span.start_utc_s,
        end_utc_s=night.span.end_utc_s,
        language=night.language,
        text=night.text,
        cries=about.cries,
        crying_s=about.crying_s,
        calmed_in_s=about.calmed_in_s,
        longest_quiet_s=about.longest_quiet_s,
        not_listening_s=about.not_listening_s,
        png=picture,
    )
