"""PURE. Events as JSON: the names and fields under which they are known outside of Python."""

import dataclasses
import re
from typing import Any, Final

from babycryd.core.events import Event, WindowScored

_PRIVATE: Final = frozenset({"embedding", "chosen", "png"})  # fields that stay inside
_WORD_START: Final = re.compile(r"(?<!^)(?=[A-Z])")


def name_of(event: Event) -> str:
    """`CryStarted` -> `cry_started`: the name of an event outside Python."""
    if isinstance(event, WindowScored):
        return "score"
    return _WORD_START.sub("_", type(event).__name__).lower()


def as_json(event: Event) -> dict[str, Any]:
    """The event as JSON-ready values; seconds rounded to milliseconds, scores to four places."""
    fields = {key: _plain(key, value) for key, value in dataclasses.asdict(event).items() if key not in _PRIVATE}
    return {"event": name_of(event), **fields}


def _plain(key: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 4 if key in {"score", "confidence"} else 3)
