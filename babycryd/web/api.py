"""HTTP API of the state and the commands."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from babycryd import __version__
from babycryd.core.check_result import CheckResult
from babycryd.core.command_table import COMMANDS, CommandSpec
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, PlayLullaby
from babycryd.core.home_rooms import shown_fields
from babycryd.web.context import WebContext
from babycryd.web.responses import error_response, json_response
from babycryd.web.state_view import StateView

_MOST_TRACKS: Final = 100  # in the state, which every page gets with every change
_TRACKS_ON_A_PAGE: Final = 500
OnExecuted = Callable[[Command], None]


class Api:
    """Handlers for `/api/state`, `/api/tracks`, `/api/soothing`, `/healthz` and one path for each command with one."""

    def __init__(self, context: WebContext, state_view: StateView, on_executed: OnExecuted) -> None:
        """`on_executed`: called with every command that was executed."""
        self._context = context
        self._state_view = state_view
        self._on_executed = on_executed
        self._specs: Final = {spec.path: spec for spec in COMMANDS if spec.path is not None}

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.get("/api/state", self._get_state),
            web.get("/api/tracks", self._get_tracks),
            web.get("/api/soothing", self._get_soothing),
            web.get("/healthz", self._healthz),
            *(web.post(path, self._command) for path in self._specs),
        ]

    def state(self) -> dict[str, Any]:
        """Return the JSON of `/api/state`: everything that the page shows."""
        context, liveness = self._context, self._context.liveness()
        noted = self._state_view.as_json()
        tracks = context.tracks()
        noted["lullaby"] |= {"tracks": list(tracks[:_MOST_TRACKS]), "tracks_total": len(tracks)}
        fields = {
            "utc_s": round(time.time(), 3),
            "at_s": round(context.now_s(), 3),
            "version": __version__,
            "device": context.device,
            "room": context.room,
            "listening": liveness.listening,
            "not_listening": liveness.reason,
            **noted,
            "checks": [_check_json(each) for each in (*self._state_view.results(), *context.results())],
            "listen_in": self._listen_in(),
            "settings": context.settings is not None,
            "first_start": context.settings is not None and context.settings.first_start,
            "remembers": {"nights": context.nights is not None, "clips": context.clips is not None},
            "overview": context.overview() is not None,
        }
        return fields | shown_fields(fields)

    def _listen_in(self) -> dict[str, Any]:
        live = self._context.live_sound
        return {"enabled": live is not None and live.enabled, "listeners": live.listeners if live else 0}

    async def _get_state(self, _: web.Request) -> web.StreamResponse:
        return json_response(self.state())

    async def _get_tracks(self, request: web.Request) -> web.StreamResponse:
        """Answer with the names of the tracks from number `from` on, counted from 0."""
        asked = request.query.get("from", "0")
        if not asked.isdecimal() or len(asked) > 9:
            return error_response(422, '"from" must be a number of a track, counted from 0')
        begin, tracks = int(asked), self._context.tracks()
        return json_response({"tracks": list(tracks[begin : begin + _TRACKS_ON_A_PAGE]), "tracks_total": len(tracks)})

    async def _get_soothing(self, _: web.Request) -> web.StreamResponse:
        return json_response(self._state_view.soothing.as_json())

    async def _healthz(self, _: web.Request) -> web.StreamResponse:
        """Answer 200 only while a cry would be heard. Open to all, therefore without a reason, which may be private."""
        listening = self._context.liveness().listening
        return json_response({"ok": listening}, 200 if listening else 503)

    async def _command(self, request: web.Request) -> web.StreamResponse:
        try:
            command = self.read(self._specs[request.path], await body(request))
        except CommandError as error:
            return error_response(422, str(error))
        try:
            result = await self._context.dispatch(command)
        except CommandError as error:
            return error_response(409, str(error))
        self._on_executed(command)
        return json_response({"ok": True, **result})

    def read(self, spec: CommandSpec, fields: Mapping[str, Any]) -> Command:
        """Parse a command as over MQTT, or NEXT, the track after the one that plays. Raises CommandError."""
        if fields == {"lullaby": "NEXT"} and spec.name == "lullaby":
            tracks, track = self._context.tracks(), self._state_view.track
            return PlayLullaby(tracks[(tracks.index(track) + 1) % len(tracks)] if track in tracks else None)
        if spec.key not in fields and spec.kind != "any":
            raise CommandError(f'"{spec.key}" is missing')
        return spec.read(fields, spec.key)


async def body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in a request. Raises CommandError."""
    try:
        read = json.loads(await request.read())
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise CommandError('the body must be a JSON object, such as {"cry": false}')
    return read


def _check_json(result: CheckResult) -> dict[str, Any]:
    return {
        "what": result.what,
        "good": result.good,
        "text": result.text,
        "advice": result.advice or result.what,
        "note": result.note,
    }
