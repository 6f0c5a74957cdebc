"""HTTP API of the overview: all rooms of the home, once or as a stream."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from aiohttp import web

from babycryd.core.compact_json import compact_json
from babycryd.core.home_rooms import ROOM_STATES, HomeRoom, HomeRooms, Overview, room_of_state
from babycryd.web.auth.middleware import AccessMiddleware
from babycryd.web.connection_limit import LimitedConnection
from babycryd.web.live_stream import BEAT, HEADERS, WRITE_LIMIT_S
from babycryd.web.openapi_parts import (
    FLAG,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    NUMBER,
    TEXT,
    content,
    json_content,
    operation,
    schema_of,
)
from babycryd.web.responses import error_response, json_response

ROOM_EVENTS: Final = "/api/rooms/events"
_EVERY_S: Final = 1.0  # how often the rooms are compared with what was sent
_BEATS: Final = 2  # a beat after so many times without a change
_READY_S: Final = 3.0  # for the first look at every room


class RoomsApi:
    """Handlers of `/api/rooms` and its stream. Without an overview there is the own room only."""

    def __init__(
        self, own: Callable[[], dict[str, Any]], overview: Callable[[], Overview | None], access: AccessMiddleware
    ) -> None:
        """`own`: the JSON of `/api/state`."""
        self._own = own
        self._overview = overview
        self._access = access
        self._closing = asyncio.Event()

    async def close(self, _: web.Application) -> None:
        """End every stream."""
        self._closing.set()

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.get("/api/rooms", self._list),
            web.get(ROOM_EVENTS, self._stream, allow_head=False),
        ]

    async def _list(self, _: web.Request) -> web.StreamResponse:
        with self._watched():
            if overview := self._overview():
                await overview.ready(_READY_S)
            return json_response({"utc_s": round(time.time(), 3), **self._shown()})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        connection = request.transport and request.transport.get_protocol()
        if not isinstance(connection, LimitedConnection) or not connection.keep():
            return error_response(503, "too many pages are open at this address; close one", Retry_After="10")
        try:
            with self._watched():
                return await self._send(request, self._access.still_admits(request))
        finally:
            connection.release()

    async def _send(self, request: web.Request, is_admitted: Callable[[], bool]) -> web.StreamResponse:
        """Send all rooms at first and after each change, until the page closes or is no longer admitted."""
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        sent: Mapping[str, Any] = {}
        quiet = 0
        try:
            while is_admitted() and not self._closing.is_set():
                shown = self._shown()
                quiet = quiet + 1 if shown == sent else 0
                if quiet == 0 or quiet % _BEATS == 0:
                    async with asyncio.timeout(WRITE_LIMIT_S):
                        await response.write(BEAT if quiet else _message(shown))
                sent = shown
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_EVERY_S):
                        await self._closing.wait()
        except (TimeoutError, ConnectionResetError):
            if request.transport is not None:
                request.transport.abort()
        return response

    def _watched(self) -> contextlib.AbstractContextManager[None]:
        overview = self._overview()
        return overview.watched() if overview else contextlib.nullcontext()

    def _shown(self) -> dict[str, Any]:
        overview = self._overview()
        known = overview.now() if overview else HomeRooms()
        rooms = (self._own_room(), *known.rooms)
        return {
            "rooms": [asdict(each) for each in rooms],
            "more": known.more,
            "trouble": known.trouble,
            "finds": known.finds,
        }

    def _own_room(self) -> HomeRoom:
        state = self._own()
        room = room_of_state(state, HomeRoom(state["device"], "", own=True))
        return replace(room, name=room.name or room.id, page="./")


def _message(shown: dict[str, Any]) -> bytes:
    fields = {"utc_s": round(time.time(), 3), **shown}
    return f"event: state\ndata: {compact_json(fields)}\n\n".encode()


def rooms_paths() -> dict[str, Any]:
    """Return the paths of these handlers for the OpenAPI document."""
    cry = schema_of({"started_utc_s": NUMBER, "duration_s": MAYBE_NUMBER})
    room = schema_of(
        {
            "id": TEXT,
            "name": TEXT,
            "state": {"enum": list(ROOM_STATES)},
            "since_utc_s": MAYBE_NUMBER,
            "page": MAYBE_TEXT,
            "last_cry": {"anyOf": [cry, {"type": "null"}]},
            "troubles": {"type": "array", "items": schema_of({"advice": TEXT, "text": TEXT})},
            "own": FLAG,
        }
    )
    listed = {"type": "array", "items": room}
    answer = schema_of(
        {"utc_s": NUMBER, "rooms": listed, "more": {"type": "integer"}, "trouble": MAYBE_TEXT, "finds": FLAG}
    )
    return {
        "/api/rooms": {"get": operation("All rooms of the home.", json_content(answer))},
        ROOM_EVENTS: {"get": operation("The same as server-sent events.", content("text/event-stream"), (503,))},
    }
