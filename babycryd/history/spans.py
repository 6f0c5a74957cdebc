"""PURE. What the daemon was doing in a span of time, without gaps: where nothing is known, it did not run."""

from collections.abc import Iterable, Sequence
from typing import Final

from babycryd.core.records import Stretch

SEEN_EVERY_S: Final = 90.0  # while it runs, a stretch's end is told at least so often


def filled(stretches: Sequence[Stretch], start_utc_s: float, end_utc_s: float, now_utc_s: float) -> Iterable[Stretch]:
    """Stretches in order of their starts -> the same within [start, end), joined, gaps filled with `off`.

    Where they overlap, because somebody has set the clock back, the later one counts. What ends less than
    `SEEN_EVERY_S` before another one begins, or before now, lasted until then.
    """
    at_s = start_utc_s
    for number, each in enumerate(stretches):
        next_s = stretches[number + 1].start_utc_s if number + 1 < len(stretches) else now_utc_s
        last_s = next_s if each.end_utc_s > next_s or next_s - each.end_utc_s < SEEN_EVERY_S else each.end_utc_s
        begin_s, last_s = max(at_s, each.start_utc_s), min(end_utc_s, last_s)
        if last_s <= begin_s:
            continue
        if begin_s > at_s:
            yield Stretch(at_s, begin_s, "off")
        yield Stretch(begin_s, last_s, each.doing, each.reason)
        at_s = last_s
    if at_s < end_utc_s:
        yield Stretch(at_s, end_utc_s, "off")
