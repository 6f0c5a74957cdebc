"""PURE. Events as JSON: their names and fields outside of Python."""

import dataclasses
import re
from typing import Any, Final

from babycryd.core.events import Event, WindowScored

_PRIVATE: Final = frozenset({"embedding", "second_embedding", "chosen", "png"})  # fields that JSON leaves out
_WORD_START: Final = re.compile(r"(?<!^)(?=[A-Z])")


def name_of(event: Event) -> str:
    """Return the name of an event outside Python: `CryStarted` -> `cry_started`."""
    if isinstance(event, WindowScored):
        return "score"
    return _WORD_START.sub("_", type(event).__name__).lower()


def as_json(event: Event) -> dict[str, Any]:
    """Return the event as JSON-ready values; seconds rounded to milliseconds, scores to four places."""
    fields = {key: _plain(key, value) for key, value in dataclasses.asdict(event).items() if key not in _PRIVATE}
    return {"event": name_of(event), **fields}


def _plain(key: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 4 if key in {"score", "confidence"} else 3)
