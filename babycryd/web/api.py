"""What a page or a script may ask about now, and order."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from babycryd import __version__
from babycryd.core.check_result import CheckResult
from babycryd.core.commands import (
    Command,
    CommandError,
    Dispatch,
    PlayLullaby,
    StopLullaby,
    shortened,
    to_feedback,
    to_lullaby,
    to_snooze,
    to_volume,
)
from babycryd.web.context import WebContext
from babycryd.web.responses import error_response, json_response
from babycryd.web.state_view import StateView

_Read = Callable[[Mapping[str, Any]], Command]
Done = Callable[[Command], None]


class Api:
    """Answers with JSON."""

    def __init__(self, context: WebContext, state_view: StateView, done: Done) -> None:
        """`done` is told of every order that was obeyed."""
        self._context = context
        self._state_view = state_view
        self._done = done
        self._reads: Final[dict[str, _Read]] = {
            "/api/feedback": to_feedback,
            "/api/lullaby": self._lullaby,
            "/api/volume": lambda fields: to_volume(_only(fields, "volume")),
            "/api/snooze": lambda fields: to_snooze(_only(fields, "minutes")),
        }

    @property
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/state", self._tell_state),
            web.get("/healthz", self._healthz),
            *(web.post(path, self._obey) for path in self._reads),
        ]

    def state(self) -> dict[str, Any]:
        """All that there is to know now."""
        context, proof = self._context, self._context.proof()
        told = self._state_view.as_json()
        told["lullaby"]["tracks"] = list(context.tracks())
        return {
            "utc_s": round(time.time(), 3),
            "at_s": round(context.now_s(), 3),
            "version": __version__,
            "device": context.device,
            "room": context.room,
            "listening": proof.listening,
            "not_listening": proof.reason,
            **told,
            "checks": [_finding(each) for each in (*self._state_view.results(), *context.results())],
            "remembers": {"nights": context.nights is not None, "clips": context.clips is not None},
        }

    async def _tell_state(self, _: web.Request) -> web.StreamResponse:
        return json_response(self.state())

    async def _healthz(self, _: web.Request) -> web.StreamResponse:
        """200 only while a cry would be heard; to everybody, so without a reason that names things of this home."""
        listening = self._context.proof().listening
        return json_response({"ok": listening}, 200 if listening else 503)

    async def _obey(self, request: web.Request) -> web.StreamResponse:
        try:
            order = self._reads[request.path](await body(request))
        except CommandError as error:
            return error_response(422, str(error))
        return await answered(self._context.obey, order, self._done)

    def _lullaby(self, fields: Mapping[str, Any]) -> PlayLullaby | StopLullaby:
        """As over MQTT; NEXT is the track behind the one that plays."""
        asked = _only(fields, "lullaby")
        if asked != "NEXT":
            return to_lullaby(asked)
        tracks, track = self._context.tracks(), self._state_view.track
        return PlayLullaby(tracks[(tracks.index(track) + 1) % len(tracks)] if track in tracks else None)


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises OrderError."""
    try:
        read = json.loads(await request.read())
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise CommandError('the body must be a JSON object, such as {"cry": false}')
    return read


async def answered(obey: Dispatch, order: Command, done: Done) -> web.StreamResponse:
    try:
        answer = await obey(order)
    except CommandError as error:
        return error_response(409, str(error))
    done(order)
    return json_response({"ok": True, **answer})


def _only(fields: Mapping[str, Any], key: str) -> Any:
    if key not in fields:
        raise CommandError(f'"{key}" is missing')
    if unknown := sorted(fields.keys() - {key}):
        raise CommandError(f'unknown {shortened(str(unknown[0]))}; "{key}" is known')
    return fields[key]


def _finding(result: CheckResult) -> dict[str, Any]:
    return {
        "what": result.what,
        "good": result.good,
        "text": result.text,
        "advice": result.advice or result.what,
    }
