"""Control socket: answers the commands of this computer's command line, one JSON object a line.

`{"command": "volume", "fields": {"volume": 40}}` executes a command as `POST /api/volume` does, `{"command": "status"}`
is answered as `GET /api/state`. An answer has `ok`, and `error` where that is false.
"""

import asyncio
import json
import logging
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babycryd.core.command_table import COMMANDS
from babycryd.core.command_values import CommandError, shortened
from babycryd.core.records import RecordsError
from babycryd.system.files import AS_THE_DAEMON
from babycryd.system.local_socket import peer_user, socket_name
from babycryd.web.context import WebContext
from babycryd.web.state_view import RARE, StateView

if TYPE_CHECKING:
    from babycryd.web.api import Api

log = logging.getLogger(__name__)

_LONGEST_LINE: Final = 4096  # bytes
_READ_LIMIT_S: Final = 10.0
_RETRY_S: Final = 10.0
_REMEDY: Final = "is another babycryd running with this state_dir?"
_SPECS: Final = {spec.name: spec for spec in COMMANDS}
NO_RIGHT: Final = f"this user may not command babycryd: {AS_THE_DAEMON}"


class ControlSocket:
    """Control socket of one daemon, while `run` runs. It admits root and the daemon's own user."""

    def __init__(self, folder: Path, context: WebContext) -> None:
        """`folder`: the state's, after which the socket is named."""
        self._name = socket_name(folder)
        self._context = context
        self._view = StateView()
        self._events = context.bus.subscribe("control-socket", only=RARE)
        self._api: Api | None = None

    async def run(self) -> None:
        """Answer until cancelled."""
        server = await asyncio.start_unix_server(self._serve, sock=await self._bound(), limit=_LONGEST_LINE)
        async with server:
            await self._follow()

    async def _bound(self) -> socket.socket:
        """Return a socket with our name; wait while another daemon with the same state folder has it."""
        told = False
        while True:
            bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                bound.bind(self._name)
            except OSError as error:
                bound.close()
                if not told:
                    log.warning("no commands from the command line for now (%s): %s", error.strerror, _REMEDY)
                told = True
                await asyncio.sleep(_RETRY_S)
            else:
                return bound

    async def _follow(self) -> None:
        """Keep the state that `status` shows, which begins with the last cry of earlier runs."""
        if self._context.nights is not None:
            try:
                if last := await self._context.nights.last():
                    self._view.remember(last)
            except RecordsError as error:
                log.debug("the last cry is not known: %s", error)  # checks and `health` say it
        async for event in self._events:
            self._view.note(event, time.time())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of one connection."""
        try:
            answer = await self._answer(reader, peer_user(writer.get_extra_info("socket")))
            writer.write(json.dumps(answer, ensure_ascii=False).encode(errors="replace") + b"\n")
            await writer.drain()
        except (OSError, TimeoutError) as error:
            log.debug("a command of this computer was not answered: %s", error)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, user: int) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_READ_LIMIT_S):
                line = await reader.readline()
            if user not in {0, os.geteuid()}:
                return _refusal(NO_RIGHT)
            request = json.loads(line)
            name, fields = request["command"], dict(request.get("fields", {}))
        except (ValueError, TypeError, LookupError, RecursionError):
            return _refusal('expected a line such as {"command": "volume", "fields": {"volume": 40}}')
        try:
            return {"ok": True, **await self._execute(name, fields)}
        except CommandError as error:
            return _refusal(str(error))

    async def _execute(self, name: object, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the state, or execute a command and return its result. Raises CommandError."""
        if self._api is None:
            self._api = await asyncio.to_thread(_api_of, self._context, self._view)
        if name == "status":
            return self._api.state()
        spec = _SPECS.get(name) if isinstance(name, str) else None
        if spec is None:
            raise CommandError(f"unknown command {shortened(str(name))}")
        command = self._api.read(spec, fields)
        result = await self._context.dispatch(command)
        log.info("executed a command of the command line: %s", command)
        return dict(result)


def _api_of(context: WebContext, view: StateView) -> "Api":
    """Return the page's API, whose library is imported with the first command only."""
    from babycryd.web.api import Api

    return Api(context, view, lambda _: None)


def _refusal(why: str) -> dict[str, Any]:
    return {"ok": False, "error": why}
