"""One night through every output: each says the same about every cry."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

import pytest

from babycryd.core.event_text import duration_text, event_text
from babycryd.core.events import CryEnded, CryStarted, EndReason, Event
from babycryd.core.records import Episode
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.detect.episode import EpisodeSettings, EpisodeTracker, Vote, VoteSettings
from babycryd.history.recorder import Recorder
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.i18n.lengths import length
from babycryd.mqtt.daily_totals import DailyTotals
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.report.episode_text import describe
from babycryd.report.nights import NightQueries
from babycryd.report.report import page
from babycryd.report.settings import ReportSettings
from babycryd.report.summary import figures
from babycryd.web.state_view import StateView

NIGHT_UTC_S = 1_795_485_600.0  # 2026-11-24 02:00 UTC, at stream time 0
NOW_UTC_S = NIGHT_UTC_S + 5 * 3600
DAY = date(2026, 11, 24)
HOP_S = 0.24


def cry(begin_s: float, crying_s: float, end: EndReason = "calm") -> Iterator[CryStarted | CryEnded]:
    """An episode as the detector makes it; one that does not end calm ends between two hops."""
    vote, tracker = Vote(VoteSettings(1, 1)), EpisodeTracker(EpisodeSettings())
    at_s = begin_s
    while True:
        vote.add(0.9 if at_s < begin_s + crying_s else 0.0)
        event = tracker.update(
            vote, accepted=True, threshold=0.5, end_threshold=0.5, at_s=at_s, utc_s=round(NIGHT_UTC_S + at_s, 3)
        )
        if end != "calm" and at_s > begin_s + crying_s:
            event = tracker.end(at_s + 0.123456, end)
        if isinstance(event, CryStarted | CryEnded):
            yield event
        if isinstance(event, CryEnded):
            return
        at_s += HOP_S


def the_night() -> list[Event]:
    first, first_end = cry(100.0, 200.0)
    second, second_end = cry(3600.0, 41.7, "deaf")
    third, third_end = cry(7200.0, 95.0)
    return [
        first,
        LullabyStarted(101.0, "brahms"),
        first_end,
        LullabyStopped(330.0, "brahms", "calm"),
        second,
        LullabyFailed(3601.0, "brahms", "no speaker"),
        second_end,
        third,
        LullabyStarted(7201.0, "schubert"),
        LullabyFailed(7210.0, "schubert", "the speaker is gone"),
        LullabyStarted(7220.0, "mozart"),
        third_end,
        LullabyStopped(7400.0, "mozart", "calm"),
    ]


@dataclass
class Outputs:
    """What each output says of the night."""

    queries: NightQueries
    log: dict[str, str]  # last line, by episode
    mqtt: dict[str, dict[str, object]]  # last message, by episode
    page: dict[str, dict[str, object]]  # `last_episode`, by episode
    crying_s: float  # of the metrics
    today_min: float


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    recorder, writer = Recorder("sha", 0.5), HistoryWriter(tmp_path, RetentionLimits(400, 50))
    encoder, view, totals = EventEncoder("b"), StateView(), DailyTotals("b")
    log, mqtt, shown = dict[str, str](), dict[str, dict[str, object]](), dict[str, dict[str, object]]()
    for event in the_night():
        utc_s = NIGHT_UTC_S + event.at_s
        writer.keep(recorder.take(event, utc_s, "local"), utc_s)
        view.note(event, utc_s)
        totals.take(event, DAY)
        for message in encoder.encode(event):
            if message.topic == "b/episode":
                fields = json.loads(message.payload)
                mqtt[fields["id"]] = fields
        if isinstance(event, CryEnded):
            log[event.episode] = (event_text(event) or ("", ""))[1]
            shown[event.episode] = view.as_json()["last_episode"]
    writer.close()
    queries = NightQueries(HistoryReader(tmp_path), ReportSettings(), UTC, lambda: NOW_UTC_S)
    today_min = json.loads(totals.now().payload)["crying_minutes"]
    return Outputs(queries, log, mqtt, shown, view.totals.crying_s, today_min)


def exported(outputs: Outputs) -> tuple[list[Episode], list[dict[str, str]], list[dict[str, object]]]:
    async def ask() -> tuple[list[Episode], bytes, bytes]:
        episodes = list(await outputs.queries.episodes(0.0))
        return episodes, await outputs.queries.export("csv", 0.0), await outputs.queries.export("json", 0.0)

    episodes, as_csv, as_json = asyncio.run(ask())
    return episodes, list(csv.DictReader(io.StringIO(as_csv.decode()))), json.loads(as_json)


def test_every_output_says_the_same_of_each_cry(outputs: Outputs) -> None:
    episodes, rows, objects = exported(outputs)
    assert [each.reason for each in episodes] == ["calm", "deaf", "calm"]
    for episode, row, fields in zip(episodes, rows, objects, strict=True):
        told, shown, line = outputs.mqtt[episode.id], outputs.page[episode.id], outputs.log[episode.id]
        durations = {episode.duration_s, float(row["duration_s"]), fields["duration_s"], told["duration_s"]}
        assert durations == {shown["duration_s"]}
        settled = {episode.settled_in_s, float(row["settled_in_s"]), fields["settled_in_s"], told["settled_in_s"]}
        assert settled == {shown["settled_in_s"]}
        assert {row["started_at"], fields["started_at"]} == {told["started_at"]}
        assert {row["reason"], fields["reason"], told["reason"], shown["reason"]} == {episode.reason}
        assert f"the cry lasted {duration_text(episode.duration_s)}" in line
        words = describe(episode, "en", UTC)
        assert f"{length(episode.duration_s, 'en')} of crying" in words
        calm = episode.reason == "calm"
        assert (f"calm after {duration_text(episode.settled_in_s or 0)}" in line) is calm
        assert (f"calm after {length(episode.settled_in_s or 0, 'en')}" in words) is calm


def test_only_lullabies_that_sounded_are_named(outputs: Outputs) -> None:
    episodes, rows, objects = exported(outputs)
    for number, name in enumerate(("brahms", "", "mozart")):
        episode = episodes[number]
        assert ", ".join(each.track for each in episode.lullabies) == name
        assert rows[number]["lullabies"] == name
        lullabies = objects[number]["lullabies"]
        assert isinstance(lullabies, list)
        assert "; ".join(each["track"] for each in lullabies) == name
        assert (outputs.mqtt[episode.id]["lullaby"] or "") == name
        assert ("music: " in describe(episode, "en", UTC)) is bool(name)
    report = page(outputs.queries.night(DAY, "en"))
    assert ["brahms" in report, "schubert" in report, "mozart" in report] == [True, False, True]


def test_the_sums_are_those_of_the_cries(outputs: Outputs) -> None:
    episodes, _, _ = exported(outputs)
    about = figures(outputs.queries.night(DAY).span)
    whole_s = sum(each.duration_s for each in episodes)
    assert about.crying_s == pytest.approx(whole_s)
    assert outputs.crying_s == pytest.approx(whole_s)
    assert outputs.today_min == round(whole_s / 60, 1)
    calm = [each.settled_in_s or 0.0 for each in episodes if each.reason == "calm"]
    assert about.calmed_in_s == pytest.approx(sum(calm) / len(calm))
