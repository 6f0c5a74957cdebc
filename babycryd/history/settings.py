"""What the owner may choose about the memory of past nights, as it stands under `history:` and `report:`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Literal

from babycryd.history.calendar import parse_clock
from babycryd.settings import setting


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What is remembered: times and figures, never sound."""

    enabled: bool = setting(True, "Remember episodes and what babycryd did, for the page and the morning report.")
    keep_days: int = setting(400, "How long an episode is remembered.", unit="days", low=1, high=10_000)
    max_mb: int = setting(50, "So large the file may become; then the oldest go.", unit="MB", low=1, high=10_000)


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """The morning report."""

    evening: str = setting("18:00", "Local time at which the night begins that a report is about.")
    morning: str = setting("08:00", "Local time at which it ends; then the report goes out over MQTT.")
    language: Literal["en", "de", "es", "fr"] = setting("en", "Language of the report.")

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
