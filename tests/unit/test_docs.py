"""The pages for owners and contributors: every link, picture and command in them leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "training/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PICTURES = sorted(
    each for folder in ("images", "pictures") for each in (ROOT / "docs" / folder).iterdir() if each.is_file()
)
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PYTHON_M = re.compile(r"python -m ((?:babycryd|benchmarks|training|cloud_offload)[\w.]*)")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links and pictures that lie in this repository."""
    for found in _LINK.finditer(_CODE.sub("", page.read_text("utf-8"))):
        target = found[1] or found[2]
        if "://" not in target:
            yield target


def anchors(page: Path) -> set[str]:
    """What a link may name behind `#`: the headings, as GitHub writes them."""
    headings = _HEADING.findall(_CODE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def broken_links(page: Path) -> list[str]:
    """The links of a page whose file or heading does not exist."""
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def missing_modules(text: str) -> list[str]:
    """The modules that a text runs with `python -m` and that do not exist."""
    places = {module: ROOT / module.rstrip(".").replace(".", "/") for module in _PYTHON_M.findall(text)}
    return [
        module
        for module, place in places.items()
        if not place.with_suffix(".py").exists() and not (place / "__main__.py").exists()
    ]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_name_modules_that_exist(page: Path) -> None:
    assert missing_modules(page.read_text("utf-8")) == []


def test_every_picture_is_shown_by_a_page() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert [name(each) for each in PICTURES if each not in shown] == []


def test_the_rules_can_fail(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('# A page\n[a](#a-page) [b](#b) [c](c.md) [d](https://example.org/d) <img src="e.png">\n')
    assert broken_links(page) == ["#b", "c.md", "e.png"]
    assert missing_modules("python -m benchmarks.speed, python -m benchmarks.sped") == ["benchmarks.sped"]
