"""HTTP API of listening in: the live sound of the room as MP3 without an end."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from aiohttp import web

from babycryd.core.live_sound import LiveListener, LiveSound, LiveSoundError
from babycryd.web.auth.middleware import CLIENT, AccessMiddleware
from babycryd.web.connection_limit import LimitedConnection
from babycryd.web.responses import SAFE, error_response

LISTEN: Final = "/listen.mp3"
_MOST_UNSENT: Final = 12_000  # bytes, three seconds of loud sound; a connection that takes less is closed
_ADMITTED_EVERY_S: Final = 1.0  # how often the session is looked at while no sound comes
_HEADERS: Final = {**SAFE, "Content-Type": "audio/mpeg", "X-Accel-Buffering": "no", "Accept-Ranges": "none"}


class ListenApi:
    """Handler of `/listen.mp3`. It ends with the session, with the consent, and for a client that is too slow."""

    def __init__(self, live_sound: LiveSound | None, access: AccessMiddleware) -> None:
        self._live_sound = live_sound
        self._access = access

    @property
    def routes(self) -> list[web.RouteDef]:
        """The route of this handler."""
        return [web.get(LISTEN, self._listen, allow_head=False)]

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        if self._live_sound is None or not self._live_sound.enabled:
            return error_response(404, "listening in is off: see listen_in.consent in the configuration")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return error_response(403, "another site's page may not listen in")
        connection = request.transport and request.transport.get_protocol()
        if not isinstance(connection, LimitedConnection) or not connection.keep():
            return error_response(503, "too many connections are open at this address; close one", Retry_After="10")
        try:
            listener = self._live_sound.listen(request[CLIENT].address, gated=request.query.get("gate") == "1")
        except LiveSoundError as error:
            connection.release()
            return error_response(503, str(error), Retry_After="10")
        try:
            return await _send(request, listener, self._access.still_admits(request))
        finally:
            listener.close()
            connection.release()


async def _send(request: web.Request, listener: LiveListener, is_admitted: Callable[[], bool]) -> web.StreamResponse:
    """Send the sound until the listener ends, is no longer admitted, or does not take it."""
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    transport = request.transport
    with contextlib.suppress(ConnectionError):  # the client has gone
        while transport is not None and not transport.is_closing():
            frames = await _taken(listener)
            if frames is None or not is_admitted():
                break
            if frames:
                await response.write(frames)
            if isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size() > _MOST_UNSENT:
                transport.abort()
    return response


async def _taken(listener: LiveListener) -> bytes | None:
    """Return the next frames, none after a second without sound; None at the end."""
    try:
        async with asyncio.timeout(_ADMITTED_EVERY_S):
            return await listener.take()
    except TimeoutError:
        return b""
