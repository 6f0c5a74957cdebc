"""Clients of the page that mean no good, and one that asks `/healthz` all the time."""

import http.client
import random
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.support.patience import Stopwatch

_ADDRESSES = [f"127.0.0.{last}" for last in range(60, 68)]  # where they come from
_PAUSE_S = 0.1
_REQUESTS = (
    b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",  # and the answer is never read
    b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000,  # a header without an end
    b"POST /api/volume HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999999999\r\n\r\n{",
    b"POST /api/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n\xff\x00{[",
    b"GET /clips/..%2f..%2fetc%2fpasswd.flac HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /report?date=9999-99-99&language=%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # TLS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"",  # says nothing
)


class HostileClients:
    """`with HostileClients(port) as clients:` opens connections all the time, and keeps `most` of them open."""

    def __init__(self, port: int, most: int = 60) -> None:
        self._port = port
        self._most = most
        self._open: list[socket.socket] = []
        self._moments = random.Random(0)  # noqa: S311  # the same each time
        self._thread = _Repeated(self._one_more)
        self.opened = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.end()
        for each in self._open:
            each.close()

    def _one_more(self) -> None:
        try:
            source = (self._moments.choice(_ADDRESSES), 0)
            connection = socket.create_connection(("127.0.0.1", self._port), 2.0, source_address=source)
            connection.sendall(self._moments.choice(_REQUESTS))
            self._open.append(connection)
            self.opened += 1
        except OSError:
            pass  # the server may refuse or hang up
        while len(self._open) > self._most:
            self._open.pop(self._moments.randrange(len(self._open))).close()
        time.sleep(_PAUSE_S)


class HealthAsked:
    """`with HealthAsked(port) as asked:` asks `/healthz` several times a second, each on a new connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._thread = _Repeated(self._ask)
        self.statuses: list[int] = []
        self.lost: list[str] = []  # of each request without an answer: what was waited for, how long, and its error
        self.longest_s = 0.0  # of own time without an answer
        self._silence = Stopwatch()

    def __enter__(self) -> Self:
        self._silence = Stopwatch()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.end()
        self._note()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        began_s, waits_for = time.monotonic(), "the connection"
        try:
            connection.connect()
            waits_for = "the answer"
            connection.request("GET", "/healthz")
            self.statuses.append(connection.getresponse().status)
            self._note()
        except (OSError, http.client.HTTPException) as error:  # counts as silence
            self.lost.append(f"{waits_for}, {time.monotonic() - began_s:.1f} s: {error!r}")
        finally:
            connection.close()
        time.sleep(0.2)

    def _note(self) -> None:
        if self._silence.over(self.longest_s):
            self.longest_s = self._silence.elapsed_s()
        self._silence = Stopwatch()


class _Repeated(threading.Thread):
    """Work that is repeated until `end`."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(name="repeated", daemon=True)
        self._work = work
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.is_set():
            self._work()

    def end(self) -> None:
        self._ending.set()
        self.join()
