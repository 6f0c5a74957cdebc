"""HTTP API of the records: nights and clips."""

import asyncio
import dataclasses
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from aiohttp import web

from babycryd.core.command_values import CommandError, name
from babycryd.core.compact_json import compact_json
from babycryd.core.records import Clip, Clips, Episode, Form, Nights, RecordsError
from babycryd.i18n import LANGUAGES, choose
from babycryd.system.answer_cache import AnswerCache, BusyError
from babycryd.web.api import body
from babycryd.web.responses import REPORT_POLICY, SAFE, error_response, file_response, json_response

_WEEK_S: Final = 7 * 86_400.0
_KEEP_S: Final = 10.0  # age of a picture at which it is drawn anew: the night may go on
_MOST_QUERIES: Final = 16  # different ones that wait, each of which takes a tenth of a second
_LATEST_S: Final = 32_503_680_000.0  # the year 3000
_SVG: Final = "image/svg+xml; charset=utf-8"
_JSON: Final = "application/json"

Ask = Callable[[Nights, date, str], Awaitable[bytes]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RecordsApi:
    """Handlers for nights and clips. Either is None where it is switched off; its paths then answer 404."""

    def __init__(self, nights: Nights | None, clips: Clips | None) -> None:
        self._optional_nights = nights
        self._optional_clips = clips
        self._pictures: AnswerCache[bytes] = AnswerCache(_KEEP_S)
        self._queries: AnswerCache[bytes] = AnswerCache(0.0, _MOST_QUERIES)  # one at a time

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.get("/api/episodes", _with_errors(self._episodes)),
            web.get("/api/nights", _with_errors(self._shown)),
            web.get("/api/week", _with_errors(self._told_week)),
            web.get("/day.svg", _with_errors(self._day)),
            web.get("/week.svg", _with_errors(self._week)),
            web.get("/nights.css", _with_errors(self._style)),
            web.get("/report", _with_errors(self._report)),
            web.get("/report.png", _with_errors(self._report_png)),
            web.get("/api/clips", _with_errors(self._list_clips)),
            web.post("/api/clips/delete", _with_errors(self._delete)),
            web.get("/clips/{episode}.flac", _with_errors(self._sound)),
            web.get("/clips/{episode}.svg", _with_errors(self._picture)),
        ]

    @property
    def _nights(self) -> Nights:
        if self._optional_nights is None:
            raise RecordsError("there is no history: history.enabled is false")
        return self._optional_nights

    @property
    def _clips(self) -> Clips:
        if self._optional_clips is None:
            raise RecordsError("there are no clips: they are switched off")
        return self._optional_clips

    async def _episodes(self, request: web.Request) -> web.StreamResponse:
        since_utc_s = _utc_s(request, "since", time.time() - _WEEK_S)
        until_utc_s = _utc_s(request, "until", _LATEST_S)
        form = request.query.get("format")
        if form is None:
            listed = await self._query(request, lambda nights: _listed(nights, since_utc_s, until_utc_s))
            return file_response(listed, _JSON)
        asked = _form(form)
        content = await self._query(request, lambda nights: nights.export(asked, since_utc_s, until_utc_s))
        kind = "text/csv; charset=utf-8" if form == "csv" else _JSON
        return file_response(content, kind, Content_Disposition=f'attachment; filename="babycryd-episodes.{form}"')

    async def _query(self, request: web.Request, ask: Callable[[Nights], Awaitable[bytes]]) -> bytes:
        """Return the answer to a request about the nights; they are read one at a time."""
        nights = self._nights
        return await self._queries.get((request.path_qs, _language(request)), lambda: ask(nights))

    async def _about(self, request: web.Request, kind: str, ask: Ask) -> web.StreamResponse:
        """Answer with what the nights tell of the day and in the language of a request."""
        day, language = self._asked_day(request), _language(request)
        return file_response(await self._query(request, lambda nights: ask(nights, day, language)), kind)

    def _asked_day(self, request: web.Request) -> date:
        """Return the day of `?date=2026-11-24`, by default of the last night that has begun. Raises CommandError."""
        asked = request.query.get("date")
        return self._nights.last_night() if asked is None else _parse_day(asked)

    async def _shown(self, request: web.Request) -> web.StreamResponse:
        return await self._about(request, _JSON, lambda nights, *asked: _json(nights.shown(*asked)))

    async def _told_week(self, request: web.Request) -> web.StreamResponse:
        return await self._about(request, _JSON, lambda nights, *asked: _json(nights.week_text(*asked)))

    async def _day(self, request: web.Request) -> web.StreamResponse:
        return await self._about(request, _SVG, lambda nights, *asked: _encoded(nights.day_picture(*asked)))

    async def _week(self, request: web.Request) -> web.StreamResponse:
        return await self._about(request, _SVG, lambda nights, *asked: _encoded(nights.week_picture(*asked)))

    async def _style(self, _: web.Request) -> web.StreamResponse:
        return file_response(self._nights.style.encode(), "text/css; charset=utf-8")

    async def _report(self, request: web.Request) -> web.StreamResponse:
        day, language = self._asked_day(request), _language(request)
        page = await self._query(request, lambda nights: _encoded(nights.report(day, language)))
        return file_response(page, "text/html; charset=utf-8", Content_Security_Policy=REPORT_POLICY)

    async def _report_png(self, request: web.Request) -> web.StreamResponse:
        nights, day, language = self._nights, self._asked_day(request), _language(request)
        made = await self._pictures.get(("report", day, language), lambda: nights.report_png(day, language))
        return file_response(made, "image/png")

    async def _list_clips(self, _: web.Request) -> web.StreamResponse:
        return json_response({"clips": [_plain(each) for each in await self._clips.clips()]})

    async def _sound(self, request: web.Request) -> web.StreamResponse:
        headers = {**SAFE, "Content-Type": "audio/flac"}
        return web.FileResponse(await self._clips.file(_episode(request)), headers=headers)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        wanted, clips = _episode(request), self._clips
        await clips.file(wanted)  # it may have been deleted since the picture was made
        return file_response(await self._pictures.get(("clip", wanted), lambda: self._draw(clips, wanted)), _SVG)

    async def _draw(self, clips: Clips, wanted: str) -> bytes:
        known: Episode | None = None
        if self._optional_nights is not None:
            try:
                known = await self._optional_nights.episode(wanted)
            except RecordsError:
                known = None
        return (await clips.picture(wanted, known)).encode()

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        fields = await body(request)
        if fields == {"all": True}:
            return json_response({"ok": True, "deleted": await self._clips.delete_all()})
        episode = name(fields, "episode")
        if not episode or fields.keys() != {"episode"}:
            raise CommandError('expected {"episode": "…"} or {"all": true}')
        await self._clips.delete(episode)
        return json_response({"ok": True, "deleted": 1})


async def _listed(nights: Nights, since_utc_s: float, until_utc_s: float) -> bytes:
    """Return `{"episodes": […]}`, made in a thread and piece by piece, for there may be thousands."""
    episodes = await nights.episodes(since_utc_s, until_utc_s)
    listed = await asyncio.to_thread(lambda: ",".join(compact_json(_plain(each)) for each in episodes))
    return f'{{"episodes":[{listed}]}}'.encode()


async def _json(fields: Awaitable[Mapping[str, Any]]) -> bytes:
    return compact_json(await fields).encode()


async def _encoded(text: Awaitable[str]) -> bytes:
    return (await text).encode()


def _with_errors(handler: Handler) -> Handler:
    """Wrap a handler, so that its errors become answers."""

    async def handled(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RecordsError as error:
            return error_response(404, str(error))
        except BusyError as error:
            return error_response(503, str(error), Retry_After="10")
        except CommandError as error:
            return error_response(422, str(error))

    return handled


def _plain(record: Episode | Clip) -> dict[str, Any]:
    return {each.name: _plain_value(getattr(record, each.name)) for each in dataclasses.fields(record)}


def _plain_value(value: Any) -> Any:
    """Return a value that can be JSON; hundreds of scores are not copied."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return [dataclasses.asdict(each) for each in value]
    return value


def _episode(request: web.Request) -> str:
    episode = name(dict(request.match_info), "episode")
    if not episode or "/" in episode or "\\" in episode or episode.startswith("."):
        raise CommandError("this is no valid id of an episode")
    return episode


def _form(text: str) -> Form:
    if text == "csv":
        return "csv"
    if text == "json":
        return "json"
    raise CommandError('"format" must be csv or json')


def _language(request: web.Request) -> str:
    asked = request.query.get("language", "")
    return asked if asked in LANGUAGES else choose(request.headers.get("Accept-Language", ""))


def _parse_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError('"date" must be a day such as 2026-11-24') from None
    if not 1971 <= day.year <= 2999:  # so that every day computed from it is a valid date
        raise CommandError('"date" must be a day from 1971 to 2999')
    return day


def _utc_s(request: web.Request, key: str, otherwise: float) -> float:
    """Return the time of `?since=2026-11-24T02:00` (local without an offset) or `?since=<seconds since 1970, UTC>`.

    Raises CommandError.
    """
    asked = request.query.get(key)
    if asked is None:
        return otherwise
    try:
        utc_s = float(asked)
    except ValueError:
        utc_s = _parse_time(asked, key)
    if not (math.isfinite(utc_s) and 0 <= utc_s <= _LATEST_S):
        raise CommandError(f'"{key}" must be a time from 1970 to 3000')
    return utc_s


def _parse_time(text: str, key: str) -> float:
    try:
        return datetime.fromisoformat(text.replace(" ", "+")).timestamp()  # a + in a URL is a space
    except (ValueError, OverflowError, OSError):
        why = f'"{key}" must be a time such as 2026-11-24T02:00, or seconds since 1970-01-01 UTC'
        raise CommandError(why) from None
