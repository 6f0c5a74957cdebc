"""Nights and clips over HTTP, from the real archive and the real shelf."""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from babycryd.clips.queries import ClipQueries
from babycryd.core.records import Episode
from babycryd.report.nights import NightQueries
from babycryd.system.worker_process import WorkerProcess
from tests.support.clip_room import make_clip
from tests.support.patience import until
from tests.support.sample_nights import clock, hard_night
from tests.support.serving import ServedDevice, serving
from tests.unit.report.test_nights import kept

DAY = "2026-11-24"
CLIP = "20261124T013000000Z"


class NightOf(NightQueries):
    """Queries that know these episodes."""

    def __init__(self, episodes: Sequence[Episode]) -> None:
        self._known = episodes

    async def episodes(self, since_utc_s: float, until_utc_s: float | None = None) -> Sequence[Episode]:
        return self._known

    async def last(self) -> Episode | None:
        return None


@asynccontextmanager
async def remembering(folder: Path) -> AsyncIterator[ServedDevice]:
    make_clip(folder, CLIP)
    pictures = WorkerProcess()
    nights = kept(folder, hard_night(), pictures=pictures)
    device = ServedDevice(nights=nights, clips=ClipQueries(folder, pictures), pictures=pictures)
    async with serving(folder, device=device):
        yield device


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that were called in processes, one entry a call."""
    calls: list[str] = []
    call = WorkerProcess.call

    async def noted(process: WorkerProcess, function: str, *arguments: object, limit_s: float) -> Any:
        calls.append(function)
        return await call(process, function, *arguments, limit_s=limit_s)

    monkeypatch.setattr(WorkerProcess, "call", noted)
    return calls


async def test_a_picture_is_drawn_in_a_process_once_for_all_who_ask(tmp_path: Path, drawn: list[str]) -> None:
    async with remembering(tmp_path) as device:
        for path in (f"/report.png?date={DAY}", f"/clips/{CLIP}.svg"):
            told = [(await device.ask(path)).raw for _ in range(5)]
            told += [each.raw for each in await asyncio.gather(*(device.ask(path) for _ in range(3)))]
            assert len(set(told)) == 1
        assert drawn == ["babycryd.report.rasterizer:png", "babycryd.clips.picture:picture"]
        await device.ask(f"/report.png?date={DAY}&language=fr")
        assert len(drawn) == 3
        assert (await device.ask("/api/clips/delete", {"episode": CLIP})).status == 200
        assert (await device.ask(f"/clips/{CLIP}.svg")).status == 404  # a picture of it is not kept


async def test_thousands_of_episodes_do_not_hold_the_loop(tmp_path: Path) -> None:
    scores = tuple(number / 600 for number in range(600))
    night = NightOf([Episode(f"e{number}", float(number), 600.0, 0.9, scores=scores) for number in range(2000)])
    pauses: list[float] = []

    async def tick() -> None:
        while True:
            begun_s = time.perf_counter()
            await asyncio.sleep(0.005)
            pauses.append(time.perf_counter() - begun_s)

    async with serving(tmp_path, device=ServedDevice(nights=night)) as device:
        clock = asyncio.create_task(tick())
        told = await device.ask("/api/episodes?since=0")
        clock.cancel()
    assert [each["id"] for each in told.content["episodes"]] == [f"e{number}" for number in range(2000)]
    assert len(pauses) > 20  # the loop went on meanwhile


async def test_too_many_different_pictures_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.system.answer_cache._MOST_WAITING", 1)
    others_are_refused, call = asyncio.Event(), WorkerProcess.call

    async def held(process: WorkerProcess, function: str, *arguments: object, limit_s: float) -> Any:
        await others_are_refused.wait()
        return await call(process, function, *arguments, limit_s=limit_s)

    monkeypatch.setattr(WorkerProcess, "call", held)
    async with remembering(tmp_path) as device:
        paths = [f"/report.png?date=2026-11-{day}" for day in (22, 23, 24)]
        asked = [asyncio.ensure_future(device.ask(path)) for path in paths]
        await until(lambda: sum(each.done() for each in asked) == 2)
        others_are_refused.set()
        told = await asyncio.gather(*asked)
        assert sorted(each.status for each in told) == [200, 503, 503]
        assert {each.headers["Retry-After"] for each in told if each.status == 503} == {"10"}


async def test_episodes_of_a_time_and_as_files(tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        all_of_them = (await device.ask(f"/api/episodes?since={clock('18:00')}")).content["episodes"]
        assert len(all_of_them) == 8
        assert all_of_them[0]["lullabies"][0]["track"] == "brahms-lullaby"
        late = (
            await device.ask("/api/episodes?since=2026-11-24T04:00:00%2B01:00&until=2026-11-24T06:00:00%2B01:00")
        ).content
        assert [each["id"][:13] for each in late["episodes"]] == ["20261124T0520"]
        told = await device.ask("/api/episodes?since=0&format=csv")
        assert told.headers["Content-Disposition"] == 'attachment; filename="babycryd-episodes.csv"'
        assert len(list(csv.reader(io.StringIO(told.raw.decode())))) == 9
        assert len((await device.ask("/api/episodes?since=0&format=json")).content) == 8


@pytest.mark.parametrize(
    ("path", "kind", "begins"),
    [
        (f"/day.svg?date={DAY}", "image/svg+xml", b"<svg"),
        (f"/week.svg?date={DAY}&language=fr", "image/svg+xml", b"<svg"),
        ("/nights.css", "text/css", b""),
        (f"/report?date={DAY}&language=de", "text/html", b"<!"),
        (f"/report.png?date={DAY}", "image/png", b"\x89PNG"),
        (f"/clips/{CLIP}.flac", "audio/flac", b"fLaC"),
        (f"/clips/{CLIP}.svg", "image/svg+xml", b"<svg"),
    ],
)
async def test_each_is_what_it_says(path: str, kind: str, begins: bytes, tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        told = await device.ask(path)
        assert told.status == 200
        assert told.headers["Content-Type"].startswith(kind)
        assert told.raw.startswith(begins)
        assert told.headers["Cache-Control"] == "no-store"  # nothing of the home stays in a browser
        assert (
            "script-src 'self'" in told.headers["Content-Security-Policy"]
            or "sandbox" in told.headers["Content-Security-Policy"]
        )


async def test_a_clip_is_sent_in_the_pieces_a_player_asks_for(tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        told = await device.ask(f"/clips/{CLIP}.flac", headers={"Range": "bytes=0-3"})
        assert (told.status, told.raw) == (206, b"fLaC")


async def test_clips_go_one_by_one_or_all_at_once(tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        (clip,) = (await device.ask("/api/clips")).content["clips"]
        assert clip["episode"] == CLIP
        for mistake in ({}, {"all": False}, {"episode": ""}, {"episode": CLIP, "all": True}, {"episode": "a\nb"}):
            assert (await device.ask("/api/clips/delete", mistake)).status == 422
        assert (await device.ask("/api/clips/delete", {"episode": "../history"})).status == 404
        assert (await device.ask("/api/clips/delete", {"episode": CLIP})).content == {"ok": True, "deleted": 1}
        assert (await device.ask(f"/clips/{CLIP}.flac")).status == 404
        assert (await device.ask("/api/clips/delete", {"all": True})).content == {"ok": True, "deleted": 0}


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "since=nan", "since=-1", "until=1e99", "since=", "since=9999-99-99", "format=exe&since=0"],
)
async def test_times_that_are_none_are_named(query: str, tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        told = await device.ask(f"/api/episodes?{query}")
        assert (told.status, told.content["ok"]) == (422, False)


@pytest.mark.parametrize("date", ["x", "2026-13-01", "0001-01-01", "9999-12-31", ""])
@pytest.mark.parametrize("path", ["/day.svg", "/report"])
async def test_days_that_are_none_are_named(path: str, date: str, tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        told = await device.ask(f"{path}?date={date}")
        assert (told.status, '"date"' in told.content["error"]) == (422, True)


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", ".hidden", "nothing", "a%00b", "%2e%2e"])
async def test_no_other_file_can_be_fetched(name: str, tmp_path: Path) -> None:
    (tmp_path / "nothing.txt").write_text("secret")
    async with remembering(tmp_path) as device:
        for ending in ("flac", "svg"):
            told = await device.ask(f"/clips/{name}.{ending}")
            assert told.status in (404, 422)


async def test_the_digest_of_a_week_is_told_in_the_language_asked_for(tmp_path: Path) -> None:
    async with remembering(tmp_path) as device:
        told = (await device.ask(f"/api/week?date={DAY}&language=de")).content
        assert told["title"].startswith("Die Woche")
        assert 1 <= len(told["sentences"]) <= 5
        assert (await device.ask("/api/week?date=0001-01-01")).status == 422
