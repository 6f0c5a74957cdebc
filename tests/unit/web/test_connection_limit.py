"""Connections that say nothing, or that are too many."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from babycryd.web import connection_limit
from babycryd.web.connection_limit import ConnectionCount
from tests.support.patience import patient
from tests.support.serving import serving


async def test_a_client_that_does_not_finish_the_headers_is_disconnected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limit.LimitedConnection.__init__, "__defaults__", (0.3,))
    async with serving(tmp_path) as device:
        for said in (b"", b"GET /api/state HTTP/1.1\r\nHost: localhost\r\nX: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
            writer.write(said)
            async with patient():
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()
        assert (await device.ask("/healthz")).status == 200


async def test_headers_in_pieces_are_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limit.LimitedConnection.__init__, "__defaults__", (1.5,))
    async with serving(tmp_path) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        for piece in (b"GET /healthz HTTP/1.1\r", b"\nHost: localhost\r\n\r", b"\n"):
            writer.write(piece)
            await asyncio.sleep(0.05)
        assert b"200 OK" in await reader.readline()
        await asyncio.sleep(1.7)  # it stays open for the next request
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


def test_one_address_cannot_take_every_place() -> None:
    counter = ConnectionCount(lambda address: address == "proxy")
    assert sum(counter.add("a") for _ in range(200)) == 150
    assert sum(counter.add("proxy") for _ in range(1000)) == 150
    assert not counter.add("b")
    counter.remove("proxy")
    assert counter.add("b")
    assert counter.refused == 50 + 850 + 1


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
