"""PURE. Routine notices, which are told once and not repeated: a full disk, and that babycryd listens."""

from datetime import datetime, time, timedelta
from typing import Final

from babycryd.notify.notice import NoticeKind

_EVENING_FOR: Final = timedelta(hours=1)  # after the wanted time; a daemon that starts later says nothing


class Routine:
    """Routine notices of each day, by their ids; the queue knows the ids, so that a restart repeats none."""

    def __init__(self, evening: time | None) -> None:
        """`evening`: local time at which the recipients are told that babycryd listens; None: not."""
        self._evening = evening
        self._made: dict[NoticeKind, str] = {}  # last id, by kind

    def due(self, now: datetime, *, listening: bool, disk: str | None) -> list[tuple[NoticeKind, str, str]]:
        """Return kind, id and reason of what is due. `now`: local; `disk`: what is wrong with it, or None."""
        wanted: list[tuple[NoticeKind, str]] = []
        if disk:
            wanted.append(("disk", disk))
        if listening and self._is_evening(now):
            wanted.append(("evening", ""))
        found = [(kind, f"{kind}-{now:%Y%m%d}", reason) for kind, reason in wanted]
        new = [(kind, id_, reason) for kind, id_, reason in found if self._made.get(kind) != id_]
        self._made |= {kind: id_ for kind, id_, _ in new}
        return new

    def _is_evening(self, now: datetime) -> bool:
        if self._evening is None:
            return False
        since = now - now.replace(hour=self._evening.hour, minute=self._evening.minute, second=0, microsecond=0)
        return timedelta(0) <= since < _EVENING_FOR
