"""What a page or a script gets."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from babycryd.core.records import Lullaby, Nights, RecordsError, Span, Stretch
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from babycryd.system.worker_process import WorkerProcess
from tests.support.sample_nights import BERLIN, DAY, clock, cry, deaf_night, easy_night


def kept(folder: Path, *spans: Span, utc_s: float | None = None, pictures: WorkerProcess | None = None) -> NightQueries:
    writer = HistoryWriter(folder, RetentionLimits(10_000, 50))
    for span in spans:
        known = [each for each in span.stretches if each.doing != "off"]
        writer.keep([*span.episodes, *span.lullabies, *known], span.end_utc_s)
    writer.close()
    return NightQueries(HistoryReader(folder), ReportSettings(), BERLIN, lambda: utc_s or clock("09:00"), pictures)


async def test_it_answers_all_that_may_be_asked(tmp_path: Path, pictures: WorkerProcess) -> None:
    queries: Nights = kept(tmp_path, deaf_night(), pictures=pictures)
    (episode,) = await queries.episodes(clock("18:00"))
    assert episode == await queries.episode(episode.id)
    assert await queries.episodes(clock("06:00")) == []
    assert await queries.episodes(clock("18:00"), clock("19:00")) == []
    report = await queries.report(DAY, "de")
    assert "Einmal geweint, 5\N{NO-BREAK SPACE}Minuten" in report
    assert "lang lief babycryd nicht" in report
    assert (await queries.report_png(DAY, "en")).startswith(b"\x89PNG")
    assert pictures.started == 1
    assert f'data-episode="{episode.id}"' in await queries.day_picture(DAY, "en")
    assert f'data-episode="{episode.id}"' in await queries.week_picture(DAY + timedelta(days=3), "en")
    assert "--pic-cry" in queries.style


async def test_a_night_that_goes_on_ends_now(tmp_path: Path) -> None:
    queries = kept(tmp_path, easy_night(), utc_s=clock("02:00"))
    night = queries.night(DAY)
    assert not night.over
    assert (night.span.end_utc_s, night.end_utc_s) == (clock("02:00"), clock("08:00"))
    assert night.text.startswith("The night so far: one cry, 4 minutes")
    assert queries.night(DAY + timedelta(days=5)).text == "This night has not begun."


TODAYS = {
    "a usual day": date(2026, 11, 24),
    "the day on which summer time begins": date(2026, 3, 29),
    "the day on which summer time ends": date(2026, 10, 25),
    "the day before it ends": date(2026, 10, 24),
    "New Year's Day": date(2027, 1, 1),
}


def at(day: date, clock_time: str) -> float:
    return datetime.fromisoformat(f"{day} {clock_time}").replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize("today", TODAYS.values(), ids=TODAYS)
@pytest.mark.parametrize(
    ("clock_time", "nights_on", "over", "latest_on"),
    [
        ("00:01", 0, False, 0),
        ("02:30", 0, False, 0),
        ("07:59", 0, False, 0),
        ("08:01", 0, True, 0),
        ("11:59", 0, True, 0),
        ("12:01", 0, True, 1),
        ("17:59", 0, True, 1),
        ("18:01", 1, False, 1),
        ("23:59", 1, False, 1),
    ],
)
async def test_the_view_begins_with_the_last_night_until_the_evening_begins(
    clock_time: str, nights_on: int, latest_on: int, today: date, tmp_path: Path, *, over: bool
) -> None:
    night = today + timedelta(days=nights_on)
    now_s = at(today, clock_time)
    listened = Span(now_s - 300, now_s, (), (), (Stretch(now_s - 300, now_s, "listening"),))
    queries = kept(tmp_path, listened, utc_s=now_s)
    assert queries.last_night() == night
    told = await queries.shown(queries.last_night(), "en")
    assert (told["date"], told["last"], told["over"]) == (night.isoformat(), night.isoformat(), over)
    assert told["latest"] == (today + timedelta(days=latest_on)).isoformat()
    assert "not begun" not in told["sentence"]
    if not over:
        assert told["sentence"].startswith("The night so far: no crying")
    afternoon = await queries.shown(date.fromisoformat(told["latest"]), "en")
    assert ("not begun" in afternoon["sentence"]) == (told["latest"] != told["date"])


@pytest.mark.parametrize("day", [date.min, date.max, date(1970, 1, 1)])
async def test_days_that_make_no_sense_are_refused_or_empty(tmp_path: Path, day: date) -> None:
    queries = kept(tmp_path)
    with pytest.raises(RecordsError, match="no night"):
        await queries.report(day, "en")
    with pytest.raises(RecordsError, match="no night"):
        await queries.week_picture(day, "en")


async def test_no_history_is_a_report_too(tmp_path: Path) -> None:
    queries = NightQueries(HistoryReader(tmp_path / "nothing"), ReportSettings(), BERLIN, lambda: clock("09:00"))
    assert "No one listened" in await queries.report(DAY, "en")


async def test_export_for_a_spreadsheet(tmp_path: Path) -> None:
    evil = Lullaby('=HYPERLINK("http://x")', clock("23:10"), clock("23:12"), "calm")
    queries = kept(tmp_path, Span(clock("18:00"), clock("08:00"), (cry("23:10", 5, music=False),), (evil,)))
    (row,) = csv.DictReader(io.StringIO((await queries.export("csv", 0.0)).decode()))
    assert row["started_at"] == "2026-11-23T22:10:00.000+00:00"
    assert row["ended_at"] == "2026-11-23T22:15:00.000+00:00"
    assert (row["duration_s"], row["settled_in_s"], row["reason"], row["cry"]) == ("300.0", "290.0", "calm", "")
    assert (row["windows"], row["positive_windows"]) == ("1200", "1000")
    assert row["lullabies"] == row["titles"] == '\'=HYPERLINK("http://x")'


async def test_export_for_programs(tmp_path: Path) -> None:
    queries = kept(tmp_path, easy_night())
    rows = json.loads(await queries.export("json", 0.0))
    assert [row["duration_s"] for row in rows] == [240.0, 600.0]
    assert rows[0]["lullabies"] == [
        {
            "track": "brahms-lullaby",
            "title": "Brahms’ lullaby",
            "reason": "calm",
            "started_at": "2026-11-23T19:10:01.000+00:00",
            "stopped_at": "2026-11-23T19:15:00.000+00:00",
        }
    ]
    assert len(rows[0]["scores"]) == 60
    assert json.loads(await queries.export("json", clock("09:00"))) == []


async def test_an_export_names_the_sounds_in_the_language_of_the_report(tmp_path: Path) -> None:
    kept(tmp_path, easy_night())
    queries = NightQueries(HistoryReader(tmp_path), ReportSettings(language="de"), BERLIN, lambda: clock("09:00"))
    rows = list(csv.DictReader(io.StringIO((await queries.export("csv", 0.0)).decode())))
    assert [(row["lullabies"], row["titles"]) for row in rows] == [("brahms-lullaby", "Brahms’ Wiegenlied")] * 2
    (first, _) = json.loads(await queries.export("json", 0.0))
    assert first["lullabies"][0]["title"] == "Brahms’ Wiegenlied"
