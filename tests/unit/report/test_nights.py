"""What a page or a script gets."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from babycryd.core.records import Lullaby, Nights, RecordsError, Span
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
