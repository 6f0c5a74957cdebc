"""Settings of the morning report, as they stand under `report:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from babycryd.core.setting import setting
from babycryd.i18n import DEFAULT, LANGUAGES


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """Settings of the morning report: when, in which language and how the night is reported."""

    evening: str = setting("18:00", "Local time at which the reported night begins.")
    morning: str = setting("08:00", "Local time at which the night ends and its report goes out over MQTT.")
    language: str = setting(DEFAULT, "Language of the report.", choices=tuple(LANGUAGES))
    picture: bool = setting(
        True, "Send the report over MQTT as a picture, too, for Home Assistant to show and to forward."
    )

    @property
    def hours(self) -> tuple[time, time]:
        return parse_clock(self.evening), parse_clock(self.morning)

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        for key, text in (("evening", self.evening), ("morning", self.morning)):
            try:
                parse_clock(text)
            except ValueError as wrong:
                yield key, str(wrong)
        if self.evening == self.morning:
            yield "morning", "the night would begin and end at once; take another time than report.evening"


def parse_clock(text: str) -> time:
    """Return a time of day such as `08:00`. Raises ValueError that says what is wrong."""
    hour, colon, minute = text.partition(":")
    if not colon or not hour.isdecimal() or len(minute) != 2 or not minute.isdecimal():
        raise ValueError(f"{text!r} is no time of day such as 08:00")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"{text!r} is no time of day; hours are 00-23, minutes 00-59") from None
