"""PURE. What people read on the page and in the report, in their language.

A language is one file in here, and one more with what only the live page says.

A text may have places, `{minutes}`, and forms for one and for many: `cries.one`, `cries.other`. Every file has the same
keys with the same places; a test compares them. The log, the command line and MQTT speak English only.
"""

from collections.abc import Mapping
from typing import Final

from babycryd.i18n.de import WORDS as GERMAN
from babycryd.i18n.en import WORDS as ENGLISH
from babycryd.i18n.es import WORDS as SPANISH
from babycryd.i18n.fr import WORDS as FRENCH
from babycryd.i18n.page_de import WORDS as PAGE_GERMAN
from babycryd.i18n.page_en import WORDS as PAGE_ENGLISH
from babycryd.i18n.page_es import WORDS as PAGE_SPANISH
from babycryd.i18n.page_fr import WORDS as PAGE_FRENCH

Words = Mapping[str, str]
_ALL: Final[dict[str, Words]] = {
    "en": {**ENGLISH, **PAGE_ENGLISH},
    "de": {**GERMAN, **PAGE_GERMAN},
    "es": {**SPANISH, **PAGE_SPANISH},
    "fr": {**FRENCH, **PAGE_FRENCH},
}
LANGUAGES: Final = tuple(_ALL)
_ONE_BELOW_TWO: Final = {"fr"}  # « 0 pleur », « 1,5 minute »


def texts(language: str) -> Words:
    """Every text of a language, by its key; English for one that there is not."""
    return _ALL.get(language, ENGLISH)


def say(language: str, key: str, /, **places: object) -> str:
    """One text. KeyError where there is no such key or a place stays empty."""
    return texts(language)[key].format(**places)


def count(language: str, key: str, number: float, /, **places: object) -> str:
    """The form of `key` for this number, which fills the place `{n}`: in letters up to twelve, else in digits."""
    one = abs(number) < 2 if language in _ONE_BELOW_TWO else number == 1
    return say(language, f"{key}.{'one' if one else 'other'}", n=number_word(language, number), **places)


def number_word(language: str, number: float) -> str:
    """`3` -> `three`; digits where the catalogue has no word for it."""
    return texts(language).get(f"number.{number:g}", f"{number:g}")


def choose(wanted: str, otherwise: str = "en") -> str:
    """The language for an Accept-Language header such as `de-AT,de;q=0.9,en;q=0.5`; `otherwise` where none fits."""
    found: list[tuple[float, str]] = []
    for each in wanted.split(",")[:20]:
        name, _, weight = each.strip().partition(";q=")
        language = name.split("-")[0].lower()
        if language in _ALL:
            found.append((_weight(weight), language))
    best = max(found, key=lambda each: each[0], default=(0.0, otherwise))
    return best[1] if best[0] > 0 else otherwise


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0
