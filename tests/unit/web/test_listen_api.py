"""Listening in over HTTP: for a session only, until it ends, and never for a client that does not take the sound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from babycryd.core.live_sound import ListenersChanged, LiveSoundError
from babycryd.web.settings import WebSettings
from tests.support.patience import patient, until
from tests.support.serving import PASSWORD, ServedDevice, serving

FRAME = b"\xff\xf3" + b"x" * 34
END = b"\r\n0\r\n\r\n"  # of a chunked answer


class FakeListener:
    """A listener that gives `pieces` frames at a time."""

    def __init__(self, sound: "FakeSound") -> None:
        self._sound = sound

    async def take(self) -> bytes | None:
        await asyncio.sleep(0.01)
        return FRAME * self._sound.pieces if self._sound.enabled else None

    def close(self) -> None:
        self._sound.who.remove(self)


class FakeSound:
    """A live sound without an end."""

    def __init__(self, *, enabled: bool = True, pieces: int = 1) -> None:
        self.enabled = enabled
        self.pieces = pieces
        self.who: list[FakeListener] = []
        self.asked: list[tuple[str, bool]] = []

    @property
    def listeners(self) -> int:
        return len(self.who)

    def listen(self, who: str, *, gated: bool) -> FakeListener:
        if self.listeners >= 2:
            raise LiveSoundError("2 listen already (listen_in.max_listeners)")
        self.asked.append((who, gated))
        self.who.append(FakeListener(self))
        return self.who[-1]


@asynccontextmanager
async def listening(
    device: ServedDevice, path: str = "/listen.mp3", cookie: str = ""
) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n".encode())
    try:
        yield reader
    finally:
        writer.close()


async def head(reader: asyncio.StreamReader) -> str:
    async with patient(60):
        return (await reader.readuntil(b"\r\n\r\n")).decode()


async def test_the_sound_comes_until_consent_is_withdrawn(tmp_path: Path) -> None:
    sound = FakeSound()
    device = ServedDevice(live_sound=sound)
    async with serving(tmp_path, device=device), listening(device, "/listen.mp3?gate=1") as reader:
        answer = await head(reader)
        assert answer.startswith("HTTP/1.1 200 ")
        assert "Content-Type: audio/mpeg" in answer
        assert "Cache-Control: no-store" in answer
        async with patient(60):
            assert FRAME in await reader.readuntil(FRAME)
        assert sound.asked == [("127.0.0.1", True)]
        assert (await device.ask("/api/state")).content["listen_in"] == {"enabled": True, "listeners": 1}
        sound.enabled = False
        async with patient(60):
            await reader.readuntil(END)
        await until(lambda: sound.listeners == 0)
        assert (await device.ask("/listen.mp3")).status == 404


async def test_a_client_that_goes_is_no_listener_any_more(tmp_path: Path) -> None:
    sound = FakeSound()
    device = ServedDevice(live_sound=sound)
    async with serving(tmp_path, device=device):
        async with listening(device) as reader:
            await head(reader)
            assert sound.listeners == 1
        await until(lambda: sound.listeners == 0)


async def test_too_many_and_other_sites_are_refused(tmp_path: Path) -> None:
    device = ServedDevice(live_sound=FakeSound())
    async with serving(tmp_path, device=device), listening(device) as first, listening(device) as second:
        await head(first)
        await head(second)
        refused = await device.ask("/listen.mp3")
        assert (refused.status, refused.content["error"]) == (503, "2 listen already (listen_in.max_listeners)")
        assert (await device.ask("/listen.mp3", headers={"Sec-Fetch-Site": "cross-site"})).status == 403


@pytest.mark.parametrize("sound", [None, FakeSound(enabled=False)])
async def test_without_consent_there_is_nothing(sound: FakeSound | None, tmp_path: Path) -> None:
    device = ServedDevice(live_sound=sound)
    async with serving(tmp_path, device=device):
        answer = await device.ask("/listen.mp3")
        assert answer.status == 404
        assert "listen_in.consent" in answer.content["error"]
        assert (await device.ask("/api/state")).content["listen_in"] == {"enabled": False, "listeners": 0}


async def test_it_needs_a_session_and_ends_with_it(tmp_path: Path) -> None:
    sound = FakeSound()
    device = ServedDevice(live_sound=sound)
    async with serving(tmp_path, WebSettings(port=device.port), device=device, locked=True):
        assert (await device.ask("/listen.mp3")).status == 401
        login = await device.ask("/api/login", {"password": PASSWORD})
        cookie = login.headers["Set-Cookie"].split(";")[0]
        async with listening(device, cookie=f"Cookie: {cookie}\r\n") as reader:
            assert " 200 " in await head(reader)
            async with patient(60):
                await reader.readuntil(FRAME)
            session = (await device.ask("/api/session", headers={"Cookie": cookie})).content
            sent = {"Cookie": cookie, "X-CSRF-Token": session["csrf"], "Content-Type": "application/json"}
            assert (await device.ask("/api/logout", {}, headers=sent)).status == 200
            async with patient(60):
                await reader.readuntil(END)
        await until(lambda: sound.listeners == 0)


async def test_a_client_that_takes_nothing_is_closed(tmp_path: Path) -> None:
    sound = FakeSound(pieces=4000)  # 144 kB at a time: the buffers of the system are full soon
    device = ServedDevice(live_sound=sound)
    async with serving(tmp_path, device=device), listening(device) as reader:
        await head(reader)
        await until(lambda: sound.listeners == 0)


async def test_the_page_is_told_of_listeners(tmp_path: Path) -> None:
    device = ServedDevice(live_sound=FakeSound())
    async with serving(tmp_path, device=device), listening(device, "/api/events") as reader:
        await head(reader)
        device.bus.publish(ListenersChanged(3.0, 2))
        async with patient(60):
            await reader.readuntil(b'{"event":"listeners_changed","at_s":3.0,"listeners":2}')
