"""The night view: the answer in words, the change against the week before, thirty nights."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from babycryd.core.records import Episode, SoundTried, Span
from babycryd.i18n import LANGUAGES
from babycryd.report.night_view import ShownNight
from babycryd.report.summary import NightFigures, figures
from tests.support.sample_nights import (
    BERLIN,
    DAY,
    clock,
    cry,
    easy_night,
    empty_night,
    hard_night,
    span_of,
    unheard_night,
)
from tests.unit.report.test_nights import kept


def shown(span: Span, week: Span, language: str = "en", *, end_utc_s: float = clock("08:00")) -> ShownNight:
    before = [(DAY - timedelta(days=ago), figures(week)) for ago in range(29, 0, -1)]
    whole = replace(easy_night(whole_day=True), episodes=(*span.episodes, cry("10:20", 3.0)))
    return ShownNight(DAY, span, end_utc_s, whole, before, language, BERLIN)


def told(night: ShownNight) -> dict[str, tuple[str, str, str, bool | None]]:
    found = night.as_json()["figures"]
    return {each["what"]: (each["value"], each["week"], each["change"], each["better"]) for each in found}


def test_four_figures_with_their_change_against_the_week_before() -> None:
    found = told(shown(easy_night(), hard_night()))
    assert found["crying"] == ("14 min", "last week 1 h 24", "1 h 10 less", True)
    assert found["cries"] == ("2", "last week 7", "5 less", True)
    assert found["quiet"][2:] == ("4 h 50 more", True)
    assert found["calm"][0] == "7 min"
    worse = told(shown(hard_night(), easy_night()))
    assert worse["crying"][2:] == ("1 h 10 more", False)
    assert worse["quiet"][3] is False
    assert told(shown(easy_night(), easy_night()))["crying"] == ("14 min", "last week 14 min", "much the same", None)


@pytest.mark.parametrize(
    ("minutes", "week_minutes", "words"),
    [
        (6.6, 8.4, ("7 min", "last week 8 min", "1 min less", True)),
        (7.6, 8.4, ("8 min", "last week 8 min", "much the same", None)),
        (8.6, 8.4, ("9 min", "last week 8 min", "1 min more", False)),
    ],
)
def test_a_change_is_that_of_the_figures_as_they_are_shown(
    minutes: float, week_minutes: float, words: tuple[str, str, str, bool | None]
) -> None:
    night, week = (span_of([cry("02:00", each)]) for each in (minutes, week_minutes))
    assert told(shown(night, week))["crying"] == words


def test_a_night_that_goes_on_or_was_not_heard_is_not_compared() -> None:
    going_on = told(shown(easy_night(), hard_night(), end_utc_s=clock("08:00") + 3600.0))
    assert going_on["crying"] == ("14 min", "last week 1 h 24", "", None)
    unheard = told(shown(unheard_night(), hard_night()))
    assert unheard["crying"] == ("–", "last week 1 h 24", "", None)
    assert told(shown(easy_night(), unheard_night()))["crying"] == ("14 min", "", "", None)


def tried() -> Episode:
    one = cry("02:00", 12.0)
    steps = (SoundTried(one.id, 1, "shushing", "same", 80.0), SoundTried(one.id, 2, "rain", "calm", 150.0))
    return replace(one, sounds=steps)


@pytest.mark.parametrize(
    ("episode", "words"),
    [
        (tried(), ["calm after 12 minutes", "rain calmed it in 3 minutes", "shushing did not help"]),
        (replace(tried(), cry=False), ["calm after 12 minutes"]),  # no sound calmed a sound that was no cry
        (cry("02:00", 12.0, music=False), ["calm after 12 minutes", "no sound was played"]),
    ],
)
def test_each_cry_says_what_played_and_what_calmed(episode: Episode, words: list[str]) -> None:
    (first, *_) = shown(span_of([episode]), easy_night()).as_json()["episodes"]
    assert first["told"] == words
    assert (first["length"], first["at_night"]) == ("12 minutes", True)


def test_a_cry_by_day_is_told_apart() -> None:
    episodes = shown(easy_night(), easy_night()).as_json()["episodes"]
    assert [each["at_night"] for each in episodes] == [True, True, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_thirty_nights_are_drawn_and_can_be_chosen(language: str) -> None:
    drawn = shown(empty_night(), hard_night(), language).as_json()["trend_svg"]
    assert len(re.findall(r'data-night="2026-1', drawn)) == 30
    assert drawn.count('class="cry"') == 29
    assert drawn.count('class="calm"') == 1  # the last night was quiet
    assert 'class="mean"' in drawn


async def test_the_history_is_asked_for_thirty_nights_and_the_figures_are_the_report_s(tmp_path: Path) -> None:
    queries = kept(tmp_path, easy_night(whole_day=True))
    answer = await queries.shown(DAY, "en")
    assert [each["date"] for each in answer["nights"]][::29] == ["2026-10-26", "2026-11-24"]
    night: NightFigures = figures(queries.night(DAY).span)
    assert answer["nights"][-1]["longest_quiet_s"] == round(night.longest_quiet_s, 1)
    assert answer["sentence"] == queries.night(DAY).text
    week = await queries.week_picture(DAY, "en")
    assert f">{night.longest_quiet_s // 3600:.0f} h " in week  # one definition of quiet: evening to morning
