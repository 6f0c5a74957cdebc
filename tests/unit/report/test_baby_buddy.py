"""Nights for Baby Buddy: each entry arrives once, through failures and restarts, and nothing else suffers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from babycryd.core.supervision import Backoff
from babycryd.history.store import HistoryReader
from babycryd.report.baby_buddy import task as tasks
from babycryd.report.baby_buddy.client import BabyBuddyClient, BabyBuddyError
from babycryd.report.baby_buddy.entries import entries_of
from babycryd.report.baby_buddy.settings import BabyBuddySettings
from babycryd.report.baby_buddy.task import FILE, BabyBuddyTask
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from tests.support.fakes.baby_buddy import TOKEN, BabyBuddy
from tests.support.patience import until
from tests.support.sample_nights import BERLIN, DAY, clock, deaf_night, easy_night
from tests.unit.report.test_nights import kept

NOW_UTC_S = clock("09:00")
NOW = datetime.fromtimestamp(NOW_UTC_S, UTC)
SLEEPS = [  # of the easy night: it cried at 20:10 for 4 minutes and at 3:02 for 10
    ("2026-11-23T17:00:00+00:00", "2026-11-23T19:10:00+00:00"),
    ("2026-11-23T19:14:00+00:00", "2026-11-24T02:02:00+00:00"),
    ("2026-11-24T02:12:00+00:00", "2026-11-24T07:00:00+00:00"),
]


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_CHECK_EVERY_S", 0.01)


@dataclass
class Sending:
    """A task at work, what it tells, and the time that it believes."""

    told: list[str | None] = field(default_factory=list)
    now_utc_s: float = NOW_UTC_S


@asynccontextmanager
async def sending(
    folder: Path, server: BabyBuddy, settings: BabyBuddySettings | None = None, token: str = TOKEN
) -> AsyncIterator[Sending]:
    state = Sending()
    queries = NightQueries(HistoryReader(folder), ReportSettings(), BERLIN, lambda: state.now_utc_s)
    quick = Backoff(lowest_s=0.01, highest_s=0.01)
    chosen, tell = settings or BabyBuddySettings(), state.told.append
    task = BabyBuddyTask(chosen, queries, lambda: BabyBuddyClient(server.url, token), folder, tell, quick)
    work = asyncio.create_task(task.run())
    try:
        yield state
        assert not work.done()
    finally:
        work.cancel()
        await asyncio.wait([work])


def slept(server: BabyBuddy) -> list[tuple[str, str]]:
    return [(each["start"], each["end"]) for each in server.sleep]


def test_deafness_is_no_sleep_and_short_quiet_is_none(tmp_path: Path) -> None:
    kept(tmp_path, deaf_night())
    queries = NightQueries(HistoryReader(tmp_path), ReportSettings(), BERLIN, lambda: NOW_UTC_S)
    entries = list(entries_of(queries.night(DAY), 3, 1800.0))
    assert [each.kind for each in entries] == ["sleep"] * 5 + ["notes"]
    times = [[datetime.fromisoformat(each.fields[key]) for key in ("start", "end")] for each in entries[:-1]]
    minutes = [(end - start) / timedelta(minutes=1) for start, end in times]
    assert minutes == [150, 70, 105, 50, 150]  # without deafness, pause, and the time when it was off
    assert len(list(entries_of(queries.night(DAY), 3, 3600.0))) == 5
    assert [each.kind for each in entries_of(queries.night(DAY), 3, None)] == ["notes"]
    assert not list(entries_of(queries.night(DAY), 3, None, notes=False))


async def test_a_night_arrives_once_also_after_a_restart(tmp_path: Path) -> None:
    kept(tmp_path, easy_night())
    async with BabyBuddy(NOW) as server:
        for _ in range(2):
            async with sending(tmp_path, server) as state:
                await until(lambda: None in state.told)
        (tmp_path / FILE).unlink()  # as a lost state folder
        async with sending(tmp_path, server) as state:
            await until(lambda: None in state.told)
    assert slept(server) == SLEEPS
    (note,) = server.notes
    assert note["note"].startswith("The night before Tuesday, 24 November. Two cries, 14 minutes in all;")
    assert (note["child"], note["time"], note["tags"]) == (3, "2026-11-24T07:00:00+00:00", ["babycryd"])


async def test_failures_double_nothing_and_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept(tmp_path, easy_night())
    async with BabyBuddy(NOW) as server:
        server.faults.extend(["503", "", "", "lost", "", "500", "", "", "", "", "", "lost"])
        async with sending(tmp_path, server) as state:
            await until(lambda: None in state.told)
    assert slept(server) == SLEEPS
    assert len(server.notes) == 1
    assert any(each and "it answers 503" in each for each in state.told)
    assert "it is tried again: it answers 503" in caplog.text


async def test_nights_without_a_server_follow_in_their_order(tmp_path: Path) -> None:
    kept(tmp_path, easy_night(DAY - timedelta(days=1)), easy_night())
    async with BabyBuddy(NOW) as server:
        (tmp_path / FILE).write_text('{"sent": "2026-11-22"}')
        async with sending(tmp_path, server) as state:
            await until(lambda: None in state.told)
        assert len(server.sleep) == 6
        assert [each["time"][:10] for each in server.notes] == ["2026-11-23", "2026-11-24"]
        (tmp_path / FILE).write_text("nonsense")
        async with sending(tmp_path, server) as state:
            await until(lambda: None in state.told)
        assert len(server.sleep) == 6


async def test_the_owners_own_sleep_stays_and_a_refused_entry_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    kept(tmp_path, easy_night())
    async with BabyBuddy(datetime(2026, 11, 24, 5, tzinfo=UTC)) as server:  # its clock is behind
        server.sleep.append({"child": 3, "start": "2026-11-23T19:30:00+00:00", "end": "2026-11-23T20:00:00+00:00"})
        async with sending(tmp_path, server) as state:
            await until(lambda: None in state.told)
        assert slept(server)[1:] == SLEEPS[:1]
        assert "refuses an entry in sleep" in caplog.text
        assert "2 new, 1 there already" in caplog.text


async def test_what_the_owner_must_set_is_said(tmp_path: Path) -> None:
    kept(tmp_path, easy_night())
    async with BabyBuddy(NOW, [{"id": 3, "first_name": "Mia"}, {"id": 4, "first_name": "Ben"}]) as server:
        async with sending(tmp_path, server) as state:
            await until(lambda: state.told)
        assert state.told[0] == "set baby_buddy.child: 4 is Ben, 3 is Mia"
        async with sending(tmp_path, server, BabyBuddySettings(child=4)) as state:
            await until(lambda: None in state.told)
        assert {each["child"] for each in server.sleep} == {4}
        (tmp_path / FILE).unlink()
        async with sending(tmp_path, server, BabyBuddySettings(child=4), token="wrong") as state:  # noqa: S106
            await until(lambda: state.told)
        assert "it answers 401: is the token right" in str(state.told[0])


async def test_a_server_that_is_not_there_or_something_else_is_told() -> None:
    with pytest.raises(BabyBuddyError, match="cannot be reached"):
        await BabyBuddyClient("http://127.0.0.1:1", TOKEN).only_child()
    async with BabyBuddy(NOW) as server:
        with pytest.raises(BabyBuddyError, match=r"is baby_buddy\.url right"):
            await BabyBuddyClient(f"{server.url}/elsewhere", TOKEN).only_child()


@pytest.mark.parametrize("url", ["babybuddy.local", "ftp://x", "http://me:pw@x", "http://x?y"])
def test_a_url_that_cannot_work_is_refused(url: str) -> None:
    assert [key for key, _ in BabyBuddySettings(url=url).check()] == ["url"]
