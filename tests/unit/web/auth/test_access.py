"""Access to the page: passwords, sessions, tokens, tries."""

import asyncio
import base64
import gzip
import re
from pathlib import Path

import pytest

from babycryd.core.commands import Feedback
from babycryd.core.events import StateChanged
from babycryd.web.auth import login_limit
from babycryd.web.auth.passwords import hash_of
from babycryd.web.auth.sessions import FILE, Sessions
from babycryd.web.settings import WebSettings
from tests.support.logging_in import basic, logged_in
from tests.support.patience import Stopwatch, patient
from tests.support.serving import HASH, JSON, PASSWORD, Answer, ServedDevice, serving

CLOSED = ["/api/state", "/api/events", "/api/episodes", "/api/clips", "/day.svg", "/report", "/metrics", "/nights.css"]
OPEN = ["/", "/app.js", "/words/de.json", "/healthz", "/openapi.json", "/api/session"]


async def test_without_the_password_nothing_of_the_home_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        for path in CLOSED:
            assert (await device.ask(path)).status == 401, path
        for path in OPEN:
            assert (await device.ask(path)).status == 200, path
        assert (await device.ask("/api/session")).content == {"logged_in": False, "password": True, "csrf": None}
        assert (await device.ask("/api/feedback", {"cry": True})).status == 401
        assert device.executed == []
        assert "Nursery" not in str((await device.ask("/")).raw)


async def test_logging_in_and_out(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        told = await device.ask("/api/login", {"password": PASSWORD})
        for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"):
            assert part in told.headers["Set-Cookie"]
        assert "Secure" not in told.headers["Set-Cookie"]  # over plain HTTP it would not come back
        page = await logged_in(device)
        assert (await device.ask("/api/state", headers=page)).status == 200
        assert (await device.ask("/api/feedback", {"cry": True}, headers=page)).status == 200
        assert device.executed == [Feedback(cry=True)]
        assert (await device.ask("/api/logout", {}, headers=page)).status == 200
        assert (await device.ask("/api/state", headers=page)).status == 401


async def test_an_order_needs_the_token_of_its_session(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        page, other = await logged_in(device), await logged_in(device)
        for token in ("", "x", other["X-CSRF-Token"]):
            told = await device.ask("/api/feedback", {"cry": True}, headers=page | {"X-CSRF-Token": token})
            assert (told.status, device.executed) == (403, [])
        del page["X-CSRF-Token"]
        assert (await device.ask("/api/feedback", {"cry": True}, headers=page)).status == 403
        assert (
            await device.ask("/api/feedback", {"cry": True}, headers=other | {"Origin": "http://evil"})
        ).status == 403
        assert device.executed == []


async def test_a_wrong_password_is_refused_and_soon_not_even_looked_at(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path, locked=True) as device:
        statuses = [(await device.ask("/api/login", {"password": f"guess {n}"})).status for n in range(7)]
        assert statuses == [403] * 5 + [429] * 2
        told = await device.ask("/api/login", {"password": PASSWORD})
        assert told.status == 429
        assert 1 <= int(told.headers["Retry-After"]) <= 31
        assert "guess" not in caplog.text
        shapes: list[object] = [{}, {"password": 1}, {"password": None}, [], b"\xff"]
        for strange in shapes:
            assert (await device.ask("/api/login", strange, headers=JSON)).status == 422


@pytest.fixture
def no_try_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes longer for a hundred tries than until the next one is allowed."""
    monkeypatch.setattr(login_limit, "_TRY_EVERY_S", 3600.0)


def timeless(told: Answer) -> str:
    """Return an answer without the seconds that are left, which go on between two requests."""
    return re.sub(r"\d+", "N", str(told.content))


@pytest.mark.usefixtures("no_try_comes_back")
async def test_a_locked_out_address_hears_the_same_for_right_and_wrong(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        page = await logged_in(device)
        assert (await device.ask("/api/state", headers=basic(PASSWORD))).status == 200
        assert [(await device.ask("/api/state", headers=basic(f"guess {n}"))).status for n in range(6)] == [
            *[401] * 5,
            429,
        ]
        for path in ("/api/state", "/metrics", "/api/session", "/report.png", "/api/events"):
            right, wrong = [await device.ask(path, headers=basic(each)) for each in (PASSWORD, "wrong")]
            assert right.status == wrong.status == 429, path
            assert timeless(right) == timeless(wrong), path
        for each in (PASSWORD, "wrong"):
            assert (await device.ask("/api/login", {"password": each})).status == 429
            assert (await device.ask("/api/feedback", {"cry": True}, headers=basic(each))).status == 429
        assert (await device.ask("/api/state", headers=page)).status == 200  # a session needs no try
        assert device.executed == []


@pytest.mark.usefixtures("no_try_comes_back")
async def test_many_tries_at_once_are_no_more_tries(tmp_path: Path) -> None:
    statuses: list[int] = []
    async with serving(tmp_path, locked=True) as device:
        for _ in range(3):
            told = await asyncio.gather(*(device.ask("/api/state", headers=basic(f"guess {n}")) for n in range(4)))
            statuses += [each.status for each in told]
        assert sorted(statuses) == [401] * 5 + [429] * 7


@pytest.mark.usefixtures("no_try_comes_back")
async def test_a_careless_network_does_not_lock_the_owner_out(tmp_path: Path) -> None:
    async with serving(tmp_path, WebSettings(trusted_proxies=("127.0.0.1",)), locked=True) as device:
        free = asyncio.Semaphore(3)  # each request of a test takes one of the threads that the server shares

        async def tries(address: str, password: str) -> int:
            headers = JSON | {"X-Forwarded-For": address, "Host": "home"}
            async with free:
                return (await device.ask("/api/login", {"password": password}, headers=headers)).status

        careless = [tries(f"192.168.1.{n}", f"guess {k}") for n in range(10, 30) for k in range(6)]
        assert sorted(await asyncio.gather(*careless)) == [403] * 100 + [429] * 20
        assert await tries("192.168.1.50", PASSWORD) == 200
        assert await tries("192.168.1.51", "mistyped") == 403
        assert await tries("192.168.1.51", PASSWORD) == 200


async def test_scripts_send_the_password_in_a_header(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        assert (await device.ask("/api/state", headers=basic(PASSWORD))).status == 200
        assert (await device.ask("/metrics", headers=basic(PASSWORD))).status == 200
        assert (await device.ask("/api/feedback", {"cry": True}, headers=basic(PASSWORD))).status == 200
        assert (await device.ask("/api/state", headers=basic("wrong"))).status == 401
        assert (await device.ask("/api/state", headers={"Authorization": "Bearer x"})).status == 401
        assert (
            await device.ask("/api/state", headers={"Authorization": "Basic ÿ".encode("latin-1").decode("latin-1")})
        ).status == 401
        stopwatch = Stopwatch()
        for _ in range(20):
            assert (await device.ask("/api/state", headers=basic(PASSWORD))).status == 200
        assert stopwatch.elapsed_s() < 5  # each password is reckoned once, not with every request


async def test_another_password_ends_every_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.web.auth.authenticator.RELOAD_EVERY_S", 0.0)
    async with serving(tmp_path, locked=True) as device:
        page = await logged_in(device)
        device.hash = hash_of("another one")
        assert (await device.ask("/api/state", headers=page)).status == 401
        assert (await device.ask("/api/login", {"password": PASSWORD})).status == 403
        assert (await device.ask("/api/login", {"password": "another one"})).status == 200


async def test_a_session_outlives_a_restart_and_ends_in_time(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        page = await logged_in(device)
    async with serving(tmp_path, locked=True) as again:
        assert (await again.ask("/api/state", headers=page)).status == 200
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert page["Cookie"].split("=")[1] not in (tmp_path / FILE).read_text()
    sessions = Sessions(tmp_path, HASH, 100.0)
    token = sessions.begin(1000.0)
    assert sessions.is_valid(token, 1099.0)
    assert not sessions.is_valid(token, 1100.0)
    assert not sessions.is_valid(token, 10.0)  # the clock was set back by years
    assert not sessions.is_valid("", 1000.0)


async def test_a_stream_ends_with_its_session(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        page = await logged_in(device)
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(f"GET /api/events HTTP/1.1\r\nHost: x\r\nCookie: {page['Cookie']}\r\n\r\n".encode())
        assert b"event: state" in await reader.readuntil(b"event: state")
        await device.ask("/api/logout", {}, headers=page)
        device.bus.publish(StateChanged(1.0, "crying", 1.0))
        async with patient():
            told = await reader.readuntil(b"\r\n0\r\n\r\n")
        assert b"crying" not in told
        writer.close()


async def test_a_scripts_stream_ends_with_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.web.auth.authenticator.RELOAD_EVERY_S", 0.0)
    sent = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    async with serving(tmp_path, locked=True) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(f"GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {sent}\r\n\r\n".encode())
        await reader.readuntil(b"event: state")
        device.bus.publish(StateChanged(1.0, "soothing", 1.0))
        await reader.readuntil(b"soothing")
        device.hash = hash_of("another one")
        device.bus.publish(StateChanged(2.0, "crying", 2.0))
        async with patient():
            told = await reader.readuntil(b"\r\n0\r\n\r\n")
        assert b"crying" not in told
        writer.close()


@pytest.mark.parametrize(
    ("kept", "part"), [("{", "cannot be read"), ('{"password": 1}', ""), ("[]", "cannot be read"), ("\x00", "cannot")]
)
def test_a_damaged_file_of_sessions_admits_no_session(
    kept: str, part: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text(kept)
    sessions = Sessions(tmp_path, HASH, 100.0)
    assert not sessions.is_valid("x", 1.0)
    assert part in caplog.text


async def test_a_page_without_a_usable_hash_is_closed_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("babycryd.web.auth.authenticator.RELOAD_EVERY_S", 0.0)
    device = ServedDevice(hash="")
    async with serving(tmp_path, device=device, locked=True):
        assert (await device.ask("/healthz")).status == 200
        session = (await device.ask("/api/session")).content
        assert session == {"logged_in": False, "password": True, "csrf": None, "advice": "web_password"}
        for password in ("", PASSWORD):
            told = await device.ask("/api/login", {"password": password})
            assert (told.status, told.content["advice"]) == (503, "web_password")
            assert (await device.ask("/api/state", headers=basic(password))).status == 503
        assert (await device.ask("/api/state")).status == 401
        assert caplog.text.count("every login to the page is refused: no hash") == 1
        device.hash = HASH  # babycryd passwd was run
        page = await logged_in(device)
        device.hash = ""  # an unusable file later on does not open the page, and ends no session
        assert (await device.ask("/api/state", headers=page)).status == 200
        assert (await device.ask("/api/login", {"password": ""})).status == 403
    assert caplog.text.count("the page keeps the earlier password: no hash") == 1


async def test_requests_that_are_aborted_leave_no_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path, locked=True) as device:
        for n in range(60):
            _, writer = await asyncio.open_connection("127.0.0.1", device.port)
            body = b'{"password": "wrong"}'
            head = (
                f"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {21 + n % 2}"
            )
            writer.write(head.encode() + b"\r\n\r\n" + body)
            await writer.drain()
            await asyncio.sleep(0.001 * (n % 5))
            writer.transport.abort()
        assert (await device.ask("/healthz")).status == 200
    assert len(caplog.records) <= 8, caplog.text  # a wrong password each, until the limit
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /api/state HTTP/1.1\r\nHost: x\r\nCookie: babycryd=\xff\xfe\r\n\r\n", b"401"),
        (b"GET /api/state HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe\r\n\r\n", b"401"),
        (b"POST /api/logout HTTP/1.1\r\nCookie: babycryd=\xff\xfe\r\nHost: x\r\n+{}", b"200"),
        (b'POST /api/login HTTP/1.1\r\nHost: x\r\n+{"password": "\\ud800aa"}', b"403"),
        (b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n+abcde", b"415"),
        (b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\n+abcde", b"415"),
        (b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n+" + gzip.compress(b"{" * 10**7), b"415"),
    ],
)
async def test_no_bytes_of_a_stranger_are_an_error_of_ours(
    request_: bytes, status: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head, plus, body = request_.partition(b"+")
    if plus:
        head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving(tmp_path, locked=True) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(head + body)
        async with patient():
            assert status in await reader.readline()
        writer.close()
    assert "Traceback" not in caplog.text
