"""Who gets in: passwords, sessions, tokens, tries, proxies."""

import asyncio
import base64
import gzip
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.core.commands import Feedback
from babycryd.core.events import StateChanged
from babycryd.web.auth.client_address import Client, client_of, is_home_name, limit_key, network_of, networks
from babycryd.web.auth.login_limit import LoginLimit
from babycryd.web.auth.passwords import hash_of, is_hash, is_right
from babycryd.web.auth.sessions import FILE, Sessions
from babycryd.web.settings import WebSettings
from tests.support.patience import Stopwatch, patient
from tests.support.serving import HASH, JSON, PASSWORD, Answer, ServedDevice, serving

PROXY = WebSettings(trusted_proxies=("127.0.0.1",))
INGRESS = replace(PROXY, proxy_logs_in=True)
CLOSED = ["/api/state", "/api/events", "/api/episodes", "/api/clips", "/day.svg", "/report", "/metrics", "/nights.css"]
OPEN = ["/", "/app.js", "/words/de.json", "/healthz", "/openapi.json", "/api/session"]


def cookie_of(told: Answer) -> str:
    return told.headers["Set-Cookie"].split(";")[0]


async def logged_in(device: ServedDevice, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of a page that has logged in."""
    told = await device.ask("/api/login", {"password": PASSWORD}, headers=JSON | dict(headers or {}))
    assert told.status == 200, told
    session = {"Cookie": cookie_of(told), **(headers or {})}
    token = (await device.ask("/api/session", headers=session)).content["csrf"]
    return {**JSON, **session, "X-CSRF-Token": token}


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


def basic(password: str) -> dict[str, str]:
    return JSON | {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


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
            assert (right.status, right.content) == (wrong.status, wrong.content), path
            assert right.status == 429, path
        for each in (PASSWORD, "wrong"):
            assert (await device.ask("/api/login", {"password": each})).status == 429
            assert (await device.ask("/api/feedback", {"cry": True}, headers=basic(each))).status == 429
        assert (await device.ask("/api/state", headers=page)).status == 200  # a session needs no try
        assert device.executed == []


async def test_many_tries_at_once_are_no_more_tries(tmp_path: Path) -> None:
    statuses: list[int] = []
    async with serving(tmp_path, locked=True) as device:
        for _ in range(3):
            told = await asyncio.gather(*(device.ask("/api/state", headers=basic(f"guess {n}")) for n in range(4)))
            statuses += [each.status for each in told]
        assert sorted(statuses) == [401] * 5 + [429] * 7


async def test_a_careless_network_does_not_lock_the_owner_out(tmp_path: Path) -> None:
    async with serving(tmp_path, PROXY, locked=True) as device:
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


def test_passwords_are_kept_as_argon2id() -> None:
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", HASH)
    assert is_hash(HASH)
    assert not is_hash(PASSWORD)
    assert hash_of(PASSWORD) != HASH  # salted
    assert is_right(PASSWORD, HASH)
    assert not is_right("wrong", HASH)
    assert not is_right(PASSWORD, "$argon2id$v=19$broken")


def test_tries_come_back_with_time_and_one_does_not_use_up_anothers() -> None:
    limit = LoginLimit()
    assert [limit.take("a", 0.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    assert limit.wait_s("b", 0.0) == limit.take("b", 0.0) == 0
    assert limit.wait_s("a", 29.0) == limit.take("a", 29.0) == pytest.approx(1.0)
    assert limit.take("a", 30.0) == 0
    limit.reset("a")
    assert [limit.take("a", 31.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    many = LoginLimit()
    assert sum(many.take(f"10.0.0.{n}", 0.0) == 0 for n in range(200)) == 40  # of all new addresses together


def test_a_careless_network_leaves_the_owner_his_tries() -> None:
    limit = LoginLimit()
    limit.reset("phone")
    for at_s in range(600):  # twenty devices that try a wrong password every second for ten minutes
        for n in range(20):
            limit.take(f"10.0.0.{n}", float(at_s))
    assert [limit.take("owner", 600.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    crowd = sum(limit.take(f"10.9.{n // 250}.{n % 250}", 600.0) == 0 for n in range(5000))
    assert crowd <= 40
    assert limit.take("stranger", 600.0) > 0  # an attack from thousands of addresses does lock new ones out
    assert limit.take("phone", 600.0) == 0  # but not one that had the right password


def test_a_careless_ipv6_network_leaves_its_owner_his_tries_and_others_theirs() -> None:
    limit = LoginLimit()
    for at_s in range(60):
        for n in range(1, 21):
            limit.take(f"fe80::{n:x}", float(at_s))
    assert [limit.take("fe80::99", 60.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    hostile = LoginLimit()  # thousands of addresses of one network
    assert sum(hostile.take(f"2001:db8::{n:x}", 0.0) == 0 for n in range(5000)) == 24
    assert [hostile.take(each, 0.0) for each in ("2001:db8:0:1::1", "10.0.0.1")] == [0, 0]


def test_only_believed_proxies_are_believed() -> None:
    said = {
        "X-Forwarded-For": "6.6.6.6, 1.2.3.4, 10.0.0.2",
        "X-Forwarded-Proto": "https",
        "X-Ingress-Path": "/api/in/x1",
    }
    trusted = networks(["10.0.0.0/8"])
    assert client_of("10.0.0.1", said, trusted, secure=False) == Client(
        "1.2.3.4", secure=True, prefix="/api/in/x1/", trusted_proxy=True, forwarded=True
    )
    assert client_of("1.2.3.4", said, trusted, secure=False) == Client(
        "1.2.3.4", secure=False, untrusted_proxy=True, forwarded=True
    )
    assert client_of("::ffff:127.0.0.1", {}, trusted, secure=False).local
    assert client_of("::ffff:10.0.0.1", {}, trusted, secure=False).trusted_proxy
    for strange in ("//evil.example", "/a/../b", "/a;Domain=x", "/a b", "x", "/" + "a" * 300, "/%0d%0a"):
        assert client_of("10.0.0.1", {"X-Ingress-Path": strange}, trusted, secure=False).prefix == "/", strange
    assert limit_key("2001:DB8:1:2:0:0:0:1%eth0") == limit_key("[2001:db8:1:2::1]") == "2001:db8:1:2::1"
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("10.1.2.3") is network_of("::ffff:10.1.2.3") is None
    assert limit_key("::ffff:10.1.2.3") == limit_key("[10.1.2.3]") == "10.1.2.3"  # one address, however it is written


async def test_a_reverse_proxys_visitors_log_in(tmp_path: Path) -> None:
    came = {
        "X-Forwarded-For": "192.168.1.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/baby",
        "Host": "home",
    }
    async with serving(tmp_path, PROXY, locked=True) as device:
        assert (await device.ask("/api/state", headers=came)).status == 401
        told = await device.ask("/api/login", {"password": PASSWORD}, headers=JSON | came)
        assert "Secure" in told.headers["Set-Cookie"]
        assert "Path=/baby/" in told.headers["Set-Cookie"]
        page = await logged_in(device, came)
        asked = page | {"Origin": "https://home"}
        assert (await device.ask("/api/feedback", {"cry": True}, headers=asked)).status == 200


async def test_who_comes_by_home_assistants_ingress_is_let_in(tmp_path: Path) -> None:
    came = {"X-Ingress-Path": "/api/hassio_ingress/t0ken", "X-Forwarded-For": "192.168.1.7", "Host": "ha.local"}
    async with serving(tmp_path, INGRESS) as device:
        session = (await device.ask("/api/session", headers=came)).content
        assert session["logged_in"]
        assert (await device.ask("/api/state", headers=came)).status == 200
        assert (await device.ask("/api/feedback", {"cry": True}, headers=JSON | came)).status == 403
        page = JSON | came | {"X-CSRF-Token": session["csrf"]}
        assert (await device.ask("/api/feedback", {"cry": True}, headers=page)).status == 200
    async with serving(tmp_path, replace(INGRESS, trusted_proxies=("10.0.0.1",)), locked=True) as device:
        assert (await device.ask("/api/state", headers=came)).status == 401  # not that proxy


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({}, "must send the header"),
        ({"Host": "evil.example"}, "must send the header"),
        ({"Host": "evil.example", "X-Forwarded-For": "1.2.3.4"}, "web.host_names"),
        ({"Host": "evil.example:8474", "X-Ingress-Path": "/x"}, "web.host_names"),
        ({"Host": "127.0.0.1.evil.example", "X-Ingress-Path": "/x"}, "web.host_names"),
        ({"Host": "127.0.0.1:99999999", "X-Ingress-Path": "/x"}, "web.host_names"),
    ],
)
async def test_a_neighbour_of_the_proxy_is_not_taken_for_it(headers: dict[str, str], part: str, tmp_path: Path) -> None:
    async with serving(tmp_path, INGRESS) as device:
        for path in ("/api/state", "/api/session", "/"):
            told = await device.ask(path, headers=headers)
            assert (told.status, part in told.content["error"]) == (403, True), path
        assert (await device.ask("/api/feedback", {"cry": True}, headers=JSON | headers)).status == 403
        assert (await device.ask("/healthz")).status == 200
    async with serving(tmp_path, INGRESS, locked=True) as device:
        assert (await device.ask("/api/state", headers=headers)).status == 401
        assert (await device.ask("/api/state", headers=headers | basic(PASSWORD))).status == 200
    assert device.executed == []


async def test_a_public_name_of_the_page_is_named_in_the_settings(tmp_path: Path) -> None:
    came = {"X-Forwarded-For": "192.168.1.7", "Host": "Baby.example.org"}
    async with serving(tmp_path, replace(INGRESS, host_names=("baby.example.org",))) as device:
        assert (await device.ask("/api/state", headers=came)).status == 200


async def test_a_proxy_that_hides_the_name_is_told_what_to_add(tmp_path: Path) -> None:
    came = {"X-Forwarded-For": "192.168.1.7", "Origin": "https://baby.example.org"}  # nginx's own Host: 127.0.0.1
    async with serving(tmp_path, PROXY, locked=True) as device:
        told = await device.ask("/api/login", {"password": PASSWORD}, headers=JSON | came)
        assert (told.status, told.content["advice"]) == (403, "proxy_host")
        assert "proxy_set_header Host $http_host" in told.content["error"]


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
    ("host", "known"),
    [
        *[(name, True) for name in ("localhost", "pi", "pi.local", "HA.LAN.", "192.168.1.5", "::1")],
        *[(name, False) for name in ("evil.example", "", "local.evil.com", "1.2.3.4.evil.com")],
    ],
)
def test_names_that_only_the_home_network_knows(host: str, known: bool) -> None:  # noqa: FBT001
    assert is_home_name(host) is known


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
