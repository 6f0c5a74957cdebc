"""PURE. Printable text: what a file name, a device or a peer calls itself, made fit for every output."""

from pathlib import Path
from typing import Final

LONGEST_NAME: Final = 120  # characters
LONGEST_PATH: Final = 300
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_CUT: Final = "…"


def printable(text: str | bytes, longest: int = LONGEST_NAME) -> str:
    """Return text on one line that can be encoded and shown, of at most `longest` >= 1 characters.

    White space, also a line's end, becomes a space. What Python does not know as printable becomes U+FFFD: ESC and
    other controls, invisible and bidirectional marks, lone surrogates as `os.fsdecode` makes them, bytes that are not
    UTF-8. A text that is cut ends in `…`. A second call changes nothing.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if len(text) > longest:
        text = text[: longest - len(_CUT)] + _CUT
    return text if text.isprintable() else "".join(map(_printable, text))


def printable_path(path: Path | str) -> str:
    """Return a path for errors, the log and tables; its bytes need not be text."""
    return printable(str(path), LONGEST_PATH)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else REPLACEMENT
