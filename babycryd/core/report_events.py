"""PURE. Events of the report: the night and the week in words, figures and a picture."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportMade:
    """Morning report of the past night."""

    at_s: float
    date: str  # of its morning, 2026-11-24
    start_utc_s: float
    end_utc_s: float
    language: str
    text: str  # one sentence
    cries: int
    crying_s: float
    calmed_in_s: float | None  # by the lullaby, on average; None: it calmed no crying
    longest_quiet_s: float
    not_listening_s: float
    png: bytes = b""  # a picture of it


@dataclass(frozen=True, slots=True)
class DigestMade:
    """Digest of the past week."""

    at_s: float
    date: str  # of the Monday morning that ends it, 2026-11-23
    start_utc_s: float
    end_utc_s: float
    language: str  # of the picture
    sentences: Mapping[str, tuple[str, ...]]  # by language
    cries: int
    crying_s: float
    png: bytes = b""  # a picture of it


ReportEvent = ReportMade | DigestMade
