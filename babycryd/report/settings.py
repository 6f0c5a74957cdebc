"""What the owner may choose about the morning report, as it stands under `report:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from babycryd.core.setting import setting
from babycryd.i18n import DEFAULT, LANGUAGES
from babycryd.report.calendar import parse_clock


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """The morning report."""

    evening: str = setting("18:00", "Local time at which the night begins that a report is about.")
    morning: str = setting("08:00", "Local time at which it ends; then the report goes out over MQTT.")
    language: str = setting(DEFAULT, "Language of the report.", choices=tuple(LANGUAGES))
    picture: bool = setting(True, "Also tell it over MQTT as a picture, for Home Assistant to show and to send.")

    @property
    def hours(self) -> tuple[time, time]:
        return parse_clock(self.evening), parse_clock(self.morning)

    def check(self) -> Iterator[tuple[str, str]]:
        """Key and complaint for each value that cannot work."""
        for key, text in (("evening", self.evening), ("morning", self.morning)):
            try:
                parse_clock(text)
            except ValueError as wrong:
                yield key, str(wrong)
        if self.evening == self.morning:
            yield "morning", "the night would begin and end at once; take another time than report.evening"
