"""PURE. Printable text: what a file name, a device or a peer calls itself, made fit for every output."""

from typing import Final

LONGEST_NAME: Final = 120  # characters
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


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else REPLACEMENT
