"""PURE. Entries for Baby Buddy: what it gets of one night.

Fields as of its serializers, github.com/babybuddy/babybuddy, api/serializers.py. A version without tags ignores them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from babycryd.report.report import Night
from babycryd.report.summary import counted, quiet_stretches

_TAGS: Final = ["babycryd"]  # so that the owner finds, and deletes, what came from here
Kind = Literal["sleep", "notes"]  # as in the path, /api/sleep/


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry to create: `kind` names its list, `fields` are JSON-ready."""

    kind: Kind
    fields: dict[str, Any]


def entries_of(night: Night, child: int, least_sleep_s: float | None, *, notes: bool = True) -> Iterator[Entry]:
    """Yield the entries of a night that is over.

    `child`: the id there; `least_sleep_s`: length of the shortest quiet stretch that counts as sleep, None: none does.
    """
    for start_s, end_s in quiet_stretches(night.span, counted(night.span.episodes)):
        if least_sleep_s is not None and end_s - start_s >= least_sleep_s:
            yield Entry("sleep", {"child": child, "start": _iso(start_s), "end": _iso(end_s), "tags": _TAGS})
    if notes:
        note = f"{night.title}. {night.text}"
        yield Entry("notes", {"child": child, "note": note, "time": _iso(night.span.end_utc_s), "tags": _TAGS})


def _iso(utc_s: float) -> str:
    return datetime.fromtimestamp(int(utc_s), UTC).isoformat()
