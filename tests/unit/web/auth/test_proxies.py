"""Proxies: which are believed, which log in themselves, and what the others are told."""

from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.web.auth.client_address import Client, client_of, is_home_name, limit_key, network_of, networks
from babycryd.web.settings import WebSettings
from tests.support.logging_in import basic, logged_in
from tests.support.serving import JSON, PASSWORD, serving

PROXY = WebSettings(trusted_proxies=("127.0.0.1",))
INGRESS = replace(PROXY, proxy_logs_in=True)


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


@pytest.mark.parametrize(
    ("host", "known"),
    [
        *[(name, True) for name in ("localhost", "pi", "pi.local", "HA.LAN.", "192.168.1.5", "::1")],
        *[(name, False) for name in ("evil.example", "", "local.evil.com", "1.2.3.4.evil.com")],
    ],
)
def test_names_that_only_the_home_network_knows(host: str, known: bool) -> None:  # noqa: FBT001
    assert is_home_name(host) is known
