"""HTTP API of the alerts: the button in a message, and the subscriptions to Web Push."""

import time
from collections.abc import Callable
from typing import Final

from aiohttp import web

from babycryd.core.command_values import CommandError
from babycryd.core.push import PushSubscriptions
from babycryd.core.token_bucket import TokenBucket
from babycryd.web.api import body
from babycryd.web.responses import error_response, json_response

TOKEN_PATH: Final = "/api/alert/token"  # noqa: S105  # open to all who have a token
_TRIES: Final = 20  # at once, then one every _TRY_EVERY_S: a token of 192 bits is not guessed
_TRY_EVERY_S: Final = 3.0
_USED: Final = "this button was used already, or the alert is over"


class AlertApi:
    """Handlers for `/api/alert/token` and `/api/push`. `/api/alert/ack` is a command."""

    def __init__(self, acknowledge_with: Callable[[str], bool], push: PushSubscriptions | None) -> None:
        """`acknowledge_with` takes a token and returns whether it was valid."""
        self._acknowledge_with = acknowledge_with
        self._push = push
        self._tries = TokenBucket(_TRIES, _TRY_EVERY_S)

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.post(TOKEN_PATH, self._acknowledge),
            web.get("/api/push", self._key),
            web.post("/api/push", self._subscribe),
            web.post("/api/push/remove", self._unsubscribe),
        ]

    async def _acknowledge(self, request: web.Request) -> web.StreamResponse:
        """Acknowledge the alerts with the one-time token of a message, which needs no login."""
        if not self._tries.take(time.monotonic()):
            return error_response(429, "too many tries", Retry_After=f"{_TRY_EVERY_S:.0f}")
        try:
            token = await _text(request, "token")
        except CommandError as error:
            return error_response(422, str(error))
        return json_response({"ok": True}) if self._acknowledge_with(token) else error_response(409, _USED)

    async def _key(self, _: web.Request) -> web.StreamResponse:
        try:
            return json_response({"key": await self._push.key() if self._push else None})
        except CommandError:
            return json_response({"key": None})

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        try:
            await self._subscriptions.add(await body(request))
        except CommandError as error:
            return error_response(422, str(error))
        return json_response({"ok": True})

    async def _unsubscribe(self, request: web.Request) -> web.StreamResponse:
        try:
            await self._subscriptions.remove(await _text(request, "endpoint"))
        except CommandError as error:
            return error_response(422, str(error))
        return json_response({"ok": True})

    @property
    def _subscriptions(self) -> PushSubscriptions:
        """The subscriptions. Raises CommandError where there is no Web Push."""
        if self._push is None:
            raise CommandError("there is no Web Push here")
        return self._push


async def _text(request: web.Request, key: str) -> str:
    """Return the only field of a request's body. Raises CommandError."""
    fields = await body(request)
    if fields.keys() != {key} or not isinstance(fields[key], str):
        raise CommandError(f'the body must be {{"{key}": "…"}}')
    return str(fields[key])
