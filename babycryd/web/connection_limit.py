"""Connection limit: limits the number of connections, and closes those without a complete request header in 10 s."""

import asyncio
from collections.abc import Callable
from typing import Final

_MOST_CONNECTIONS: Final = 300  # of the 1024 files that a process may open
_MOST_BY_ADDRESS: Final = 150  # by address: a browser opens six; proxies, which stand for many clients, are exempt
HEADER_LIMIT_S: Final = 10.0
_END_OF_HEADERS: Final = b"\r\n\r\n"


class ConnectionCount:
    """Count of the open connections, in total and by address. All servers share one."""

    def __init__(self, is_proxy: Callable[[str], bool]) -> None:
        self._is_proxy = is_proxy
        self._by_address: dict[str, int] = {}
        self._total = 0
        self.refused = 0

    def add(self, address: str) -> bool:
        """Count a new connection and return True; return False, and count a refusal, where there are too many."""
        by_address = self._by_address.get(address, 0)
        if self._total >= _MOST_CONNECTIONS or (by_address >= _MOST_BY_ADDRESS and not self._is_proxy(address)):
            self.refused += 1
            return False
        self._by_address[address] = by_address + 1
        self._total += 1
        return True

    def remove(self, address: str) -> None:
        """Count a connection as closed."""
        self._total -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class LimitedConnection(asyncio.Protocol):
    """Protocol around aiohttp's: closes a connection beyond the limit, or without a request header within `limit_s`.

    aiohttp itself waits for a header without a limit.
    """

    def __init__(self, protocol: asyncio.Protocol, counter: ConnectionCount, limit_s: float = HEADER_LIMIT_S) -> None:
        self._protocol = protocol
        self._counter = counter
        self._limit_s = limit_s
        self._transport: asyncio.BaseTransport | None = None
        self._address: str | None = None  # None: refused
        self._timeout: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if not self._counter.add(address):
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
            return
        self._address = address
        self._timeout = asyncio.get_running_loop().call_later(self._limit_s, self._time_out)
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._address is None:
            return
        if self._timeout is not None:
            seen = self._tail + data
            if _END_OF_HEADERS in seen:
                self._timeout.cancel()
                self._timeout = None
            self._tail = seen[-3:]
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received() if self._address is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
        if self._address is not None:
            self._counter.remove(self._address)
            self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def _time_out(self) -> None:
        self._timeout = None
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.abort()
