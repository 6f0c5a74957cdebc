"""Watching live: the bus's events as they come, at most five times a second, and nothing without a viewer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from babycryd.core.events import CryStarted, LevelMeasured, StateChanged, WindowScored
from babycryd.core.liveness import Liveness
from babycryd.core.soothing_events import LullabyStarted
from babycryd.web import live_stream
from babycryd.web.settings import WebSettings
from tests.support.patience import HANG_S, patient
from tests.support.serving import HEARS, ServedDevice, serving

REQUEST = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Page:
    """Reads server-sent events."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._text = ""

    async def event(self, name: str, within_s: float = HANG_S) -> dict[str, Any]:
        """The next one of this name, as in `event:` or in the JSON."""
        async with patient(within_s):
            while True:
                while "\n\n" not in self._text:
                    more = await self._reader.read(65_536)
                    assert more, "the stream ended"
                    self._text += more.decode()
                block, _, self._text = self._text.partition("\n\n")
                lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                data = json.loads(lines.get("data", "null"))
                if isinstance(data, dict) and name in (lines.get("event"), data.get("event")):
                    return data


@asynccontextmanager
async def watching(device: ServedDevice) -> AsyncIterator[Page]:
    reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
    writer.write(REQUEST)
    try:
        yield Page(reader, writer)
    finally:
        writer.close()


def subscribers(device: ServedDevice) -> list[str]:
    return [each.name for each in device.bus._subscriptions]


async def test_a_page_hears_what_the_bus_says_in_the_same_words(tmp_path: Path) -> None:
    async with serving(tmp_path) as device, watching(device) as page:
        first = await page.event("state")
        assert first["recent"] == {"scores": [], "level": None}
        assert first["lullaby"]["tracks"][1] == "<img src=x onerror=alert(1)>"
        device.bus.publish(CryStarted(3.0, 1000.0, "e1", 0.98765, (1.0, 2.0)))
        assert await page.event("cry_started") == {
            "event": "cry_started",
            "at_s": 3.0,
            "utc_s": 1000.0,
            "episode": "e1",
            "confidence": 0.9877,
        }
        state = await page.event("state")
        assert state["episode"] == {"id": "e1", "started_utc_s": 1000.0, "confidence": 0.9877, "cry": None}
        device.bus.publish(LevelMeasured(4.0, float("-inf"), -60.0))
        assert (await page.event("level_measured"))["level_dbfs"] is None


async def test_it_is_told_at_once_but_never_more_than_five_times_a_second(tmp_path: Path) -> None:
    async with serving(tmp_path) as device, watching(device) as page:
        await page.event("state")
        device.bus.publish(StateChanged(1.0, "crying", 5.0))
        await page.event("state_changed")
        viewer = next(iter(device.server._live_stream._viewers))  # type: ignore[union-attr]
        updates: list[bytes] = []
        put = viewer.put
        viewer.put = lambda update: updates.append(update) or put(update)  # type: ignore[method-assign,func-returns-value]
        begun_s = time.monotonic()
        for number in range(100):
            device.bus.publish(WindowScored(float(number), 0.5))
            await asyncio.sleep(0.01)
        assert 3 <= len(updates) <= 5 * (time.monotonic() - begun_s) + 3
        assert b"".join(updates).count(b'"score":0.5') >= 60


async def test_no_viewer_costs_nothing_per_event(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        assert subscribers(device) == ["web"]
        (subscription,) = device.bus._subscriptions
        for number in range(1000):
            device.bus.publish(WindowScored(float(number), 0.5))
            device.bus.publish(LevelMeasured(float(number), -50.0, -60.0))
        assert len(subscription) == 0
        async with watching(device) as page:
            await page.event("state")
            assert subscribers(device) == ["web", "page"]
            device.bus.publish(WindowScored(1.0, 0.25))
            await page.event("score")
            async with watching(device) as later:
                assert (await later.event("state"))["recent"]["scores"] == [[1.0, 0.25]]
        async with patient():
            while subscribers(device) != ["web"]:
                device.bus.publish(WindowScored(2.0, 0.5))  # which is how a page's end is noticed
                await asyncio.sleep(0.05)


async def test_silence_is_told_every_two_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stream, "BEAT_S", 0.1)
    async with serving(tmp_path) as device, watching(device) as page:
        await page.event("state")
        assert await page.event("beat") == {}


async def test_that_it_listens_is_told_soon_though_no_event_says_so(tmp_path: Path) -> None:
    device = ServedDevice(liveness=Liveness("nothing has been judged yet", None, None))
    async with serving(tmp_path, device=device), watching(device) as page:
        assert not (await page.event("state"))["listening"]
        device.liveness = HEARS
        assert (await page.event("state", within_s=live_stream.BEAT_S + 5))["listening"]


async def test_a_slow_page_loses_updates_and_then_gets_the_whole_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "FLUSH_EVERY_S", 0.0)
    monkeypatch.setattr(live_stream, "WRITE_LIMIT_S", 60.0)
    async with serving(tmp_path) as device, watching(device) as quick:
        await quick.event("state")
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port, limit=1024)
        writer.write(REQUEST)
        await reader.readuntil(b"event: state")
        assert device.server is not None
        seen = device.server._live_stream
        for number in range(40_000):
            if seen.dropped:
                break
            device.bus.publish(LullabyStarted(float(number), "x" * 3000))
            await asyncio.sleep(0)
            if number % 20 == 0:
                await quick.event("state")
        assert seen.dropped > 0
        device.bus.publish(LullabyStarted(9.0, "the last one"))
        async with patient():
            while (await quick.event("state"))["lullaby"]["track"] != "the last one":
                pass
        slow = Page(reader, writer)
        async with patient():
            while (await slow.event("state"))["lullaby"]["track"] != "the last one":
                pass
        writer.close()


async def test_a_page_that_takes_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stream, "FLUSH_EVERY_S", 0.0)
    monkeypatch.setattr(live_stream, "WRITE_LIMIT_S", 0.2)
    async with serving(tmp_path) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port, limit=1024)
        writer.write(REQUEST)
        await reader.readuntil(b"event: state")
        assert device.server is not None
        async with patient():
            while len(device.server._live_stream):
                device.bus.publish(LullabyStarted(1.0, "x" * 3000))
                await asyncio.sleep(0)
        writer.close()


async def test_so_many_and_no_more(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, WebSettings(max_viewers=2)) as device,
        watching(device) as one,
        watching(device) as two,
    ):
        await one.event("state")
        await two.event("state")
        told = await device.ask("/api/events")
        assert (told.status, told.headers["Retry-After"]) == (503, "10")
        assert "web.max_viewers" in told.content["error"]
