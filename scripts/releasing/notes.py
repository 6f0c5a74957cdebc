"""PURE. Notes of a release: the section of CHANGELOG.md about its version."""

import re

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
UNRELEASED = "Unreleased"


class NoNotesError(Exception):
    """CHANGELOG.md has no section that could be the notes of this version."""


def notes_of(changelog: str, version: str) -> str:
    """Return what is new in a version, as Markdown, in the words of the changelog.

    The topmost section counts while it is called Unreleased: then this is a rehearsal of the next release. Raises
    NoNotesError where neither it nor the version's own section has text.
    """
    parts = _HEADING.split(changelog)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    topmost = parts[1] if len(parts) > 1 else ""
    text = sections.get(topmost if topmost == UNRELEASED else version, "").strip()
    if not text:
        raise NoNotesError(f"CHANGELOG.md has no section `## {version}` with text; write it first")
    return f"# babycryd {version}\n\n{text}\n"
