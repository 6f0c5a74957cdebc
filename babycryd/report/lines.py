"""PURE. Lines of a text in a picture, whose letters are as wide as those of its font are on average."""

import re
from collections.abc import Iterator
from typing import Final

EM: Final = 0.53  # width of a letter of the font's big text
SMALL_EM: Final = 0.57  # width of a letter of a label, rather too much than too little


def glued(text: str) -> str:
    """Join a number to what it counts, `5 h 40`, and a sign to the word before it, with no-break spaces."""
    return re.sub(r"(?<=\d) (?=\w)|(?<=\d h|td\.) (?=\d)| (?=[;:])", "\N{NO-BREAK SPACE}", text)


def wrapped(text: str, letter_px: float, width_px: float) -> Iterator[str]:
    """Yield the lines of a text that fit, as far as can be known without the font."""
    line = ""
    for word in glued(text).split(" "):
        longer = f"{line} {word}".strip()
        if line and len(longer) * letter_px > width_px:
            yield line
            longer = word
        line = longer
    yield line
