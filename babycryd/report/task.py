"""Task of the report: tells each night in the morning, and on Mondays the week."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

from babycryd.core.records import RecordsError
from babycryd.core.report_events import DigestMade, ReportMade
from babycryd.i18n import LANGUAGES
from babycryd.report.nights import NightQueries
from babycryd.report.report import Night, drawing
from babycryd.report.summary import figures
from babycryd.report.week import Week, week_drawing, week_sentences
from babycryd.system.memory import give_memory_back

log = logging.getLogger(__name__)

_CHECK_EVERY_S: Final = 30.0  # between two checks of the clock, which may be set at any time
_SETTLED_S: Final = 3.0  # wait after the start, until the history has ended the last run's open episode
_ZOOMS: Final = (1.5, 1.0)  # 540 pixels wide, or 360 after a busy night
LARGEST_PICTURE: Final = 72_000  # bytes, 96 kB in base64: some brokers hang up on a message of more than 128 kB


class ReportTask:
    """Optional task that reports each night since the installation, and each week on its Monday morning.

    At the start it reports the last night and the last week again.
    """

    def __init__(
        self,
        queries: NightQueries,
        publish: Callable[[ReportMade | DigestMade], None],
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
        self._reported: date | None = None
        self._digested: date | None = None

    async def run(self) -> None:
        """Report nights and weeks until cancelled."""
        await asyncio.sleep(self._settled_s)
        while True:
            day = self._queries.last_night(over=True)
            if day != self._reported:
                await self._told(day, self._report)
                self._reported = day
            monday = day - timedelta(days=day.weekday())
            if monday != self._digested:
                await self._told(monday, self._digest)
                self._digested = monday
            await asyncio.sleep(_CHECK_EVERY_S)

    async def _told(self, day: date, report: Callable[[Night], Awaitable[None]]) -> None:
        """Report the night before a day, if the history had begun by its end."""
        try:
            night = await asyncio.to_thread(self._read, day)
            if night is not None:
                await report(night)
                await asyncio.to_thread(give_memory_back)  # reading and drawing need it only once a day
        except RecordsError as error:
            log.warning("there is no report of the night: %s", error)

    def _read(self, day: date) -> Night | None:
        night = self._queries.night(day)
        return night if self._queries.began_by(night.end_utc_s) else None

    async def _report(self, night: Night) -> None:
        picture = await self._draw(lambda: drawing(night))
        log.info("the night before %s: %s", night.day, night.text)
        self._publish(report_of(night, picture, self._now_s()))

    async def _digest(self, night: Night) -> None:
        week = await asyncio.to_thread(self._queries.week, night.day)
        picture = await self._draw(lambda: week_drawing(week, night.language))
        made = digest_of(week, night, picture, self._now_s())
        log.info("the week until %s: %s", made.date, " ".join(made.sentences[night.language]))
        self._publish(made)

    async def _draw(self, draw: Callable[[], str]) -> bytes:
        """Return the largest picture that any broker takes; empty where none is wanted, or none can be drawn."""
        if not self._picture:
            return b""
        try:
            drawn = await asyncio.to_thread(draw)
            for zoom in _ZOOMS:
                if len(picture := await self._queries.png(drawn, zoom)) <= LARGEST_PICTURE:
                    return picture
        except RecordsError as error:
            log.warning("the report has no picture: %s", error)
        return b""


def report_of(night: Night, picture: bytes, at_s: float) -> ReportMade:
    """Return the report of a night as an event of stream time `at_s`."""
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


def digest_of(week: Week, night: Night, picture: bytes, at_s: float) -> DigestMade:
    """Return the digest of a week, whose last night is given, as an event of stream time `at_s`."""
    spans = [each.span for each in week.days]
    return DigestMade(
        at_s=at_s,
        date=week.day.isoformat(),
        start_utc_s=spans[0].start_utc_s,
        end_utc_s=night.span.end_utc_s,
        language=night.language,
        sentences={language: tuple(week_sentences(week, language)) for language in LANGUAGES},
        cries=len(week.cries),
        crying_s=sum(each.figures.crying_s for each in week.days),
        png=picture,
    )
