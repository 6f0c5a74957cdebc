"""Every file that the pages for contributors name exists: the glossary of docs/architecture.md stays true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "babycryd"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
GLOSSARY = ROOT / "docs" / "architecture.md"
_IN_BACKTICKS = re.compile(r"`(?:scripts/test )?([\w.-]+/[\w./-]*)`")
_FOLDERS = {each.name for each in ROOT.iterdir() if each.is_dir()}
_ROOMS = {each.name for each in PACKAGE.iterdir() if each.is_dir()}
_TYPES = {".c", ".conf", ".csv", ".json", ".md", ".py", ".service", ".sh", ".tflite", ".yaml"}
_ENTRY = re.compile(r"^\| \*\*([^*]+)\*\* \|.*\| `([^`]+)`", re.MULTILINE)


def is_path(text: str) -> bool:
    """Whether `text` means a file or folder of the project: `feedback/set`, a topic, does not."""
    top = text.split("/", maxsplit=1)[0]
    return top in _FOLDERS or Path(text).suffix in _TYPES or (top in _ROOMS and text.endswith("/"))


def missing(text: str) -> list[str]:
    """The paths in backticks that exist neither from the project's root nor from babycryd/."""
    paths = [each for each in _IN_BACKTICKS.findall(text) if is_path(each)]
    return [each for each in paths if not (ROOT / each).exists() and not (PACKAGE / each).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_the_glossary_gives_each_word_one_file() -> None:
    entries = _ENTRY.findall(GLOSSARY.read_text("utf-8"))
    words = [word for word, _ in entries]
    assert 20 <= len(words) == len(set(words)) <= 30
    assert words == sorted(words, key=str.lower)
    assert [path for _, path in entries if not (PACKAGE / path).is_file()] == []


def test_the_rule_can_fail() -> None:
    text = "`detect/gate.py`, `detect/gone.py`, `tests/gone/`, `feedback/set`, `scripts/test tests/unit/gone.py`"
    assert missing(text) == ["detect/gone.py", "tests/gone/", "tests/unit/gone.py"]
