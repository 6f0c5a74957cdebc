"""The digest of a week: up to five sentences and one picture, in every language."""

import xml.etree.ElementTree as ET  # our own drawings
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from babycryd.core.records import Span
from babycryd.i18n import LANGUAGES
from babycryd.report.day import Day
from babycryd.report.rasterizer import png
from babycryd.report.week import Week, week_drawing, week_sentences, week_title
from tests.support.sample_nights import (
    BERLIN,
    DAY,
    cry,
    deaf_night,
    easy_night,
    empty_night,
    hard_night,
    span_of,
    unheard_night,
)

Make = Callable[..., Span]
MIXED = (hard_night, easy_night, empty_night, deaf_night, unheard_night, easy_night, easy_night)


def week_of(makes: Sequence[Make], before: Make = hard_night) -> Week:
    days = [DAY - timedelta(days=back) for back in range(6, -1, -1)]
    earlier = [day - timedelta(days=7) for day in days]
    return Week(
        [Day(day, make(day, whole_day=True)) for day, make in zip(days, makes, strict=True)],
        [Day(day, before(day, whole_day=True)) for day in earlier],
        BERLIN,
    )


def test_a_week_in_five_sentences() -> None:
    assert week_title(week_of(MIXED), "en") == "The week until Tuesday, 24 November"
    assert week_sentences(week_of(MIXED), "en") == [
        "14 cries on 5 of 6 nights, 2 h 11 in all.",
        "22 minutes of crying a night; the week before it was 1 h 24: less now.",
        "Hardest was the night before Wednesday, 18 November, with 1 h 24.",
        "Brahms’ lullaby calmed 13 of them, in 10 minutes on average.",
        "Longest quiet stretch 24 hours; babycryd listened 82 % of the time.",
    ]


def test_one_cry_and_no_music() -> None:
    def once(day: date, *, whole_day: bool) -> Span:
        return span_of([cry("20:00", 5, music=False, day=day)], day=day, whole_day=whole_day)

    said = week_sentences(week_of([*[empty_night] * 6, once], unheard_night), "en")
    assert said[0] == "One cry in 7 nights, 5 minutes."
    assert said[1] == "1 minute of crying a night."
    assert said[3] == "No music calmed the baby."


def test_weeks_without_crying_and_without_listening() -> None:
    assert week_sentences(week_of([empty_night] * 7), "en") == [
        "No crying in these nights.",
        "1 h 24 of crying a night in the week before.",
        "Longest quiet stretch 24 hours; babycryd listened 100 % of the time.",
    ]
    assert week_sentences(week_of([empty_night] * 7, unheard_night), "en")[1] == "No night to compare yet."
    assert week_sentences(week_of([unheard_night] * 7), "en") == ["No one listened: babycryd did not run."]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_has_every_sentence_and_can_be_drawn(language: str) -> None:
    week = week_of(MIXED)
    drawn = week_drawing(week, language)
    root = ET.fromstring(drawn)  # noqa: S314  # our own
    said = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text") if each.get("class") == "said"]
    words = " ".join(said).replace("\N{NO-BREAK SPACE}", " ")
    assert words == " ".join(week_sentences(week, language)).replace("\N{NO-BREAK SPACE}", " ")
    assert len(week_sentences(week, language)) == 5
    assert png(drawn, zoom=0.5).startswith(b"\x89PNG")
