"""`--since`: a time in the past, as commands take it."""

import argparse
import re
import time
from datetime import datetime
from typing import Final

_UNITS_S: Final = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def add_since_argument(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add `--since`, whose value is seconds since 1970 UTC."""
    parser.add_argument(
        "--since", type=since, metavar="WHEN", help=f"{help_text}: 12h, 7d, 2026-11-24, 2026-11-24T18:00"
    )


def since(text: str) -> float:
    """Return the seconds since 1970 of `12h` or a local time in ISO-8601. Raises ArgumentTypeError."""
    if ago := re.fullmatch(r"(\d{1,6}(?:\.\d+)?)([mhdw])", text):
        return time.time() - float(ago[1]) * _UNITS_S[ago[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time: say 12h, 7d, 2026-11-24 or 2026-11-24T18:00") from None
