"""Connections that say nothing, or that are too many."""

import asyncio
import gzip
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from babycryd.system.memory import give_memory_back
from babycryd.web import connection_limit
from babycryd.web.connection_limit import Connections, LimitedConnection
from babycryd.web.server import WebServer
from babycryd.web.settings import WebSettings
from tests.support.broker import make_certificates
from tests.support.patience import CLOCK_HANG_S, patient, until
from tests.support.serving import ServedDevice, serving


async def test_a_client_that_does_not_finish_the_headers_is_disconnected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as device:
        monkeypatch.setattr(connection_limit, "HEADER_LIMIT_S", 0.3)
        for said in (b"", b"GET /api/state HTTP/1.1\r\nHost: localhost\r\nX: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
            writer.write(said)
            async with patient():
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()
        monkeypatch.setattr(connection_limit, "HEADER_LIMIT_S", CLOCK_HANG_S)
        assert (await device.ask("/healthz")).status == 200


async def test_headers_in_pieces_are_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[LimitedConnection] = []
    begin = LimitedConnection.connection_made

    def noted(connection: LimitedConnection, transport: asyncio.BaseTransport) -> None:
        made.append(connection)
        begin(connection, transport)

    async with serving(tmp_path) as device:
        monkeypatch.setattr(LimitedConnection, "connection_made", noted)
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        for piece in (b"GET /healthz HTTP/1.1\r", b"\nHost: localhost\r\n\r"):
            writer.write(piece)
            await until(lambda: made and made[0]._tail == piece[-3:])  # noqa: B023
        assert made[0]._timeout is not None
        writer.write(b"\n")
        assert b"200 OK" in await reader.readline()
        assert made[0]._timeout is None  # it stays open for the next request
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"200 OK")
        writer.close()


async def test_a_body_that_trickles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.web.auth.middleware._REQUEST_LIMIT_S", 0.3)
    async with serving(tmp_path) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        head = ["POST /api/feedback HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 9"]
        writer.write("\r\n".join([*head, "", "{"]).encode())
        async with patient():
            assert b"408" in await reader.readline()
        writer.close()


async def idle(port: int, number: int) -> list[socket.socket]:
    """Connections that say nothing, made a few at a time, as fast as the backlog takes them."""
    loop, made = asyncio.get_running_loop(), []
    for _ in range(number):
        one = socket.socket()
        one.setblocking(False)
        await loop.sock_connect(one, ("127.0.0.1", port))
        made.append(one)
    return made


def idle_at_once(port: int, number: int) -> list[socket.socket]:
    """Connections that say nothing, in one burst."""
    return [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]


@pytest.mark.parametrize("secure", [False, True])
async def test_hundreds_of_idle_connections_cost_little_and_healthz_is_answered(
    secure: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    make_certificates(tmp_path)
    files = {"cert_file": tmp_path / "server.pem", "key_file": tmp_path / "server.key"} if secure else {}
    async with served(tmp_path, WebSettings(**files)) as server:  # type: ignore[arg-type]
        before_mb = rss_mb()
        before = descriptors()
        crowd = await asyncio.to_thread(idle_at_once, server.port, 500)
        await until(lambda: len(server.connections) == 150)
        await until(lambda: descriptors() <= before + len(crowd) + 160)
        assert rss_mb() - before_mb < 20  # TLS has a buffer of 256 kB for each connection: 38 MB
        for _ in range(3):
            assert await server.healthz() == 200
        assert await asyncio.to_thread(is_closed, crowd[0])  # the oldest made room
        assert not await asyncio.to_thread(is_closed, crowd[-1])
        for one in crowd:
            one.close()
        await until(lambda: not len(server.connections))


@pytest.mark.parametrize("secure", [False, True])
async def test_a_burst_of_connections_of_one_address_is_answered(
    secure: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    make_certificates(tmp_path)
    files = {"cert_file": tmp_path / "server.pem", "key_file": tmp_path / "server.key"} if secure else {}
    async with served(tmp_path, WebSettings(**files)) as server:  # type: ignore[arg-type]
        for _ in range(2 if secure else 8):
            answers = await asyncio.gather(*(server.healthz() for _ in range(40 if secure else 100)))
            assert set(answers) == {200}


def client_hello() -> bytes:
    """The first bytes of a client that speaks TLS."""
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl._create_unverified_context().wrap_bio(received, sent)  # noqa: S323
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


async def test_handshakes_that_stop_half_way_cost_few_buffers_and_healthz_is_answered(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    settings = WebSettings(cert_file=tmp_path / "server.pem", key_file=tmp_path / "server.key")
    async with served(tmp_path, settings) as server:
        assert await server.healthz() == 200
        before_mb, hello = rss_mb(), client_hello()
        crowd = await asyncio.to_thread(idle_at_once, server.port, 200)
        for one in crowd:
            one.send(hello)
        await until(lambda: len(server.server._handshakes) == 16)
        assert await server.healthz() == 200
        await until(lambda: len(server.connections) <= 17)
        give_memory_back()
        assert rss_mb() - before_mb < 20
        for one in crowd:
            one.close()


async def test_trickled_bodies_do_not_keep_a_place(tmp_path: Path) -> None:
    head = b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    async with serving(tmp_path, locked=True) as device:
        crowd = await idle(device.port, 200)
        for one in crowd[50:]:
            one.send(head)
        assert (await device.ask("/healthz")).status == 200
        for one in crowd:
            one.close()


@dataclass
class Served:
    """A server, with or without TLS."""

    port: int
    server: WebServer
    client: ssl.SSLContext | None

    @property
    def connections(self) -> Connections:
        return self.server._connections

    async def healthz(self) -> int:
        """The status of a request over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.client)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        async with patient():
            line = await reader.readline()
        writer.close()
        return int(line.split()[1])

    def certificate(self) -> bytes:
        """What a new connection is shown, DER."""
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            assert self.client
            with self.client.wrap_socket(plain) as secure:
                return secure.getpeercert(binary_form=True) or b""


@asynccontextmanager
async def served(folder: Path, settings: WebSettings) -> AsyncIterator[Served]:
    device = ServedDevice()
    server = WebServer(replace(settings, port=device.port), device.context(), folder, None)
    client = ssl._create_unverified_context() if settings.cert_file else None  # noqa: S323
    task = asyncio.create_task(server.run())
    try:
        await until(lambda: server._listener is not None)
        yield Served(device.port, server, client)
    finally:
        task.cancel()
        await asyncio.wait([task])


def rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def is_closed(one: socket.socket) -> bool:
    """Whether the other side has closed it by now."""
    one.settimeout(0.5)
    try:
        return one.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


async def test_a_renewed_certificate_is_taken_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    make_certificates(tmp_path)
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    async with served(tmp_path, WebSettings(cert_file=certificate, key_file=key)) as server:
        first = await asyncio.to_thread(server.certificate)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=server.client)
        make_certificates(tmp_path)  # new ones, in the same files
        assert await asyncio.to_thread(server.certificate) == first
        await server.server.reload()
        second = await asyncio.to_thread(server.certificate)
        assert second != first
        assert f"new connections get the certificate in {certificate}" in caplog.text
        (tmp_path / "other").mkdir()
        make_certificates(tmp_path / "other")
        for content in ((tmp_path / "other" / "server.pem").read_bytes(), b"", b"no certificate"):
            certificate.write_bytes(content)  # of another key, or none
            await server.server.reload()
            assert await asyncio.to_thread(server.certificate) == second
        assert caplog.text.count("the page keeps its earlier certificate: cannot use web.cert_file") == 3
        assert "both must be there, readable for babycryd's user, PEM and a pair" in caplog.text
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")  # the open connection lives on
        assert b"200" in await reader.readline()
        writer.close()


async def test_a_compressed_body_does_not_hold_the_loop(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    head = "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n"
    async with serving(tmp_path) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        began_s = time.process_time()
        writer.write(f"{head}Content-Length: {len(bomb)}\r\n\r\n".encode() + bomb)
        async with patient():
            assert b" 415 " in await reader.readline()
        writer.close()
        assert (await device.ask("/healthz")).status == 200
        assert time.process_time() - began_s < 0.2  # decompressing it takes 0.5 s


async def test_what_is_no_http_is_refused_without_a_stack_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as device:
        for said in (b"\x16\x03\x01 hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", b"A" * 20_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
            writer.write(said)
            async with patient():
                assert b" 400 " in await reader.readline()
            writer.close()
        assert (await device.ask("/healthz")).status == 200
    assert "Traceback" not in caplog.text
    assert "Error handling request" not in caplog.text
