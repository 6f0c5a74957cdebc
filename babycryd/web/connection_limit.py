"""Holds the door: so many connections and no more, and who comes in must say soon what is wanted."""

import asyncio
from collections.abc import Callable
from typing import Final

_MOST_CONNECTIONS: Final = 300  # of the 1024 files that a process may open
_MOST_OF_ONE: Final = 150  # one browser opens six, and a whole home may come from one; a proxy stands for every client
HEADER_LIMIT_S: Final = 10.0
_END_OF_HEADERS: Final = b"\r\n\r\n"


class ConnectionCount:
    """Who is in. One for every server."""

    def __init__(self, is_proxy: Callable[[str], bool]) -> None:
        self._is_proxy = is_proxy
        self._by_address: dict[str, int] = {}
        self._all = 0
        self.turned_away = 0

    def enter(self, address: str) -> bool:
        mine = self._by_address.get(address, 0)
        if self._all >= _MOST_CONNECTIONS or (mine >= _MOST_OF_ONE and not self._is_proxy(address)):
            self.turned_away += 1
            return False
        self._by_address[address] = mine + 1
        self._all += 1
        return True

    def leave(self, address: str) -> None:
        self._all -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class LimitedConnection(asyncio.Protocol):
    """Stands before the protocol that answers, which waits for ever: a connection that says nothing ends."""

    def __init__(self, answers: asyncio.Protocol, counter: ConnectionCount, limit_s: float = HEADER_LIMIT_S) -> None:
        self._answers = answers
        self._counter = counter
        self._limit_s = limit_s
        self._transport: asyncio.BaseTransport | None = None
        self._address: str | None = None  # once it is in
        self._patience: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if not self._counter.enter(address):
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
            return
        self._address = address
        self._patience = asyncio.get_running_loop().call_later(self._limit_s, self._give_up)
        self._answers.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._address is None:
            return
        if self._patience is not None:
            seen = self._tail + data
            if _END_OF_HEADERS in seen:
                self._patience.cancel()
                self._patience = None
            self._tail = seen[-3:]
        self._answers.data_received(data)

    def eof_received(self) -> bool | None:
        return self._answers.eof_received() if self._address is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        if self._address is not None:
            self._counter.leave(self._address)
            self._answers.connection_lost(exc)

    def pause_writing(self) -> None:
        self._answers.pause_writing()

    def resume_writing(self) -> None:
        self._answers.resume_writing()

    def _give_up(self) -> None:
        self._patience = None
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.abort()
