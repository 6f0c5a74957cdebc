"""Every language says everything."""

import re
import string

import pytest

from babycryd.i18n import LANGUAGES, choose, count, number_word, say, texts


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_with_the_same_places(language: str) -> None:
    english = texts("en")
    assert list(texts(language)) == list(english)
    for key, text in texts(language).items():
        assert text.strip() == text != ""
        assert places(text) | {"n"} == places(english[key]) | {"n"}, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_in_english(language: str) -> None:
    same = {key for key, text in texts(language).items() if text == texts("en")[key]}
    # « 1 minute », and texts without words
    assert language == "en" or not [
        key for key in same if " " in texts("en")[key] and not key.startswith(("length.", "report.both", "date.short"))
    ]


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 0, "no cries, x in all"),
        ("en", 1, "one cry, x"),
        ("en", 2, "two cries, x in all"),
        ("en", 13, "13 cries, x in all"),
        ("de", 1, "einmal geweint, x"),
        ("de", 3, "dreimal geweint, x insgesamt"),
        ("fr", 1.5, "un épisode de pleurs, x"),
        ("fr", 2, "deux épisodes de pleurs, x en tout"),
        ("es", 12, "doce llantos, x en total"),
    ],
)
def test_one_and_many(language: str, number: float, said: str) -> None:
    assert count(language, "report.cries", number, length="x") == said


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("it, fr-CA;q=0.3, en;q=0.2", "fr"),
        ("en;q=0.1, es", "es"),
        ("it", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        ("de;q=x;;, *", "en"),
        ("ES", "es"),
    ],
)
def test_the_language_a_browser_asks_for(wanted: str, language: str) -> None:
    assert choose(wanted) == language


def test_each_language_has_its_own_name() -> None:
    assert [each.name for each in LANGUAGES.values()] == [each.texts["language"] for each in LANGUAGES.values()]


def test_unknown_languages_are_english() -> None:
    assert say("xx", "language") == "English"
    assert number_word("xx", 2) == "two"
    assert number_word("en", 2.5) == "2.5"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_narrow_places_is_short(language: str) -> None:
    for key, text in texts(language).items():
        if key.startswith("figure."):
            assert len(text) <= 13, text
        if key.startswith("column."):
            assert len(text) <= 7, text
    assert all(len(each) <= 3 for each in texts(language)["weekdays.short"].split())
    assert [len(texts(language)[key].split()) for key in ("weekdays", "weekdays.short", "months")] == [7, 7, 12]


ADDRESSES = {  # of the other way to address an owner
    "de": r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*|Gib|Nimm|Klatsche|Prüfe)\b",
    "fr": r"\b([Tt]oi|[Tt]a|[Tt]es|[Tt]on)\b",
    "es": r"\b([Uu]sted|le necesita|[Cc]onecte|[Rr]evise|[Pp]ulse|[Cc]ompruebe|[Pp]onga|[Aa]ñada|[Ee]jecute|Dé)\b",
}


@pytest.mark.parametrize("language", ADDRESSES)
def test_owners_are_addressed_in_one_way(language: str) -> None:
    assert not {key: text for key, text in texts(language).items() if re.search(ADDRESSES[language], text)}
