"""PURE. Quiet hours: the hours of the day in which no lullaby may start."""

import re
from dataclasses import dataclass
from datetime import time

_FORM = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours from `start` (included) to `end` (excluded), local time; past midnight where `end` is before `start`."""

    start: time
    end: time

    def contains(self, moment: time) -> bool:
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def parse_quiet_hours(text: str) -> QuietHours | None:
    """Return the hours in a text such as `22:00-06:00`; None for an empty one. Raises ValueError."""
    if not text.strip():
        return None
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise ValueError(f"quiet_hours {text!r} must look like '22:00-06:00', or '' for none")
    hour, minute, end_hour, end_minute = (int(number) for number in form.groups())
    try:
        start, end = time(hour, minute), time(end_hour, end_minute)
    except ValueError:
        raise ValueError(f"quiet_hours {text!r} names no time of day; hours are 00-23, minutes 00-59") from None
    if start == end:
        raise ValueError(f"quiet_hours {text!r} begin and end at once; for no lullaby at all set enabled: false")
    return QuietHours(start, end)
