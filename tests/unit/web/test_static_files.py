"""The page's own files: small, complete, and without requests to other hosts."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from babycryd.core.command_table import COMMANDS
from babycryd.i18n import LANGUAGES, texts
from babycryd.web.static_files import PAGE_PREFIXES, StaticFiles
from tests.support.serving import PASSWORD, serving

STATIC = Path("babycryd/web/static")
TEXTS = {
    each.name: each.read_text() for each in STATIC.iterdir() if each.suffix in {".html", ".js", ".css", ".webmanifest"}
}
SENT = {name: len(gzip.compress(text.encode())) for name, text in TEXTS.items()}  # bytes, as browsers get them
CONNECTIONS = 6  # of a browser to a host, over HTTP/1.1
PRELOAD = re.compile(r'rel="modulepreload" href="([^"]+)">')
IN_THE_PAGE = {"theme.js": "<script>", "style.css": "<style>", "app.js": '<script type="module">'}
SAID_BY_NAME = re.compile(
    r"page\.(?:state|remedy|health|theme|trouble|calms\.use|rooms\.state)\.\w+"
)  # `page.state.${state}`


# Of the settings and the first steps, which are opened first
OPENED = {"first_steps.js", "phones.js", "setting_fields.js", "settings.css", "settings.js"}


def keys_used() -> set[str]:
    return {
        key
        for name, text in TEXTS.items()
        for key in re.findall(r"[\"'`]((?:page|length|report)\.[a-z_.]+)[\"'`]", text)
        if name not in OPENED or key.startswith("page.")  # the settings name keys of the configuration
    }


def test_it_is_small() -> None:
    words = sum(len(str(texts(each))) for each in LANGUAGES)
    assert sum(each.stat().st_size for each in STATIC.iterdir()) + words < 300_000


def modules_of(script: str) -> set[str]:
    """A module and those that it imports, directly or not."""
    found, wanted = set[str](), {script}
    while wanted:
        found |= wanted
        imported = {name for each in wanted for name in re.findall(r'(?:from|import) "\./(\w+\.js)"', TEXTS[each])}
        wanted = imported - found
    return found


def digest(name: str) -> str:
    return base64.b64encode(hashlib.sha256(TEXTS[name].encode()).digest()).decode()


def scripts_of_the_page() -> set[str]:
    """The scripts that the page loads by itself: all but those of a view, a form or a part that is opened first.

    Over HTTPS it loads push.js too, which browsers have there only.
    """
    return modules_of("app.js") | modules_of("cards.js") | modules_of("later.js") | {"theme.js", "worker.js"}


def test_every_script_is_of_the_page_or_loaded_when_it_is_opened() -> None:
    opened = {name for text in TEXTS.values() for name in re.findall(r'import\("\./(\w+\.js)"\)', text)}
    of_opened = set[str]().union(*(modules_of(each) for each in opened))
    assert {name for name in TEXTS if name.endswith(".js")} == scripts_of_the_page() | of_opened


def test_the_scripts_are_small() -> None:
    """As a contributor reads them: no build step makes them smaller. As a browser gets them they are packed."""
    assert sum(len(TEXTS[each].encode()) for each in modules_of("app.js") | {"theme.js"}) < 30_000  # until it is usable
    assert sum(len(TEXTS[each].encode()) for each in scripts_of_the_page()) < 60_000
    assert sum(SENT[each] for each in TEXTS if each.endswith(".js")) < 45_000


def test_the_first_view_is_light_and_its_modules_are_asked_for_at_once() -> None:
    with_the_page = modules_of("app.js") - IN_THE_PAGE.keys()
    assert len(with_the_page) <= CONNECTIONS  # so that one round trip brings the state and its buttons
    assert set(PRELOAD.findall(TEXTS["index.html"])) == with_the_page
    assert sum(SENT[name] for name in {*with_the_page, *IN_THE_PAGE, "index.html"}) < 23_000


async def test_the_page_comes_with_the_texts_of_its_reader_in_few_bytes(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = await device.ask("/", headers={"Accept-Language": "de-AT", "Accept-Encoding": "gzip"})
        assert (told.headers["Content-Encoding"], len(told.raw) < 20_000) == ("gzip", True)
        html = gzip.decompress(told.raw).decode()
        sent = json.loads(re.findall(r'<script type="application/json" id="words">(.*)</script>', html)[0])
        assert (sent["language"], sent["texts"]["page.state.listening"]) == ("de", "Alles ruhig")
        assert list(sent["languages"]) == list(LANGUAGES)
        plain = await device.ask("/", headers={"Accept-Language": "fr"})
        assert "Content-Encoding" not in plain.headers
        assert '"language":"fr"' in plain.raw.decode()


async def test_the_page_holds_its_style_theme_and_first_module_and_no_other_inline_part_runs(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = await device.ask("/")
        html, policy = told.raw.decode(), told.headers["Content-Security-Policy"]
        for name, begin in IN_THE_PAGE.items():
            assert f"{begin}{TEXTS[name]}</" in html
        scripts = f"'sha256-{digest('app.js')}' 'sha256-{digest('theme.js')}'"
        assert f"script-src 'self' {scripts};" in policy
        assert f"style-src 'self' 'sha256-{digest('style.css')}';" in policy
        assert "unsafe-inline" not in policy
        assert (await device.ask("/rooms")).headers["Content-Security-Policy"] == policy


async def test_the_page_tells_whether_its_reader_is_admitted(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        assert b'<meta name="admitted">' in (await device.ask("/")).raw
    async with serving(tmp_path, locked=True) as device:
        assert b'<meta name="admitted">' not in (await device.ask("/")).raw
        told = await device.ask("/api/login", {"password": PASSWORD})
        cookie = told.headers["Set-Cookie"].partition(";")[0]
        assert b'<meta name="admitted">' in (await device.ask("/", headers={"Cookie": cookie})).raw


def test_it_asks_no_one_else() -> None:
    for name, text in TEXTS.items():
        urls = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert urls == set(), name
        assert not re.search(r"(?:src|href)=\"/", text), f"{name}: a path that begins with / breaks behind a proxy"
        assert not re.search(r"(?:fetch|get|EventSource|register)\(\s*[\"'`]/", text), name


def test_markup_has_nothing_that_the_policy_forbids() -> None:
    html = TEXTS["index.html"]
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)", html)
    assert not any(
        word in text for text in TEXTS.values() for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(")
    )


def test_no_form_is_sent_by_the_browser() -> None:
    """Until its script has loaded, a form would put what is typed, a password too, into the address."""
    forms = re.findall(r"<form[^>]*>", TEXTS["index.html"])
    assert len(forms) >= 4
    assert [form for form in forms if 'method="dialog"' not in form] == []


def test_every_text_that_the_page_says_is_in_the_catalogue() -> None:
    known = {key for key in texts("en") if key.startswith(PAGE_PREFIXES)}
    plural = {key.removesuffix(".one") for key in known}
    assert keys_used() - known - plural == set()


def test_every_text_in_the_catalogue_is_said() -> None:
    page = {key for key in texts("en") if key.startswith("page.") and not SAID_BY_NAME.fullmatch(key)}
    assert page - keys_used() - {f"{key}.{form}" for key in keys_used() for form in ("one", "other")} == set()


async def test_the_worker_keeps_the_whole_page(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        worker = (await device.ask("/worker.js")).raw.decode()
    kept = json.loads(re.findall(r"^const PAGE = (.*?);", worker, re.MULTILINE)[0])
    assert {"./", "rooms", "nights.js", "words/de.json", "words/settings-de.json", "words/languages.json"} < {*kept}
    needless = {"index.html", "worker.js", "icon-512.png", *IN_THE_PAGE}
    assert {*kept} == {path.removeprefix("/") or "./" for path in StaticFiles().paths} - needless


@pytest.mark.parametrize("path", StaticFiles().paths)
async def test_each_file_is_served_and_asked_for_again(path: str, tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = await device.ask(path)
        assert (told.status, told.headers["Cache-Control"]) == (200, "no-cache")
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        again = await device.ask(path, headers={"If-None-Match": told.headers["ETag"]})
        assert (again.status, again.raw) == (304, b"")


async def test_the_page_learns_the_languages_and_their_plural_rule(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        languages = (await house.ask("/words/languages.json")).content
        assert list(languages) == list(LANGUAGES)
        assert languages["fr"] == {"name": "Français", "one_below_two": True}
        assert languages["de"] == {"name": "Deutsch", "one_below_two": False}


async def test_words_are_of_the_page_only(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = (await device.ask("/words/de.json")).content
        assert told["page.state.listening"] == "Alles ruhig"
        assert not any(key.startswith("report.") for key in told)
        assert (await device.ask("/words/xx.json")).status == 404


async def test_the_policy_lets_nothing_in_from_elsewhere(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        for path in ("/", "/app.js", "/api/state", "/nowhere", "/healthz"):
            told = (await device.ask(path)).headers["Content-Security-Policy"]
            policy = {name: set(sources) for name, *sources in (each.split() for each in told.split(";"))}
            assert all(policy[name] == {"'none'"} for name in ("default-src", "base-uri", "form-action"))
            assert policy["connect-src"] == {"'self'"}
            parts = {f"'sha256-{digest(name)}'" for name in IN_THE_PAGE if path == "/"}
            assert policy["script-src"] | policy["style-src"] == {"'self'", *parts}
            assert (len(policy["script-src"]), len(policy["style-src"])) == ((3, 2) if parts else (1, 1))
            assert policy.pop("media-src") == {"'self'", "blob:"}  # of listen.js's own MediaSource
            assert set().union(*policy.values()) <= {"'none'", "'self'", "data:", *parts}


def test_every_button_of_the_page_sends_a_command_of_the_table() -> None:
    buttons = re.findall(r"data-post=\"([^\"]+)\" data-fields='([^']+)'", TEXTS["index.html"])
    specs = {spec.path: spec for spec in COMMANDS}
    assert len(buttons) == TEXTS["index.html"].count("data-post=") > 5
    for path, fields in buttons:
        spec = specs[f"/{path}"]
        assert spec.read(json.loads(fields), spec.key)
