"""Logins at a served page, as a browser or a script makes them."""

import base64
from collections.abc import Mapping

from tests.support.serving import JSON, PASSWORD, Answer, ServedDevice


def cookie_of(told: Answer) -> str:
    return told.headers["Set-Cookie"].split(";")[0]


async def logged_in(device: ServedDevice, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of a page that has logged in."""
    told = await device.ask("/api/login", {"password": PASSWORD}, headers=JSON | dict(headers or {}))
    assert told.status == 200, told
    session = {"Cookie": cookie_of(told), **(headers or {})}
    token = (await device.ask("/api/session", headers=session)).content["csrf"]
    return {**JSON, **session, "X-CSRF-Token": token}


def basic(password: str) -> dict[str, str]:
    return JSON | {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}
