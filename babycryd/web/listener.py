"""Listener: accepts the connections of the page, counts them before TLS begins, and passes them to aiohttp."""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from babycryd.web import connection_limit
from babycryd.web.connection_limit import Connection, Connections, LimitedConnection

log = logging.getLogger(__name__)

_BACKLOG: Final = 512  # a burst of connections must not delay the next one by a lost packet
_HANDSHAKE_S: Final = 10.0
_TURN_LIMIT_S: Final = 2.0  # a client that says nothing in its handshake holds up others for so long
_PAUSE_S: Final = 0.2  # after a failure, such as too many open files
_ABSENT: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}  # this computer has no such address, such as ::1


class Listener:
    """Accepts connections while `serve` runs. A client that says nothing costs a socket, and no buffer of TLS."""

    def __init__(
        self,
        connections: Connections,
        handshakes: Connections,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
    ) -> None:
        """`protocol`: builds aiohttp's protocol for one connection; `tls`: None: plain HTTP.

        `handshakes`: the table of the connections whose TLS has begun and is not ready.
        """
        self._connections = connections
        self._handshakes = handshakes
        self._handshake_ended = asyncio.Event()  # set for a moment, at each end
        self._protocol = protocol
        self.tls = tls  # may be replaced; open connections keep theirs

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections of these listening sockets until cancelled, then close the sockets."""
        try:
            async with asyncio.TaskGroup() as group:
                for listening in sockets:
                    group.create_task(self._accept(listening, group), name="web-accept")
        finally:
            for listening in sockets:
                listening.close()

    async def _accept(self, listening: socket.socket, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, peer = await loop.sock_accept(listening)
            except OSError as error:
                log.debug("a connection cannot be accepted: %s", error)
                await asyncio.sleep(_PAUSE_S)
                continue
            connection = self._connections.add(str(peer[0]), accepted.close)
            if connection is None:
                accepted.close()
                continue
            opening = group.create_task(self._open(accepted, connection), name="web-connection")
            opening.add_done_callback(partial(self._close_unopened, accepted, connection))
            connection.abort = opening.cancel
            await asyncio.sleep(0)  # a burst of connections must not hold the loop

    async def _open(self, accepted: socket.socket, connection: Connection) -> bool:
        """Pass a connection to aiohttp as soon as its client has said something; return whether it did."""
        handshake: Connection | None = None
        try:
            async with asyncio.timeout(connection_limit.HEADER_LIMIT_S):
                await _readable(accepted)
            if self.tls:
                handshake = await self._begin_handshake(connection)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: LimitedConnection(self._protocol(), self._connections, connection),
                accepted,
                ssl=self.tls,
                ssl_handshake_timeout=_HANDSHAKE_S if self.tls else None,
            )
        except OSError:  # also TimeoutError and ssl.SSLError: the client said nothing, or nothing right
            return False
        finally:
            if handshake is not None:
                self._handshakes.remove(handshake)
                handshake.forget()
                self._handshake_ended.set()
                self._handshake_ended.clear()
        return True

    async def _begin_handshake(self, connection: Connection) -> Connection:
        """Return the entry of a handshake, when there is room for one or in place of the one that began first.

        Raises ConnectionAbortedError where neither is possible.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TURN_LIMIT_S):
                while not self._handshakes.has_room(connection.address):
                    await self._handshake_ended.wait()
        handshake = self._handshakes.add(connection.address, connection.abort)
        if handshake is None:
            raise ConnectionAbortedError
        return handshake

    def _close_unopened(self, accepted: socket.socket, connection: Connection, opening: asyncio.Task[bool]) -> None:
        """Close a socket that aiohttp did not get, also where the task was cancelled before it began."""
        if opening.cancelled() or opening.exception() is not None or not opening.result():
            self._connections.remove(connection)
            connection.forget()
            accepted.close()


async def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of a host that this computer has. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with contextlib.ExitStack() as opened:
        sockets, absent = [], OSError(errno.EADDRNOTAVAIL, "no such address")
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                made = opened.enter_context(socket.create_server(address, family=family, backlog=_BACKLOG))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error
                continue
            made.setblocking(False)
            sockets.append(made)
        if not sockets:
            raise absent
        opened.pop_all()
        return sockets


async def _readable(accepted: socket.socket) -> None:
    """Wait until a socket has bytes to read, or was closed by the other side."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(accepted, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(accepted)
