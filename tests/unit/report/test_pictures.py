"""What the pictures show: well-formed, tappable, nothing injected, nothing hidden."""

import re
import xml.etree.ElementTree as ET  # our own drawings
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import ImageFont

from babycryd.core.records import Lullaby, Span
from babycryd.i18n import LANGUAGES, say
from babycryd.report import svg
from babycryd.report.day import Day
from babycryd.report.episode_text import describe
from babycryd.report.pictures import night_picture, week_picture
from babycryd.report.rasterizer import png
from babycryd.report.report import Night, drawing, page
from babycryd.report.trend import trend
from babycryd.report.trend_picture import WIDTH, trend_picture
from tests.support.sample_nights import (
    BERLIN,
    DAY,
    NIGHTS,
    clock,
    cry,
    deaf_night,
    easy_night,
    empty_night,
    hard_night,
    span_of,
    unheard_night,
)

SVG = "{http://www.w3.org/2000/svg}"
WEEK = [DAY - timedelta(days=back) for back in range(6, -1, -1)]


def night_of(span: Span, language: str = "en") -> Night:
    week = [
        Day(day, make(day, whole_day=True)) for day, make in zip(WEEK, (*NIGHTS, easy_night, hard_night), strict=True)
    ]
    return Night(DAY, span, span.end_utc_s, week, [], language, BERLIN)


def picture_of(span: Span) -> ET.Element:
    return ET.fromstring(night_picture(span, span.end_utc_s, "en", BERLIN))  # noqa: S314  # our own


def widths(root: ET.Element, kind: str) -> list[float]:
    return [float(each.attrib["width"]) for each in root.iter(f"{SVG}rect") if each.get("class") == kind]


def test_every_cry_can_be_tapped_and_says_what_it_was() -> None:
    links = list(picture_of(hard_night()).iter(f"{SVG}a"))
    assert [link.attrib["data-episode"] for link in links] == [each.id for each in hard_night().episodes]
    title = links[1].findtext(f"{SVG}title")
    assert title == "21:12, 14 minutes of crying, calm after 14 minutes, music: Brahms’ lullaby"
    assert links[1].attrib["aria-label"] == title
    for link in links:
        assert min(widths(link, "hit")) >= 24
        assert max(*widths(link, "cry"), *widths(link, "doubt"), 0, 0) >= 2.5
    assert len(list(picture_of(hard_night()).iter(f"{SVG}circle"))) == 8 + 1  # and the dots of snoozing


def test_time_without_listening_looks_different_from_quiet() -> None:
    empty, unheard, deaf = (picture_of(make()) for make in (empty_night, unheard_night, deaf_night))
    assert sum(widths(empty, "listened")) == pytest.approx(352 + 9, abs=1)  # and the legend's
    assert widths(empty, "off") == []
    assert widths(unheard, "listened") == []
    assert max(widths(unheard, "off")) == pytest.approx(352, abs=1)
    fills = {each.get("fill") for each in deaf.iter(f"{SVG}rect")} - {None}
    assert fills == {"url(#night-deaf)", "url(#night-off)", "url(#night-snoozed)"}
    assert {"no sound", "not running", "snoozed"} <= {each.text for each in deaf.iter(f"{SVG}text")}


def _legend_of(span: Span) -> set[str]:
    """Words of the legend: the small texts."""
    return {each.text or "" for each in picture_of(span).iter(f"{SVG}text") if each.get("class") == "faint small"}


def test_the_legend_shows_what_is_drawn_and_nothing_else() -> None:
    assert _legend_of(hard_night()) == {"crying", "not the baby", "music", "listened", "snoozed"}
    assert _legend_of(empty_night()) == {"listened"}
    assert _legend_of(span_of([cry("20:00", 5, music=False, said=False)])) == {"not the baby", "listened"}
    short = span_of([], [("20:00", "20:01", "deaf")])
    assert _legend_of(short) == {"listened", "no sound"}  # drawn, though too short for the sentence
    end_s = short.stretches[1].start_utc_s + 20
    speck = replace(short, stretches=(short.stretches[0], replace(short.stretches[1], end_utc_s=end_s)))
    assert _legend_of(speck) == {"listened"}
    assert "url(#night-deaf)" not in night_picture(speck, speck.end_utc_s, "en", BERLIN)


def test_what_has_not_come_yet_is_left_empty() -> None:
    whole = easy_night()
    half_s = (whole.start_utc_s + whole.end_utc_s) / 2
    stretches = tuple(replace(each, end_utc_s=half_s) for each in whole.stretches)
    so_far = replace(whole, end_utc_s=half_s, stretches=stretches)
    root = ET.fromstring(night_picture(so_far, whole.end_utc_s, "en", BERLIN))  # noqa: S314  # our own
    assert max(widths(root, "listened")) == pytest.approx(176, abs=1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (DAY, ["18", "20", "22", "0", "2", "4", "6", "8"]),
        (date(2026, 10, 25), ["18", "20", "22", "0", "2", "4", "6", "8"]),  # summer time ends
        (
            date(2026, 3, 29),
            [*["18", "19", "20", "21", "22", "23", "0", "1", "3", "4", "5", "6", "7", "8"]],
        ),  # two o'clock does not exist
    ],
)
def test_hours_are_those_of_the_clock(day: date, hours: list[str]) -> None:
    root = picture_of(empty_night(day))
    assert [each.text for each in root.iter(f"{SVG}text") if (each.text or "").isdecimal()] == hours


def test_a_short_time_has_parts_of_hours() -> None:
    start_s = clock("21:16")
    root = ET.fromstring(night_picture(Span(start_s, start_s), start_s + 3600, "en", BERLIN))  # noqa: S314  # our own
    assert [each.text for each in root.iter(f"{SVG}text")] == ["21:30", "21:45", "22:00", "22:15"]


def test_names_from_outside_stay_text() -> None:
    evil = '"><script>alert(1)</script>&'
    one = cry("20:00", 5)
    one = replace(one, id=evil, lullabies=(Lullaby(evil, one.started_utc_s, one.started_utc_s + 60, "calm"),))
    whole = page(night_of(span_of([one])))
    assert "<script" not in whole
    assert evil in describe(one, "en", BERLIN)
    assert png(drawing(night_of(span_of([one]))), zoom=0.5)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", NIGHTS)
def test_reports_are_whole_pages_without_anything_from_elsewhere(make: object, language: str) -> None:
    assert callable(make)
    night = night_of(make(), language)
    whole = page(night)
    assert whole.count("<style>") == 1
    assert " style=" not in whole
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org/2000/svg)", whole)
    for each in re.findall(r"<svg.*?</svg>", whole, re.DOTALL):
        ET.fromstring(each)  # noqa: S314  # our own
    assert night.text.split()[0] in whole
    ids = re.findall(r' id="([^"]+)"', whole)
    assert len(ids) == len(set(ids))
    ET.fromstring(drawing(night))  # noqa: S314  # our own


def test_a_png_has_words_in_it_without_any_font_of_the_system() -> None:
    made = png(drawing(night_of(easy_night())), zoom=1.0)
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    without_words = re.sub(r"<text.*?</text>", "", drawing(night_of(easy_night())))
    assert len(made) > 1.5 * len(png(without_words, zoom=1.0))
    dark = png(drawing(night_of(easy_night())), dark=True, zoom=1.0)
    assert dark != made


def days_of(minutes: float, until: date = DAY) -> list[Day]:
    days = [until - timedelta(days=back) for back in range(6, -1, -1)]
    return [Day(day, span_of([cry("02:00", minutes, day=day)], day=day, whole_day=True)) for day in days]


def test_the_trend() -> None:
    last = DAY - timedelta(days=7)
    silent = [Day(day.day, unheard_night(day.day, whole_day=True)) for day in days_of(1)]
    assert trend(days_of(30, last), days_of(14), "en") == (
        "14 minutes of crying a night; the week before it was 30 minutes: less now."
    )
    assert trend(days_of(14, last), days_of(30), "en").endswith(": more now.")
    assert trend(days_of(14, last), days_of(14.8), "en") == "15 minutes of crying a night, much as the week before."
    assert trend(silent, days_of(14), "en") == "14 minutes of crying a night."
    assert trend(days_of(14, last), silent, "en") == "No night to compare yet."
    empty = [Day(day.day, empty_night(day.day, whole_day=True)) for day in days_of(1)]
    assert trend(days_of(14, last), empty, "en") == "No crying in these nights."
    half = [*silent[:6], *days_of(14)[6:]]  # nights without listening do not make it better
    assert trend(days_of(14, last), half, "en") == "14 minutes of crying a night, much as the week before."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("last", [date(2026, 11, 30), date(2026, 9, 28), date(2026, 7, 6)])  # Mondays
def test_the_dates_of_the_trend_are_whole(last: date, language: str) -> None:
    """In the font of the report; that of a browser may be as wide as DejaVu Sans, about a tenth more."""
    font = ImageFont.truetype(str(Path(svg.__file__).parent / "fonts" / "Inter-Regular.otf"), 100)
    nights = [(day.day, day.figures) for before in (21, 14, 7, 0) for day in days_of(5, last - timedelta(days=before))]
    root = ET.fromstring(trend_picture(nights, language))  # noqa: S314  # our own
    dates = [each for each in root.iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
    assert len(dates) == 4
    halves = [1.1 * font.getlength(each.text or "") / 20 for each in dates]
    middles = [float(each.attrib["x"]) for each in dates]
    assert middles[0] - halves[0] >= 0
    assert middles[-1] + halves[-1] <= WIDTH
    assert all(middles[at] + halves[at] < middles[at + 1] - halves[at + 1] for at in range(3))


def test_the_week_has_a_row_for_each_day() -> None:
    root = ET.fromstring(week_picture(night_of(easy_night()).week, "en", BERLIN))  # noqa: S314  # our own
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert [each for each in texts if each and each[:3] in say("en", "weekdays.short")] == [
        "Wed 18",
        "Thu 19",
        "Fri 20",
        "Sat 21",
        "Sun 22",
        "Mon 23",
        "Tue 24",
    ]
    assert texts.count("–") == 2  # no listening on Sunday


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [svg.DARK, svg.LIGHT])
def test_contrast_is_aa(colours: dict[str, str]) -> None:
    """WCAG 2.1: 4.5 for text, 3 for what one must tell apart."""

    def contrast(one: str, other: str) -> float:
        high, low = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert min(contrast(text, "back") for text in ("ink", "faint")) >= 4.5
    assert min(contrast(part, "back") for part in ("cry", "music", "gap", "deaf")) >= 3
    assert contrast("cry", "listened") >= 3


def test_one_cry_is_no_cries() -> None:
    for made, named in ((span_of([cry("20:00", 5)]), "cry"), (easy_night(), "cries"), (empty_night(), "cries")):
        assert f">{named}</text>" in drawing(night_of(made))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_names_do_not_run_into_one_another(language: str) -> None:
    font = ImageFont.truetype(str(Path(svg.__file__).parent / "fonts" / "Inter-Regular.otf"), 100)
    root = ET.fromstring(drawing(night_of(easy_night(), language)))  # noqa: S314  # our own
    (row,) = [each for each in root.iter(f"{SVG}svg") if each.get("height") == "38"]
    names = [each for each in row.iter(f"{SVG}text") if each.get("class") == "faint small"]
    starts = [float(each.attrib["x"]) for each in names]
    ends = [start + font.getlength(each.text or "") / 10 for start, each in zip(starts, names, strict=True)]
    assert len(names) == 5
    assert ends[-1] <= 357
    assert all(end < start - 6 for end, start in zip(ends, starts[1:], strict=False)), ends


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_the_picture_ends_within_a_length_or_before_a_sign(language: str) -> None:
    root = ET.fromstring(drawing(night_of(deaf_night(), language)))  # noqa: S314  # our own
    lines = [each.text or "" for each in root.iter(f"{SVG}text") if each.get("class") == "big"]
    assert len(lines) > 3
    assert not [line for line in lines[1:] if line[:1] in ";:" or re.match(r"\d\d?[;.]", line)]
