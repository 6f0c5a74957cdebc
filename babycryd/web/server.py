"""HTTP server. Import it only where HTTP is enabled: it imports aiohttp, which is slow."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import ssl
import time
from functools import partial
from pathlib import Path

from aiohttp import web

from babycryd.core.commands import Command
from babycryd.core.counting import counted
from babycryd.core.records import RecordsError
from babycryd.core.rounds import next_round
from babycryd.system.tls import TlsFileError, server_context
from babycryd.web.alert_api import TOKEN_PATH, AlertApi
from babycryd.web.api import Api
from babycryd.web.auth.authenticator import RELOAD_EVERY_S, Authenticator, ReadHash
from babycryd.web.auth.client_address import is_among, networks
from babycryd.web.auth.middleware import HEALTHZ, LONGEST_BODY, AccessMiddleware
from babycryd.web.auth.session_api import OPEN_PATHS, SessionApi
from babycryd.web.connection_limit import HANDSHAKES, Connections, LimitedConnection
from babycryd.web.context import WebContext
from babycryd.web.listen_api import LISTEN, ListenApi
from babycryd.web.listener import Listener, listening_sockets
from babycryd.web.live_stream import LiveStream
from babycryd.web.metrics import MetricsSource, exposition
from babycryd.web.openapi import openapi
from babycryd.web.quiet_log import quiet_log
from babycryd.web.records_api import RecordsApi
from babycryd.web.responses import error_response, file_response, json_response
from babycryd.web.rooms_api import ROOM_EVENTS, RoomsApi
from babycryd.web.settings import WebSettings
from babycryd.web.settings_api import SettingsApi
from babycryd.web.sounds_api import SoundsApi
from babycryd.web.state_view import RARE, StateView
from babycryd.web.static_files import StaticFiles

log = logging.getLogger(__name__)

_RETRY_S = 10.0
_EVENTS = "/api/events"
_UNLIMITED = (_EVENTS, LISTEN, ROOM_EVENTS)  # paths whose answers have no time limit


class WebServer:
    """HTTP server, while `run` runs. Where its port is taken, it tries again."""

    def __init__(self, settings: WebSettings, context: WebContext, folder: Path, read_hash: ReadHash | None) -> None:
        """`folder`: for the sessions; `read_hash`: None: no password. Raises what `read_hash` raises."""
        self._settings = settings
        self._context = context
        self._events = context.bus.subscribe("web", only=RARE)
        self.state_view = StateView()
        session_s = settings.session_days * 86_400
        self._authenticator = Authenticator(read_hash, folder, session_s) if read_hash else None
        self._api = Api(context, self.state_view, _log_executed)
        self._live_stream = LiveStream(
            context.bus, self._api.state, lambda: context.liveness().listening, settings.max_viewers
        )
        self._static_files = StaticFiles()
        open_to_all = (*self._static_files.paths, *OPEN_PATHS, HEALTHZ, TOKEN_PATH, "/openapi.json")
        self._access = AccessMiddleware(settings, self._authenticator, open_to_all, _UNLIMITED)
        self._static_files.admits = self._access.has_session
        self._login = SessionApi(self._access, self._authenticator, session_s)
        is_proxy = partial(is_among, trusted=networks(settings.trusted_proxies))
        self._connections = Connections(is_proxy)
        self._handshakes = Connections(is_proxy, HANDSHAKES)
        self._listener: Listener | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            logger=quiet_log(),
            handle_signals=False,
            auto_decompress=False,  # a small body may decompress to much, which would hold the loop
            shutdown_timeout=0.5,
            keepalive_timeout=75.0,
        )
        await runner.setup()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(), name="web-follow")
                group.create_task(self._live_stream.run(), name="web-live-stream")
                group.create_task(self._follow_password(), name="web-password")
                group.create_task(self._serve(runner), name="web-serve")
        finally:
            await runner.cleanup()

    def application(self) -> web.Application:
        """Return the application with every path."""
        app = web.Application(client_max_size=LONGEST_BODY, middlewares=[self._access.middleware])
        app.add_routes(self._api.routes)
        app.add_routes(self._login.routes)
        app.add_routes(AlertApi(self._context.acknowledge_with, self._context.push).routes)
        app.add_routes(RecordsApi(self._context.nights, self._context.clips).routes)
        app.add_routes(ListenApi(self._context.live_sound, self._access).routes)
        app.add_routes(SettingsApi(self._context.settings).routes)
        rooms = RoomsApi(self._api.state, self._context.overview, self._access)
        app.add_routes(rooms.routes)
        app.on_shutdown.append(rooms.close)
        app.add_routes(SoundsApi(self._context.meter, self._context.voices).routes)
        app.add_routes([web.get(path, self._static_files.answer) for path in self._static_files.paths])
        app.add_routes(
            [
                web.get(_EVENTS, self._stream, allow_head=False),
                web.get("/metrics", self._metrics),
                web.get("/openapi.json", _describe),
            ]
        )
        return app

    async def _follow(self) -> None:
        await self._remember()
        async for event in self._events:
            self.state_view.note(event, time.time())

    async def _remember(self) -> None:
        """Show the last cry of earlier runs until there is a new one."""
        if self._context.nights is None:
            return
        with contextlib.suppress(RecordsError):  # the page says what is wrong with the history
            if last := await self._context.nights.last():
                self.state_view.remember(last)

    async def _follow_password(self) -> None:
        """Look for a usable hash while there is none, also while the page is not used."""
        while self._authenticator is not None:
            await next_round(RELOAD_EVERY_S)
            self._authenticator.reload()

    async def reload(self) -> None:
        """Read the certificate again, for new connections; keep the earlier one where the new one cannot be used."""
        if self._listener is None or not self._settings.cert_file:
            return
        try:
            self._listener.tls = await asyncio.to_thread(_tls, self._settings)
            log.info("new connections get the certificate in %s", self._settings.cert_file)
        except TlsFileError as error:
            log.warning("the page keeps its earlier certificate: %s: %s", error, error.remedy)

    async def _serve(self, runner: web.AppRunner) -> None:
        settings = self._settings
        tls, sockets = await self._listen()
        self._listener = Listener(self._connections, self._handshakes, lambda: _protocol(runner), tls)
        scheme = "https" if tls else "http"
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        log.info("answering %s://%s:%d", scheme, host, settings.port)
        await self._listener.serve(sockets)

    async def _listen(self) -> tuple[ssl.SSLContext | None, list[socket.socket]]:
        settings, complaint = self._settings, ""
        while True:
            try:
                tls = await asyncio.to_thread(_tls, settings)
                return tls, await listening_sockets(settings.host, settings.port)
            except OSError as error:
                why = _why(error)
                if why != complaint:
                    remedy = _remedy(error)
                    where = f"{settings.host}:{settings.port}"
                    log.warning("no HTTP for now, %s cannot be listened on (%s): %s", where, why, remedy)
                complaint = why
                await asyncio.sleep(_RETRY_S)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._live_stream.is_full:
            why = f"already open: {counted(len(self._live_stream), 'page')} (web.max_viewers); close one"
            return error_response(503, why, Retry_After="10")
        connection = request.transport and request.transport.get_protocol()
        if not isinstance(connection, LimitedConnection) or not connection.keep():
            return error_response(503, "too many pages are open at this address; close one", Retry_After="10")
        try:
            return await self._live_stream.stream(request, self._access.still_admits(request))
        finally:
            connection.release()

    async def _metrics(self, _: web.Request) -> web.StreamResponse:
        """Answer Prometheus; its library is imported at the first request."""
        source = MetricsSource(
            state_view=self.state_view,
            liveness=self._context.liveness(),
            lost=self._context.lost(),
            outbox=self._context.outbox(),
            viewers=len(self._live_stream),
            listeners=self._context.live_sound.listeners if self._context.live_sound else 0,
            viewer_updates_dropped=self._live_stream.dropped,
            connections_refused=self._connections.refused,
            logins_refused=self._authenticator.refused if self._authenticator else 0,
        )
        content, kind = await asyncio.to_thread(exposition, source)
        return file_response(content, kind)


def _protocol(runner: web.AppRunner) -> asyncio.Protocol:
    assert runner.server is not None  # after `setup`
    return runner.server()


def _tls(settings: WebSettings) -> ssl.SSLContext | None:
    """Return the TLS context; None without a certificate. Raises TlsFileError."""
    return server_context("web", settings.cert_file, settings.key_file) if settings.cert_file else None


def _why(error: OSError) -> str:
    """Return the system's text of an error; asyncio's is long and repeats the address."""
    code = error.errno
    return os.strerror(code) if code is not None and code in errno.errorcode else str(error)


def _remedy(error: OSError) -> str:
    if isinstance(error, TlsFileError):
        return error.remedy
    if isinstance(error, PermissionError):
        return "take a web.port above 1023"
    return "is another babycryd running? else change web.port"


def _log_executed(command: Command) -> None:
    log.info("executed a command over HTTP: %s", command)


async def _describe(_: web.Request) -> web.StreamResponse:
    return json_response(openapi())
