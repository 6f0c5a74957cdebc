"""Nights in figures and in words."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.records import Episode, Lullaby, Span, Stretch, filled
from babycryd.i18n import LANGUAGES
from babycryd.i18n.lengths import length
from babycryd.report.settings import parse_clock
from babycryd.report.summary import (
    day_of,
    figures,
    local,
    night_of,
    noon_to_noon,
    sentence,
    short_length,
)
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


def test_a_hard_night() -> None:
    about = figures(hard_night())
    assert about.cries == 7  # the cat is none of them
    assert about.crying_s == pytest.approx(84.4 * 60)
    assert about.calmed == 6
    assert about.calmed_in_s == pytest.approx(14 * 60 - 10)
    assert about.longest_quiet_s == 118 * 60  # from 01:52 to 03:50, the cat wakes no one
    assert (about.snoozed_s, about.deaf_s, about.off_s, about.listened_s) == (1800, 0, 0, 13.5 * 3600)


def test_what_was_not_heard_is_no_quiet() -> None:
    about = figures(deaf_night())
    assert (about.deaf_s, about.off_s, about.snoozed_s) == (1.5 * 3600, 190 * 60, 1800)
    assert about.longest_quiet_s == 2.5 * 3600


def test_a_blink_does_not_end_the_quiet() -> None:
    start_s, end_s = clock("18:00"), clock("08:00")
    stretches = (
        Stretch(start_s, start_s + 100, "listening"),
        Stretch(start_s + 100, start_s + 160, "deaf", "restart"),
        Stretch(start_s + 160, end_s, "listening"),
    )
    assert figures(Span(start_s, end_s, stretches=stretches)).longest_quiet_s == end_s - start_s


def test_music_that_could_not_be_played_has_calmed_no_cry() -> None:
    failed = replace(cry("20:00", 5), lullabies=(Lullaby("a", clock("20:00"), clock("20:00"), "failed"),))
    assert figures(span_of([failed])).calmed_in_s is None
    deaf = replace(cry("20:00", 5), reason="deaf")
    assert figures(span_of([deaf])).calmed == 0


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (
            span_of([cry("20:10", 4), cry("03:02", 10)]),
            (
                "Two cries, 14 minutes in all; Brahms’ lullaby calmed it in 7 minutes on average; "
                "longest quiet stretch 6 h 48."
            ),
        ),
        (
            span_of([cry("02:20", 3), cry("03:02", 1, music=False)]),
            (
                "Two cries, 4 minutes in all; Brahms’ lullaby calmed one of them, in 3 minutes; "
                "longest quiet stretch 8 h 20."
            ),
        ),
        (span_of([cry("02:00", 0.3, music=False)]), "One cry, less than a minute; longest quiet stretch 8 hours."),
        (span_of([cry("02:00", 1, said=False)]), "No crying; longest quiet stretch 14 hours."),
        (empty_night(), "No crying; longest quiet stretch 14 hours."),
        (unheard_night(), "No one listened: babycryd did not run."),
        (
            span_of([], [("18:00", "08:00", "deaf")]),
            "No one listened: the microphone gave no sound, or babycryd did not run.",
        ),
        (
            deaf_night(),
            (
                "One cry, 5 minutes; Brahms’ lullaby calmed it in 5 minutes; longest quiet stretch 2 h 30; "
                "no sound from the microphone for 1 h 30; babycryd did not run for 3 h 10; snoozed for 30 minutes; "
                "there may have been more."
            ),
        ),
    ],
)
def test_the_sentence(span: Span, said: str) -> None:
    assert sentence(figures(span), "en") == said


def test_a_night_that_goes_on_or_has_not_begun() -> None:
    span = easy_night()
    assert sentence(figures(span), "de", over=False).startswith("Die Nacht bisher: zweimal geweint")
    assert sentence(figures(Span(5.0, 5.0)), "en", over=False) == "This night has not begun."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", NIGHTS)
def test_every_language_has_a_sentence_for_every_night(language: str, made: Callable[[], Span]) -> None:
    said = sentence(figures(made()), language)
    assert said.endswith(".")
    assert said[0] == said[0].upper()
    assert not {"{", "}"} & set(said)
    assert ("14" in said) == (made in (hard_night, easy_night, empty_night))


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0, "less than a minute", "0"),
        (29, "less than a minute", "< 1 min"),
        (30, "1 minute", "1 min"),
        (60, "1 minute", "1 min"),
        (150, "3 minutes", "3 min"),
        (3580, "1 hour", "1 h 00"),
        (7200, "2 hours", "2 h 00"),
        (20_400, "5 h 40", "5 h 40"),
        (9 * 86_400, "9 days", "216 h 00"),
    ],
)
def test_lengths(seconds: float, long: str, short: str) -> None:
    assert (length(seconds, "en"), short_length(seconds, "en")) == (long, short)


@given(st.integers(0, 2**32))
def test_sums_hold_for_any_night(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # not a secret
    start_s, end_s = clock("18:00"), clock("08:00")
    whole_s = end_s - start_s
    at_s, stretches, episodes = start_s - 600, list[Stretch](), list[Episode]()
    while at_s < end_s:
        until_s = at_s + chance.uniform(1, 5000)
        doing = chance.choice(("listening", "listening", "deaf", "snoozed", "off"))
        if doing == "listening":
            first_s = at_s
            while first_s < until_s - 20 and chance.random() < 0.6:
                first_s += chance.uniform(0, (until_s - first_s) / 2)
                length_s = chance.uniform(0, until_s - first_s)
                episodes.append(
                    Episode(f"e{first_s}", first_s, length_s, 0.9, first_s + length_s, "calm", length_s / 2)
                )
                first_s += length_s
        if doing != "off":
            stretches.append(Stretch(at_s, until_s, doing))  # type: ignore[arg-type]  # a word of its own
        at_s = until_s
    span = Span(start_s, end_s, tuple(episodes), (), tuple(filled(stretches, start_s, end_s, end_s)))
    about = figures(span)
    assert about.listened_s + about.not_listening_s == pytest.approx(whole_s)
    assert 0 <= about.crying_s <= about.listened_s + 1e-3
    assert 0 <= about.longest_quiet_s <= whole_s - about.crying_s + 1e-3
    assert about.cries == len(episodes)
    quiet_s = about.longest_quiet_s * (about.cries + len(span.stretches) + 1)
    assert quiet_s >= about.listened_s - about.crying_s - 1e-3  # the longest of so many pieces at most
    for language in LANGUAGES:
        assert sentence(about, language)


def test_nights_and_days_with_summer_time() -> None:
    begin_s, end_s = night_of(date(2026, 10, 25), (time(18), time(8)), BERLIN)
    assert end_s - begin_s == 15 * 3600
    begin_s, end_s = noon_to_noon(date(2026, 3, 29), BERLIN)
    assert end_s - begin_s == 23 * 3600
    assert night_of(DAY, (time(0), time(6)), BERLIN) == (clock("00:00"), clock("06:00"))
    assert f"{local(clock('21:05'), BERLIN):%d %H:%M}" == "23 21:05"
    assert (day_of(clock("11:59"), BERLIN), day_of(clock("12:00"), BERLIN)) == (DAY, DAY)


@pytest.mark.parametrize("text", ["8", "8:0", "24:00", "ab:cd", "", "08:60", "-1:00", "08:00:00"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        parse_clock(text)
