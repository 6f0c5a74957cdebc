"""The HTTP server on a real port, asked by the standard library."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.orders import Answer, Feedback, Order, OrderError
from babycryd.web.server import WebServer
from babycryd.web.settings import WebSettings, is_loopback
from tests.broker import free_port

JSON = {"Content-Type": "application/json"}


class Asked:
    """A server at work, and what it was asked."""

    def __init__(self) -> None:
        self.port = free_port()
        self.obeyed: list[Order] = []

    async def obey(self, order: Order) -> Answer:
        """As the feedback room does, which knows one episode."""
        assert isinstance(order, Feedback)
        if order.episode not in (None, "e1"):
            raise OrderError(f"no episode {order.episode!r}")
        self.obeyed.append(order)
        return {"episode": "e1", "cry": order.cry}

    async def ask(
        self, body: bytes, headers: dict[str, str] = JSON, method: str = "POST", path: str = "/api/feedback"
    ) -> tuple[int, Any]:
        return await asyncio.to_thread(self._ask, body, headers, method, path)

    def _ask(self, body: bytes, headers: dict[str, str], method: str, path: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Asked]:
    asked = Asked()
    task = asyncio.create_task(WebServer(WebSettings(port=asked.port), asked.obey).run())
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    await asked.ask(b"")
                    break
                except OSError:
                    await asyncio.sleep(0.02)
        yield asked
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_feedback_is_handed_on_and_answered() -> None:
    async with serving() as asked:
        assert await asked.ask(b'{"cry": false}') == (200, {"ok": True, "episode": "e1", "cry": False})
        assert asked.obeyed == [Feedback(cry=False)]
        status, refused = await asked.ask(b'{"cry": true, "episode": "e7"}')
        assert (status, refused) == (409, {"ok": False, "error": "no episode 'e7'"})


@pytest.mark.parametrize(
    ("body", "headers", "method", "path", "status", "part"),
    [
        (b"", JSON, "POST", "/api/feedback", 422, "must be a JSON object"),
        (b"[" * 2000, JSON, "POST", "/api/feedback", 422, "must be a JSON object"),
        (b'{"cry": 1}', JSON, "POST", "/api/feedback", 422, "must be true"),
        (b'{"cry": true, "x": 1}', JSON, "POST", "/api/feedback", 422, "unknown 'x'"),
        (b'{"cry": false}' + b" " * 3000, JSON, "POST", "/api/feedback", 413, "2048 bytes"),
        (b'{"cry": false}', {}, "POST", "/api/feedback", 415, "application/json"),
        (b'{"cry": false}', JSON | {"Host": "evil.example"}, "POST", "/api/feedback", 403, "127.0.0.1"),
        (b'{"cry": false}', JSON | {"Host": "localhost:99999999"}, "POST", "/api/feedback", 403, "127.0.0.1"),
        (b"", {}, "GET", "/api/feedback", 405, "POST /api/feedback"),
        (b"", {}, "GET", "/../etc/passwd", 404, "POST /api/feedback"),
    ],
)
async def test_mistakes_and_attacks_change_nothing(
    body: bytes, headers: dict[str, str], method: str, path: str, status: int, part: str
) -> None:
    async with serving() as asked:
        answered, content = await asked.ask(body, headers, method, path)
        assert (answered, content["ok"]) == (status, False)
        assert part in content["error"]
        assert asked.obeyed == []


async def test_no_body_breaks_it() -> None:
    async with serving() as asked:
        loop = asyncio.get_running_loop()

        @settings(max_examples=300, deadline=None)
        @given(
            st.binary(max_size=300) | st.dictionaries(st.text(), st.text()).map(lambda one: json.dumps(one).encode())
        )
        def attack(body: bytes) -> None:
            status, content = asyncio.run_coroutine_threadsafe(asked.ask(body), loop).result()
            assert status in (409, 413, 422)
            assert content["ok"] is False

        await asyncio.to_thread(attack)
        assert asked.obeyed == []
        assert (await asked.ask(b'{"cry": true}'))[0] == 200


async def test_a_port_that_is_taken_is_told_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("babycryd.web.server._RETRY_S", 0.02)
    async with serving() as first:
        second = asyncio.create_task(WebServer(WebSettings(port=first.port), first.obey).run())
        await asyncio.sleep(0.3)
    async with asyncio.timeout(10):
        while True:
            try:
                assert (await first.ask(b'{"cry": true}'))[0] == 200
                break
            except OSError:
                await asyncio.sleep(0.02)
    second.cancel()
    await asyncio.wait([second])
    assert caplog.text.count("cannot be listened on") == 1
    assert "change web.port" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_this_computer_is_loopback(host: str) -> None:
    assert is_loopback(host)
    assert list(WebSettings(host=host).check()) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "localhost.evil.example", ""])  # noqa: S104  # refused
def test_everybody_else_is_not(host: str) -> None:
    assert not is_loopback(host)
    assert [key for key, _ in WebSettings(host=host).check()] == ["host"]
