"""The HTTP server on a real port, asked by the standard library."""

import asyncio
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.core.commands import Command, Feedback, PlayLullaby, SetVolume, Snooze, StopLullaby
from babycryd.core.liveness import Liveness
from babycryd.core.soothing_events import LullabyStarted
from babycryd.web.server import WebServer
from babycryd.web.settings import WebSettings, is_loopback
from tests.support.broker import make_certificates
from tests.support.patience import patient, until
from tests.support.serving import JSON, ServedDevice, serving


async def test_feedback_is_handed_on_and_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = await device.ask("/api/feedback", {"cry": False})
        assert (told.status, told.content) == (200, {"ok": True, "episode": "e1", "cry": False})
        assert device.executed == [Feedback(cry=False)]
        told = await device.ask("/api/feedback", {"cry": True, "episode": "e7"})
        assert (told.status, told.content) == (409, {"ok": False, "error": "no episode 'e7'"})


@pytest.mark.parametrize(
    ("path", "fields", "order"),
    [
        ("/api/lullaby", {"lullaby": "ON"}, PlayLullaby()),
        ("/api/lullaby", {"lullaby": "OFF"}, StopLullaby()),
        ("/api/lullaby", {"lullaby": "twinkle"}, PlayLullaby("twinkle")),
        ("/api/lullaby", {"lullaby": "NEXT"}, PlayLullaby()),
        ("/api/volume", {"volume": 40}, SetVolume(40.0)),
        ("/api/snooze", {"minutes": 15}, Snooze(15.0)),
        ("/api/snooze", {"minutes": 0}, Snooze(0.0)),
    ],
)
async def test_orders_reach_the_one_door(path: str, fields: dict[str, Any], order: Command, tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        assert (await device.ask(path, fields)).status == 200
        assert device.executed == [order]


async def test_next_is_the_track_behind_the_one_that_plays(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        await device.tell(LullabyStarted(1.0, "twinkle"))
        await device.ask("/api/lullaby", {"lullaby": "NEXT"})
        assert device.executed == [PlayLullaby("brahms")]


@pytest.mark.parametrize(
    ("body", "headers", "method", "path", "status", "part"),
    [
        (b"", JSON, "POST", "/api/feedback", 422, "must be a JSON object"),
        (b"[" * 2000, JSON, "POST", "/api/feedback", 422, "must be a JSON object"),
        (b'{"cry": 1}', JSON, "POST", "/api/feedback", 422, "must be true"),
        (b"{}", JSON, "POST", "/api/feedback", 422, '"cry" is missing'),
        (b'{"cry": true, "x": 1}', JSON, "POST", "/api/feedback", 422, "unknown 'x'"),
        (b'{"volume": 101}', JSON, "POST", "/api/volume", 422, "from 0 to 100"),
        (b'{"volume": NaN}', JSON, "POST", "/api/volume", 422, "from 0 to 100"),
        (b"{}", JSON, "POST", "/api/volume", 422, '"volume" is missing'),
        (b'{"minutes": 9999}', JSON, "POST", "/api/snooze", 422, "from 0 to 720"),
        (b'{"lullaby": "a\\nb"}', JSON, "POST", "/api/lullaby", 422, "printable"),
        (b'{"cry": false}' + b" " * 3000, JSON, "POST", "/api/feedback", 413, "2048 bytes"),
        (b'{"cry": false}', {}, "POST", "/api/feedback", 415, "application/json"),
        (b'{"cry": false}', JSON | {"Host": "evil.example"}, "POST", "/api/feedback", 403, "127.0.0.1"),
        (b'{"cry": false}', JSON | {"Host": "localhost:99999999"}, "POST", "/api/feedback", 403, "127.0.0.1"),
        (b'{"cry": false}', JSON | {"Origin": "http://evil.example"}, "POST", "/api/feedback", 403, "another site"),
        (b'{"cry": false}', JSON | {"Sec-Fetch-Site": "cross-site"}, "POST", "/api/feedback", 403, "another site"),
        (b'{"cry": false}', JSON | {"X-CSRF-Token": "old"}, "POST", "/api/feedback", 403, "X-CSRF-Token"),
        (b'{"cry": false}', JSON | {"X-Forwarded-For": "1.2.3.4"}, "POST", "/api/feedback", 403, "trusted_proxies"),
        (b"", {}, "GET", "/api/feedback", 405, "openapi.json"),
        (b"", {}, "DELETE", "/api/state", 415, "application/json"),
        (b"", JSON, "DELETE", "/api/state", 405, "openapi.json"),
        (b"", {}, "GET", "/../etc/passwd", 404, "openapi.json"),
        (b"", {}, "GET", "/..%2f..%2fetc/passwd", 404, "openapi.json"),
        (b"", {}, "GET", "/words/../server.py", 404, "openapi.json"),
        (b"", {}, "GET", "/words/", 404, "openapi.json"),
        (b"", {}, "GET", "/clips/..%2f..%2fx.flac", 404, "switched off"),
        (b"", {}, "GET", "/static/", 404, "openapi.json"),
        (b"", {}, "GET", "/api/episodes", 404, "history.enabled"),
        (b"", {}, "GET", "/api/clips", 404, "switched off"),
    ],
)
async def test_mistakes_and_attacks_change_nothing(
    body: bytes, headers: dict[str, str], method: str, path: str, status: int, part: str, tmp_path: Path
) -> None:
    async with serving(tmp_path) as device:
        told = await device.ask(path, body, headers=headers, method=method)
        assert (told.status, told.content["ok"]) == (status, False)
        assert part in told.content["error"]
        assert device.executed == []
        assert "script-src 'self'" in told.headers["Content-Security-Policy"]


async def test_no_body_breaks_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        loop = asyncio.get_running_loop()
        paths = st.sampled_from(["/api/feedback", "/api/volume", "/api/lullaby", "/api/snooze", "/api/clips/delete"])

        @settings(max_examples=300, deadline=None)
        @given(
            paths,
            st.binary(max_size=300) | st.dictionaries(st.text(), st.text()).map(lambda one: json.dumps(one).encode()),
        )
        def attack(path: str, body: bytes) -> None:
            told = asyncio.run_coroutine_threadsafe(device.ask(path, body, headers=JSON), loop).result()
            assert told.status in (404, 409, 413, 422)
            assert told.content["ok"] is False

        await asyncio.to_thread(attack)
        assert device.executed == []
        assert (await device.ask("/api/feedback", {"cry": True})).status == 200


async def test_healthz_is_good_only_while_a_cry_would_be_heard(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = await device.ask("/healthz")
        assert (told.status, told.content) == (200, {"ok": True})
        device.liveness = Liveness("sound comes, but none has been judged for 9 s", 9.0, 9.0)
        told = await device.ask("/healthz")
        assert (told.status, told.content) == (503, {"ok": False})
        state = (await device.ask("/api/state")).content
        assert (state["listening"], state["not_listening"]) == (False, device.liveness.reason)


async def test_thousands_of_tracks_make_no_large_answer(tmp_path: Path) -> None:
    names = tuple(f"{n:05d} {'ü' * 120}" for n in range(10_000))
    async with serving(tmp_path, device=ServedDevice(tracks=names)) as device:
        told = await device.ask("/api/state")
        assert len(told.raw) < 100_000
        lullaby = told.content["lullaby"]
        assert (lullaby["tracks"], lullaby["tracks_total"]) == (list(names[:100]), 10_000)
        pages = [(await device.ask(f"/api/tracks?from={n}")).content["tracks"] for n in range(0, 10_500, 500)]
        assert [name for page in pages for name in page] == list(names)
        assert max(map(len, pages)) == 500
        for wrong in ("-1", "x", "1.5", "9" * 5000, "²"):
            assert (await device.ask(f"/api/tracks?from={quote(wrong)}")).status == 422
        await device.tell(LullabyStarted(1.0, names[9_999]))
        await device.ask("/api/lullaby", {"lullaby": "NEXT"})
        assert device.executed == [PlayLullaby(names[0])]


async def logged(log: pytest.LogCaptureFixture, text: str) -> None:
    await until(lambda: text in log.text)


async def test_a_port_that_is_taken_is_told_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr("babycryd.web.server._RETRY_S", 0.02)
    async with serving(tmp_path) as first:
        other = ServedDevice(port=first.port)
        server = WebServer(WebSettings(port=first.port), other.context(), tmp_path, None)
        second = asyncio.create_task(server.run())
        await logged(caplog, "cannot be listened on")
        await asyncio.sleep(0.3)  # it tries again and again
    async with patient():
        while True:
            try:
                assert (await other.ask("/healthz")).status == 200
                break
            except OSError:
                await asyncio.sleep(0.02)
    second.cancel()
    await asyncio.wait([second])
    assert caplog.text.count("cannot be listened on") == 1
    assert f"127.0.0.1:{first.port} cannot be listened on (Address already in use): " in caplog.text
    assert "change web.port" in caplog.text


async def test_a_certificate_that_cannot_be_read_is_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    missing = WebSettings(port=ServedDevice().port, cert_file=tmp_path / "no.pem", key_file=tmp_path / "no.key")
    task = asyncio.create_task(WebServer(missing, ServedDevice().context(), tmp_path, None).run())
    await logged(caplog, f"cannot use web.cert_file {tmp_path / 'no.pem'}")
    assert "both must be there" in caplog.text
    task.cancel()
    await asyncio.wait([task])


async def test_an_encrypted_key_is_told_and_its_password_not_asked_for(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    make_certificates(tmp_path)
    locked = tmp_path / "locked.key"
    command = ("openssl", "pkey", "-in", tmp_path / "server.key", "-aes256", "-passout", "pass:secret", "-out", locked)
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    sealed = WebSettings(port=ServedDevice().port, cert_file=tmp_path / "server.pem", key_file=locked)
    task = asyncio.create_task(WebServer(sealed, ServedDevice().context(), tmp_path, None).run())
    await logged(caplog, "the key is encrypted")
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_this_computer_is_loopback(host: str) -> None:
    assert is_loopback(host)
    assert WebSettings(host=host).is_local


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "localhost.evil.example"])  # noqa: S104
def test_other_hosts_are_not(host: str) -> None:
    assert not is_loopback(host)
    assert not WebSettings(host=host).is_local


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"host": ""}, "host"),
        ({"cert_file": Path("x")}, "cert_file"),
        ({"trusted_proxies": ("10.0.0.1", "nginx")}, "trusted_proxies"),
        ({"proxy_logs_in": True}, "proxy_logs_in"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any], key: str) -> None:
    assert [each for each, _ in replace(WebSettings(), **change).check()] == [key]
    assert list(WebSettings(trusted_proxies=("10.0.0.0/8", "::1")).check()) == []
