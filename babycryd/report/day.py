"""PURE. Days of a week with their nights, of which pictures and trend are made."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from babycryd.core.records import Span
from babycryd.report.summary import NightFigures, figures

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Day:
    """Day of 24 hours from noon to noon; `day` is the date of the second noon."""

    day: date
    span: Span
    night: Span | None = None  # evening to morning, of which the figures are; None: all of `span`

    @property
    def figures(self) -> NightFigures:
        """The figures of the night, as the report and the page have them."""
        return figures(self.night or self.span)
