"""Connection limit: bounds the number of connections, and closes those without a complete request header in 10 s."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MOST_KEPT: Final = 200  # streams, which are never closed for newer connections
_MOST_KEPT_BY_ADDRESS: Final = 60  # fewer than web.max_viewers, so that others can look, too
HEADER_LIMIT_S = 10.0
_END_OF_HEADERS: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest numbers of connections: in total, of one address, and of one proxy, which stands for many clients."""

    total: int
    by_address: int
    by_proxy: int


OPEN: Final = Limits(300, 150, 250)  # of the 1024 files that a process may open; a browser opens six
HANDSHAKES: Final = Limits(48, 16, 32)  # TLS takes 256 kB of memory for each connection


class Connection:
    """An open connection; `abort` closes it at once."""

    __slots__ = ("abort", "address", "kept")

    def __init__(self, address: str, abort: Callable[[], object]) -> None:
        self.address = address
        self.abort = abort
        self.kept = False  # True: it is not closed for a newer one

    def forget(self) -> None:
        """Drop what `abort` refers to, after the end: a cycle would keep the buffers of TLS until a late collection."""
        self.abort = _nothing


def _nothing() -> None:
    """Do nothing."""


class Connections:
    """Table of the open connections, in the order in which they were last heard.

    Where there are too many, a new one replaces the one that was silent longest: of its own address, or of the address
    that has the most. So no client, idle or busy, can keep another one out for long.
    """

    def __init__(self, is_proxy: Callable[[str], bool], limits: Limits = OPEN) -> None:
        self._is_proxy = is_proxy
        self._limits = limits
        self._open: dict[Connection, None] = {}
        self._by_address: Counter[str] = Counter()
        self.refused = 0  # connections that were refused, or closed for newer ones

    def __len__(self) -> int:
        return len(self._open)

    def add(self, address: str, abort: Callable[[], object]) -> Connection | None:
        """Add a new connection; return None, and count a refusal, where no other one can make room."""
        if self._by_address[address] >= self._most(address):
            return self._replace(address, address, abort)
        if len(self._open) >= self._limits.total:
            return self._replace(self._busiest(), address, abort)
        return self._enter(address, abort)

    def has_room(self, address: str) -> bool:
        """Return whether a new connection of this address would replace none."""
        return len(self._open) < self._limits.total and self._by_address[address] < self._most(address)

    def heard(self, connection: Connection) -> None:
        """Note that bytes came over a connection."""
        if connection in self._open:
            del self._open[connection]
            self._open[connection] = None

    def keep(self, connection: Connection) -> bool:
        """Let no newer connection replace this one; return False where too many are kept."""
        kept = [each.address for each in self._open if each.kept]
        most = _MOST_KEPT if self._is_proxy(connection.address) else _MOST_KEPT_BY_ADDRESS
        connection.kept = len(kept) < _MOST_KEPT and kept.count(connection.address) < most
        return connection.kept

    def remove(self, connection: Connection) -> None:
        """Remove a connection that was closed; one that is not in the table is ignored."""
        if connection in self._open:
            del self._open[connection]
            self._by_address[connection.address] -= 1
            self._by_address += Counter()  # drops the addresses without a connection

    def _most(self, address: str) -> int:
        return self._limits.by_proxy if self._is_proxy(address) else self._limits.by_address

    def _busiest(self) -> str | None:
        counts = Counter(each.address for each in self._open if not each.kept)
        return counts.most_common(1)[0][0] if counts else None

    def _replace(self, other: str | None, address: str, abort: Callable[[], object]) -> Connection | None:
        self.refused += 1
        oldest = next((each for each in self._open if each.address == other and not each.kept), None)
        if oldest is None:
            return None
        self.remove(oldest)
        oldest.abort()
        return self._enter(address, abort)

    def _enter(self, address: str, abort: Callable[[], object]) -> Connection:
        connection = Connection(address, abort)
        self._open[connection] = None
        self._by_address[address] += 1
        return connection


class LimitedConnection(asyncio.Protocol):
    """Protocol around aiohttp's: closes a connection without a complete request header within HEADER_LIMIT_S.

    aiohttp itself waits for a header without a limit.
    """

    def __init__(self, protocol: asyncio.Protocol, connections: Connections, connection: Connection) -> None:
        self._protocol = protocol
        self._connections = connections
        self._connection = connection
        self._timeout: asyncio.TimerHandle | None = None
        self._tail = b""

    def keep(self) -> bool:
        """Let no newer connection replace this one; return False where too many are kept."""
        return self._connections.keep(self._connection)

    def release(self) -> None:
        """Let a newer connection replace this one again."""
        self._connection.kept = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._connection.abort = transport.abort
        self._timeout = asyncio.get_running_loop().call_later(HEADER_LIMIT_S, transport.abort)
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._connections.heard(self._connection)
        if self._timeout is not None:
            seen = self._tail + data
            if _END_OF_HEADERS in seen:
                self._timeout.cancel()
                self._timeout = None
            self._tail = seen[-3:]
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
        self._connections.remove(self._connection)
        self._connection.forget()
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
