"""The report goes out in the morning, once for each night."""

import asyncio
import json
import logging
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from babycryd.core.event_json import as_json
from babycryd.core.report_events import DigestMade, ReportMade
from babycryd.history.database import FILE
from babycryd.history.store import HistoryReader
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.report import nights
from babycryd.report import task as reporting
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from babycryd.report.task import ReportTask
from babycryd.system.worker_process import WorkerProcess
from tests.support.patience import until
from tests.support.sample_nights import BERLIN, DAY, clock, easy_night, empty_night, span_of
from tests.unit.report.test_nights import kept


@dataclass
class Morning:
    """What the clock shows, and what was told."""

    clocks: list[float]
    told: list[ReportMade] = field(default_factory=list)
    weeks: list[DigestMade] = field(default_factory=list)

    def publish(self, event: ReportMade | DigestMade) -> None:
        if isinstance(event, ReportMade):
            self.told.append(event)
        else:
            self.weeks.append(event)

    def go_on(self) -> None:
        self.clocks.pop(0)

    async def hears(self, reports: int) -> ReportMade:
        """The last one of so many."""
        await until(lambda: len(self.told) >= reports)
        return self.told[-1]


@asynccontextmanager
async def report_task(folder: Path, clocks: Sequence[str], *, picture: bool = True) -> AsyncIterator[Morning]:
    """At work; it looks at a clock that shows one after the other of `clocks`, as `Morning.go_on` has it."""
    morning = Morning([clock(each) for each in clocks])
    drawing = WorkerProcess()
    queries = NightQueries(HistoryReader(folder), ReportSettings(), BERLIN, lambda: morning.clocks[0], drawing)
    run = ReportTask(queries, morning.publish, lambda: 5.0, picture=picture, settled_s=0.0).run()
    task = asyncio.create_task(run)
    try:
        yield morning
        assert not task.done()
    finally:
        task.cancel()
        await drawing.close()


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "_CHECK_EVERY_S", 0.01)


async def test_it_is_told_at_the_start_and_when_a_night_is_over(tmp_path: Path) -> None:
    kept(tmp_path, empty_night(DAY - timedelta(days=2)), easy_night())
    async with report_task(tmp_path, ["07:59", "08:00"]) as morning:
        yesterday = await morning.hears(1)
        morning.go_on()
        today = await morning.hears(2)
        await asyncio.sleep(0.1)
    assert len(morning.told) == 2
    assert (yesterday.date, yesterday.text) == ("2026-11-23", "No one listened: babycryd did not run.")
    assert (today.date, today.cries, today.crying_s) == (DAY.isoformat(), 2, 840.0)
    assert (today.longest_quiet_s, today.not_listening_s) == (6 * 3600 + 48 * 60, 0)
    assert today.png.startswith(b"\x89PNG")
    assert len(today.png) < 72_000
    assert "png" not in as_json(today)


async def test_the_week_is_told_on_its_monday_and_again_at_the_start(tmp_path: Path) -> None:
    kept(tmp_path, *(empty_night(DAY - timedelta(days=back)) for back in (3, 2, 1)), easy_night())
    async with report_task(tmp_path, ["08:00"]) as morning:  # of a Tuesday
        await until(lambda: morning.weeks)
        await asyncio.sleep(0.1)
    (week,) = morning.weeks
    assert (week.date, week.cries, set(week.sentences)) == ("2026-11-23", 0, {"en", "de", "es", "fr"})
    assert week.sentences["en"][0] == "No crying in these nights."
    assert week.png.startswith(b"\x89PNG")


async def test_of_a_night_before_the_installation_nothing_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with report_task(tmp_path, ["00:01", "08:00"]) as morning:
        await asyncio.sleep(0.2)  # no file yet, and then one that begins with this very start
        kept(tmp_path, span_of([], [("18:00", "00:00", "off")]))
        await asyncio.sleep(0.2)
        assert (morning.told, caplog.text) == ([], "")
        morning.go_on()
        told = await morning.hears(1)
    assert told.text.endswith("babycryd did not run for 6 hours; there may have been more.")
    assert "the night before 2026-11-24: No crying" in caplog.text


async def test_a_picture_that_cannot_be_drawn_delays_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(nights, "_PNG", "tests.support.worker_functions:crash_drawing")
    kept(tmp_path, easy_night())
    async with report_task(tmp_path, ["09:00"]) as morning:
        assert (await morning.hears(1)).png == b""
    assert "the report has no picture: crashed with SIGKILL" in caplog.text


async def test_without_a_picture_and_with_a_broken_history(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept(tmp_path, easy_night())
    async with report_task(tmp_path, ["09:00"], picture=False) as morning:
        assert (await morning.hears(1)).png == b""
    (tmp_path / FILE).write_bytes(b"nonsense" * 1000)
    async with report_task(tmp_path, ["09:00"]) as morning:
        await until(lambda: "no report" in caplog.text)
    assert morning.told == []


@pytest.mark.parametrize("calmed_in_s", [None, 200.0])
def test_what_the_home_is_told_of_it(calmed_in_s: float | None) -> None:
    made = ReportMade(
        1.0, "2026-11-24", 1e9, 1e9 + 36e3, "en", "Two cries.", 2, 840.0, calmed_in_s, 20_400.0, 61.0, b"P"
    )
    report, image = EventEncoder("b/x").encode(made)
    assert (report.topic, report.retain, image.topic, image.retain) == ("b/x/report", True, "b/x/report/image", True)
    assert json.loads(report.payload) == {
        "date": "2026-11-24",
        "from": "2001-09-09T01:46:40.000+00:00",
        "until": "2001-09-09T11:46:40.000+00:00",
        "language": "en",
        "text": "Two cries.",
        "cries": 2,
        "crying_minutes": 14.0,
        "calmed_in_minutes": None if calmed_in_s is None else 3.3,
        "longest_quiet_minutes": 340,
        "not_listening_minutes": 1,
    }
    assert b64decode(image.payload) == b"P"


def test_what_the_home_is_told_of_the_week() -> None:
    sentences = {"en": ("Two cries.", "Less now."), "de": ("Zweimal geweint.",)}
    made = DigestMade(1.0, "2026-11-23", 1e9, 1e9 + 6e5, "en", sentences, 2, 840.0, b"P")
    digest, image = EventEncoder("b/x").encode(made)
    assert (digest.topic, digest.retain, image.topic, image.retain) == ("b/x/digest", True, "b/x/digest/image", True)
    fields = json.loads(digest.payload)
    assert (fields["text"], fields["sentences"]) == ("Two cries. Less now.", ["Two cries.", "Less now."])
    assert (fields["cries"], fields["crying_minutes"], fields["date"]) == (2, 14.0, "2026-11-23")
    assert b64decode(image.payload) == b"P"
