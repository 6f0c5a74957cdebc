"""What the daemon was doing, without gaps."""

import asyncio
import contextlib
import itertools
import sqlite3
import unicodedata
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.records import SEEN_EVERY_S, Episode, Stretch, filled
from babycryd.history.database import FILE
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.report.episode_text import describe
from babycryd.report.nights import NightQueries
from babycryd.report.report import drawing, page
from babycryd.report.settings import ReportSettings

NOW_S = 1e6
T_S = 1_700_000_000.0


def test_gaps_are_off_and_short_ones_are_none() -> None:
    stretches = [
        Stretch(100, 1000, "listening"),
        Stretch(1060, 2000, "deaf", "muted"),
        Stretch(5000, 5500, "listening"),
    ]
    assert list(filled(stretches, 0, 6000, NOW_S)) == [
        Stretch(0, 100, "off"),
        Stretch(100, 1060, "listening"),
        Stretch(1060, 2000, "deaf", "muted"),
        Stretch(2000, 5000, "off"),
        Stretch(5000, 5500, "listening"),
        Stretch(5500, 6000, "off"),
    ]


def test_the_last_one_goes_on_until_now() -> None:
    stretches = [Stretch(100, 1000, "listening")]
    assert list(filled(stretches, 100, 1050, 1050)) == [Stretch(100, 1050, "listening")]
    off = Stretch(1000, 1000 + SEEN_EVERY_S, "off")
    assert list(filled(stretches, 100, off.end_utc_s, off.end_utc_s)) == [Stretch(100, 1000, "listening"), off]


def test_nothing_known_is_off() -> None:
    assert list(filled([], 10, 20, NOW_S)) == [Stretch(10, 20, "off")]


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(0, 5e3), st.sampled_from(("listening", "deaf", "crying", "snoozed"))),
        max_size=20,
    ),
    st.floats(0, 1e4),
    st.floats(1, 1e4),
)
def test_they_join_and_are_as_long_as_the_span(
    drawn: list[tuple[float, float, str]], start_s: float, length_s: float
) -> None:
    stretches = [Stretch(begin_s, begin_s + each_s, doing) for begin_s, each_s, doing in sorted(drawn)]  # type: ignore[arg-type]
    end_s = start_s + length_s
    found = list(filled(stretches, start_s, end_s, end_s))
    assert found[0].start_utc_s == start_s
    assert found[-1].end_utc_s == end_s
    for one, other in itertools.pairwise(found):
        assert one.end_utc_s == other.start_utc_s
    assert all(each.end_utc_s > each.start_utc_s for each in found)


def test_a_name_that_an_earlier_version_stored_reaches_no_output_as_it_is(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, RetentionLimits(400, 50))
    writer.keep([Episode("20231114T221320000Z", T_S, 20.0, 0.9, T_S + 20, "calm", 12.0)], T_S)
    writer.close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        name = b"\x1b]0;evil\x07\r\n=cmd\xff\x00"
        file.execute("INSERT INTO lullabies VALUES (?, CAST(? AS TEXT), ?, 'calm')", (T_S + 1, name, T_S + 9))
    queries = NightQueries(HistoryReader(tmp_path), ReportSettings(), UTC, lambda: T_S + 3600)
    night = queries.since(T_S - 60)
    exported = [asyncio.run(queries.export(form, 0.0)).decode() for form in ("csv", "json")]
    outputs = [page(night), drawing(night), describe(night.span.episodes[0], "en", UTC), *exported]
    for text in outputs:
        assert "evil" in text or text == outputs[1]
        assert [each for each in text if each not in "\r\n" and unicodedata.category(each) in {"Cc", "Cs"}] == []
    assert "evil\N{REPLACEMENT CHARACTER}  =cmd" in exported[0]
    ET.fromstring(drawing(night))  # noqa: S314  # our own


def test_a_reason_that_only_another_version_knows_spoils_no_report(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, RetentionLimits(400, 50))
    ids = ("20231114T221320000Z", "20231114T221420000Z")
    writer.keep(
        [
            Episode(each, T_S + 60 * number, 20.0, 0.9, T_S + 60 * number + 20, "calm", 12.0, scores=(0.9,))
            for number, each in enumerate(ids)
        ],
        T_S,
    )
    writer.close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.execute("UPDATE episodes SET reason = 'unheard of' WHERE id = ?", ids[:1])
    queries = NightQueries(HistoryReader(tmp_path), ReportSettings(), UTC, lambda: T_S + 3600)
    night = queries.since(T_S - 60)
    assert tuple(each.id for each in night.span.episodes) == ids
    assert all(describe(each, "en", UTC).startswith("22:1") for each in night.span.episodes)
    assert page(night).startswith("<!doctype html>")
    ET.fromstring(drawing(night))  # noqa: S314  # our own
    assert asyncio.run(queries.export("csv", 0.0)).count(b"2023-11-14T22:1") >= 2


def test_a_file_that_the_daemon_is_just_making_is_an_empty_history(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("PRAGMA journal_mode = WAL")
    file.close()
    assert list(HistoryReader(tmp_path).episodes(0.0, T_S)) == []
