"""PURE. Texts of the page, the report and the alerts, by language.

A language is six files in this room, for page, alerts, sounds, nights, rooms and settings, and one line in
`LANGUAGES`, which the page, the settings of report and alerts, the command line and the OpenAPI document read.

A text may have placeholders, `{minutes}`, and forms for one and for many: `cries.one`, `cries.other`. Every file has
the same keys with the same placeholders; a test compares them. The log, the command line and MQTT are in English only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final

Texts = Mapping[str, str]


_PARTS: Final = ("", "_sounds", "_nights", "_rooms", "_settings")  # end the names of a language's files


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the page and the report."""

    code: str  # ISO 639
    name: str  # in the language itself
    one_below_two: bool = False  # plural rule: numbers below 2 take the form for one, « 0 pleur », « 1,5 minute »

    @property
    def texts(self) -> Texts:
        """Its texts, by key."""
        return _texts(self.code)


@cache
def _texts(code: str) -> Texts:
    """Return the texts of a language; its files are imported now, as most homes read only one or two languages."""
    modules = [import_module(f"babycryd.i18n.{code}{part}") for part in _PARTS]
    return {key: text for module in modules for key, text in module.TEXTS.items()}


_ALL: Final = (
    Language("en", "English"),
    Language("de", "Deutsch"),
    Language("es", "Español"),
    Language("fr", "Français", one_below_two=True),
)
LANGUAGES: Final[Mapping[str, Language]] = {each.code: each for each in _ALL}
DEFAULT: Final = "en"


def texts(language: str) -> Texts:
    """Return the texts of a language, by key; English for an unknown language."""
    return _language(language).texts


def say(language: str, key: str, /, **places: object) -> str:
    """Return a text with its placeholders filled. Raises KeyError for an unknown key or a missing value."""
    return texts(language)[key].format(**places)


def count(language: str, key: str, number: float, /, **places: object) -> str:
    """Return the form of `key` for a number, which also fills `{n}`: in letters up to twelve, else in digits."""
    one = abs(number) < 2 if _language(language).one_below_two else number == 1
    return say(language, f"{key}.{'one' if one else 'other'}", n=number_word(language, number), **places)


def number_word(language: str, number: float) -> str:
    """Return the word for a number, `3` -> `three`; digits where the language has no word for it."""
    return texts(language).get(f"number.{number:g}", f"{number:g}")


def sound_name(language: str, track: str) -> str:
    """Return the name of a sound as in the middle of a sentence; of the owner's own sound the name of its file."""
    return texts(language).get(f"sound.{track}", re.sub("[-_]+", " ", track).strip() or track)


def sound_title(language: str, track: str) -> str:
    """Return the name of a sound as it stands alone, with a capital."""
    name = sound_name(language, track)
    return name[0].upper() + name[1:] if name else name


def choose(wanted: str, otherwise: str = DEFAULT) -> str:
    """Return the language for an Accept-Language header, `de-AT,de;q=0.9,en;q=0.5`; `otherwise` where none fits."""
    found: list[tuple[float, str]] = []
    for each in wanted.split(",")[:20]:
        name, _, weight = each.strip().partition(";q=")
        language = name.split("-")[0].lower()
        if language in LANGUAGES:
            found.append((_weight(weight), language))
    best = max(found, key=lambda each: each[0], default=(0.0, otherwise))
    return best[1] if best[0] > 0 else otherwise


def _language(code: str) -> Language:
    return LANGUAGES.get(code, LANGUAGES[DEFAULT])


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0
