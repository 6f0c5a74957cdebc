"""The settings on the page: their words are complete, in no other place, and every key of the list has a field."""

import re
from pathlib import Path

import pytest

from babycryd.config.page_file import PAGE_KEYS, PAGE_SERVICES
from babycryd.i18n import LANGUAGES, texts
from tests.support.serving import serving

STATIC = Path("babycryd/web/static")
MODULES = {
    name: (STATIC / name).read_text() for name in ("settings.js", "setting_fields.js", "phones.js", "first_steps.js")
}
# `settings.${group}` and the like
BY_NAME = re.compile(
    r"settings\.(?:hearing\.\d|kept\.\w+|strategy\.\w+|phones\.address\.\w+|first\.(?:\w+|place\.\d)|test\.(?:not_)?heard"
    r"|fault\.(?:name|other|secret)|unit\.\w+|hearing|lullaby|sounds|alerts)"
)


def said() -> set[str]:
    return {key for text in MODULES.values() for key in re.findall(r"[\"`](settings\.[a-z0-9_.]+)[\"`]", text)} - {
        "settings.css"
    }


def named() -> set[str]:
    """The names that `text("quiet", "", "quiet.why")` says."""
    calls = re.findall(r"text\(([^)]*)\)", MODULES["setting_fields.js"])
    return {f"settings.{name}" for call in calls for name in re.findall(r"\"([a-z_.]+)\"", call)}


def test_every_text_is_in_the_catalogue_and_said() -> None:
    known = {key for key in texts("en") if key.startswith("settings.")}
    assert said() - known == set()
    assert {key for key in known - said() - named() if not BY_NAME.fullmatch(key)} == set()


def test_every_key_of_the_list_has_a_field_and_every_service_a_label() -> None:
    fields = set(re.findall(r"\"((?:detection|lullaby|soothing|notify|report)\.\w+)\"", MODULES["setting_fields.js"]))
    assert fields == set(PAGE_KEYS)
    assert {f"settings.phones.address.{each}" for each in PAGE_SERVICES} <= texts("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_words_come_when_the_settings_open(language: str, tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        later = (await device.ask(f"/words/settings-{language}.json")).content
        assert later["settings.title"] == texts(language)["settings.title"]
        assert all(key.startswith("settings.") for key in later)
        at_once = (await device.ask(f"/words/{language}.json")).content
        assert not any(key.startswith("settings.") for key in at_once)
