"""Queries about the nights of a history, for page, commands and the task of the report."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta, tzinfo
from functools import partial
from typing import Any, Final

from babycryd.core.records import Episode, Form, History, RecordsError
from babycryd.i18n import say
from babycryd.report.day import DAYS, Day
from babycryd.report.export import export
from babycryd.report.parquet import parquet
from babycryd.report.pictures import night_picture, week_picture
from babycryd.report.rasterizer import ZOOM
from babycryd.report.report import Night, drawing, page
from babycryd.report.settings import ReportSettings
from babycryd.report.shown_night import day_of_history, shown_night
from babycryd.report.summary import day_of, local, long_date, night_of, noon_to_noon
from babycryd.report.svg import style
from babycryd.report.week import Week, week_sentences, week_title
from babycryd.system.isolated_call import IsolatedCallError
from babycryd.system.worker_process import WorkerProcess

_PNG: Final = "babycryd.report.rasterizer:png"
_PNG_LIMIT_S: Final = 50.0  # the start of the process included, which takes seconds on a Zero 2 W


class NightQueries:
    """Queries about the nights of a history (see `Nights`). Raises RecordsError."""

    def __init__(
        self,
        history: History,
        settings: ReportSettings,
        zone: tzinfo | None = None,
        utc: Callable[[], float] = time.time,
        pictures: WorkerProcess | None = None,
    ) -> None:
        """`zone`: time zone of the days; None: this computer's. `pictures`: draws PNGs; None: one of its own."""
        self._history = history
        self._settings = settings
        self._zone = zone
        self._utc = utc
        self._pictures = pictures or WorkerProcess()

    @property
    def style(self) -> str:
        """Style sheet of the pictures, see `Nights`."""
        return style()

    async def episodes(self, since_utc_s: float, until_utc_s: float | None = None) -> Sequence[Episode]:
        """See `Nights`."""
        return await asyncio.to_thread(self._history.episodes, since_utc_s, self._until(until_utc_s))

    async def episode(self, episode: str) -> Episode:
        """See `Nights`."""
        return await asyncio.to_thread(self._history.episode, episode)

    async def last(self) -> Episode | None:
        """See `Nights`."""
        return await asyncio.to_thread(self._history.last, self._until(None))

    async def export(self, form: Form, since_utc_s: float, until_utc_s: float | None = None) -> bytes:
        """See `Nights`."""
        episodes = await self.episodes(since_utc_s, until_utc_s)
        language = self._settings.language
        if form == "parquet":
            return await asyncio.to_thread(parquet, episodes, language)
        return await asyncio.to_thread(export, episodes, form, language)

    async def day_picture(self, day: date, language: str) -> str:
        """See `Nights`."""

        def draw() -> str:
            start_utc_s, end_utc_s = noon_to_noon(_sane(day), self._zone)
            span = self._history.span(start_utc_s, end_utc_s, self._utc())
            return night_picture(span, end_utc_s, language, self._zone, "day")

        return await asyncio.to_thread(draw)

    async def shown(self, day: date, language: str) -> Mapping[str, Any]:
        """See `Nights`."""
        hours, now_s = self._settings.hours, self._utc()
        read = partial(shown_night, self._history, hours, _sane(day), language, now_s, self._zone)
        shown = await asyncio.to_thread(lambda: read().as_json())
        latest = day_of(now_s, self._zone)
        return {**shown, "last": self.last_night().isoformat(), "latest": latest.isoformat()}

    async def week_picture(self, day: date, language: str) -> str:
        """See `Nights`."""
        return await asyncio.to_thread(lambda: week_picture(self._days(day), language, self._zone))

    async def week_text(self, day: date, language: str) -> Mapping[str, Any]:
        """See `Nights`."""

        def told() -> Mapping[str, Any]:
            week = self.week(day)
            return {"title": week_title(week, language), "sentences": week_sentences(week, language)}

        return await asyncio.to_thread(told)

    async def report(self, day: date, language: str) -> str:
        """See `Nights`."""
        return await asyncio.to_thread(lambda: page(self.night(day, language)))

    async def report_png(self, day: date, language: str) -> bytes:
        """See `Nights`."""
        return await self.png(await asyncio.to_thread(lambda: drawing(self.night(day, language))))

    async def png(self, drawn: str, zoom: float = ZOOM) -> bytes:
        """Return an SVG of `report/svg.py` as a PNG. Raises RecordsError."""
        try:
            return bytes(await self._pictures.call(_PNG, drawn, zoom, limit_s=_PNG_LIMIT_S))
        except IsolatedCallError as error:
            raise RecordsError(error.text) from error

    def night(self, day: date, language: str | None = None) -> Night:
        """Return the contents of the report of that day. Blocks while it reads."""
        start_utc_s, end_utc_s = night_of(_sane(day), self._settings.hours, self._zone)
        return Night(
            day=day,
            span=self._history.span(start_utc_s, end_utc_s, self._utc()),
            end_utc_s=end_utc_s,
            week=self._days(day),
            before=self._days(day - timedelta(days=DAYS)),
            language=language or self._settings.language,
            zone=self._zone,
        )

    def since(self, since_utc_s: float, language: str | None = None) -> Night:
        """Return the contents of a report from then until now. Blocks while it reads."""
        now_s = self._utc()
        language = language or self._settings.language
        day = _sane(day_of(now_s, self._zone))
        begin = local(max(0.0, since_utc_s), self._zone)
        return Night(
            day=day,
            span=self._history.span(since_utc_s, now_s, now_s),
            end_utc_s=max(now_s, since_utc_s),
            week=self._days(day),
            before=self._days(day - timedelta(days=DAYS)),
            language=language,
            zone=self._zone,
            heading=say(language, "report.since", date=long_date(begin.date(), language), time=f"{begin:%H:%M}"),
        )

    def week(self, day: date) -> Week:
        """Return the contents of the digest of the seven nights until that day's morning. Blocks while it reads."""
        return Week(self._days(day), self._days(day - timedelta(days=DAYS)), self._zone)

    def last_night(self, *, over: bool = False) -> date:
        """See `Nights`. With `over`: the day of the last night that has ended."""
        now_s = self._utc()
        day = day_of(now_s, self._zone) + timedelta(days=1)
        while night_of(day, self._settings.hours, self._zone)[1 if over else 0] > now_s:
            day -= timedelta(days=1)
        return day

    def began_by(self, utc_s: float) -> bool:
        """Return whether the history has a record from before then. Blocks while it reads."""
        first_utc_s = self._history.first_utc_s()
        return first_utc_s is not None and first_utc_s < utc_s

    def _days(self, last: date) -> list[Day]:
        days = [_sane(last) - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
        now_s = self._utc()
        return [day_of_history(self._history, self._settings.hours, each, now_s, self._zone) for each in days]

    def _until(self, until_utc_s: float | None) -> float:
        return self._utc() + 1.0 if until_utc_s is None else until_utc_s


def _sane(day: date) -> date:
    """Return the day, if it is within the range of clocks: a page may ask for any. Raises RecordsError."""
    if not 1971 <= day.year <= 9000:
        raise RecordsError(f"there is no night {day}")
    return day
