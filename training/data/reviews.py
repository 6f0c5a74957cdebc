"""Reviews of cry clips (reviews.csv): where a reviewer saw a baby cry or fuss on a sheet of `review_sheets`.

Fussing is whimpers, short pulses and quiet calls, 14 dB and more below the cries of the same clip.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from training.data.paths import REPOSITORY

REVIEWS = REPOSITORY / "training" / "data" / "reviews.csv"
VERDICTS: Final = ("cry", "none", "unsure")

Span = tuple[float, float]  # seconds into the clip


@dataclass(frozen=True, slots=True)
class Review:
    """Verdict on one clip and the spans of crying and of fussing in it."""

    verdict: str  # one of VERDICTS
    spans_s: tuple[Span, ...]  # of crying; ascending, not overlapping
    fuss_s: tuple[Span, ...] = ()  # of fussing; ascending, none of them within a span of crying


def parse_spans(text: str, where: str) -> tuple[Span, ...]:
    """Spans in seconds: `0.4-2.3;3.1-6.9` -> ((0.4, 2.3), (3.1, 6.9)). Raises ValueError that starts with `where`."""
    try:
        spans = tuple((float(one.split("-")[0]), float(one.split("-")[1])) for one in text.split(";") if one)
    except (ValueError, IndexError) as broken:
        raise ValueError(f"{where}: {text!r} is not spans in seconds like 0.4-2.3;3.1-6.9") from broken
    edges = [edge for span in spans for edge in span]
    if any(late < early for early, late in pairwise(edges)):
        raise ValueError(f"{where}: the spans {text!r} do not ascend")
    return spans


def _review(row: dict[str, str], where: str) -> Review:
    spans, fuss = parse_spans(row["spans"], where), parse_spans(row.get("fuss", ""), where)
    if any(begin < late and early < end for begin, end in spans for early, late in fuss):
        raise ValueError(f"{where}: the spans of fussing {row['fuss']!r} overlap those of crying {row['spans']!r}")
    return Review(row["verdict"], spans, fuss)


def load_reviews(path: Path = REVIEWS) -> dict[str, Review]:
    """Reviews by clip path. Raises ValueError with file, line and remedy."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, Review] = {}
    for number, row in enumerate(rows, start=2):
        where = f"{path.name}:{number}"
        if row["verdict"] not in VERDICTS:
            raise ValueError(f"{where}: the verdict {row['verdict']!r} is none of {', '.join(VERDICTS)}")
        if row["path"] in found:
            raise ValueError(f"{where}: {row['path']} is reviewed twice; keep one line")
        found[row["path"]] = _review(row, where)
    return found


@lru_cache
def reviews() -> dict[str, Review]:
    """Reviews of this repository by clip path, read once."""
    return load_reviews()
