"""The commands and texts of a page for owners, as they stand there."""

import re
from dataclasses import dataclass
from pathlib import Path

_BOX = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Box:
    """A grey box: `kind` is sh, yaml, …"""

    section: str
    kind: str
    text: str

    @property
    def commands(self) -> list[str]:
        return [line for line in self.text.splitlines() if line]


def boxes(page: Path) -> list[Box]:
    """In their order."""
    text = page.read_text()
    found = []
    for box in _BOX.finditer(text):
        headings = _HEADING.findall(text, 0, box.start())
        found.append(Box(headings[-1] if headings else "", box[1], box[2]))
    return found


def merged(file: str, added: str) -> str:
    """The YAML `file` with the sections of `added` in place of its own of the same names."""
    for name in re.findall(r"^(\w+):", added, re.MULTILINE):
        file = re.sub(rf"^{name}:.*\n(?:(?:[ #].*)?\n)*?(?=^\S|\Z)", "", file, flags=re.MULTILINE)
    return file + added
