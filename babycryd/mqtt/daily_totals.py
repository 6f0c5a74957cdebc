"""PURE. Daily totals of crying, for dashboards, without the episodes marked as not the baby."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from babycryd.core.events import ClockSet, CryEnded, CryStarted, CryUpdated, EpisodesMarked, Event
from babycryd.mqtt.message import Message, json_bytes, retained

_EARLIEST: Final = "2025"  # an earlier day is that of a clock that was never set


@dataclass(slots=True)
class _Cry:
    """The part of one episode that belongs to today."""

    crying_s: float = 0.0
    episodes: int = 1  # 0: it began yesterday, so only its seconds count
    baby: bool = True  # False: marked as not the baby


@dataclass(slots=True)
class _Day:
    date: str = ""
    cries: dict[str, _Cry] = field(default_factory=dict)  # by id of the episode

    @property
    def counted(self) -> list[_Cry]:
        return [each for each in self.cries.values() if each.baby]


class DailyTotals:
    """Totals of crying on each local day; an episode over midnight belongs to both days.

    An episode that the owner marks as not the baby does not count, as in the report.
    """

    def __init__(self, base: str) -> None:
        """`base`: the prefix of every topic, without a slash at its end."""
        self._topic = f"{base}/today"
        self._day = _Day()
        self._running: str | None = None  # id of the running episode
        self._running_s = 0.0  # length of the running episode, on all days

    def restore(self, dumped: bytes) -> None:
        """Restore the result of `dump` from before a restart; ignore what cannot be read."""
        try:
            fields = json.loads(dumped)
            date.fromisoformat(fields["date"])
            self._day = _Day(str(fields["date"]), _cries(fields))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            return

    def dump(self) -> bytes:
        """Return the state, for `restore`."""
        return json_bytes(asdict(self._day))

    def take(self, event: Event, day: date) -> Message | None:
        """Count an event of `day`, local time; return the new message, or None where nothing changed."""
        match event:
            case CryStarted(episode=episode):
                self.begin(day)
                self._running, self._running_s = episode, 0.0
                self._day.cries[episode] = _Cry()
            case CryUpdated(episode=episode, duration_s=duration_s):
                self._add(episode, duration_s, day)
            case CryEnded(episode=episode, duration_s=duration_s):
                self._add(episode, duration_s, day)
                self._running = None
            case ClockSet():
                self._day.date = day.isoformat()  # what was counted moves with the clock
            case EpisodesMarked(marks=marks):
                if not self._mark(marks):
                    return None
            case _:
                return None
        return self.now()

    def begin(self, day: date) -> Message | None:
        """Begin a new day; return its first message, or None where it is the same day, or no clock was ever set."""
        today = day.isoformat()
        if self._day.date == today or today < _EARLIEST <= self._day.date:
            return None
        running = self._day.cries.get(self._running or "")
        over_midnight = {self._running: _Cry(episodes=0, baby=running.baby)} if self._running and running else {}
        self._day = _Day(today, over_midnight)
        return self.now()

    def now(self) -> Message:
        """Return the message with the totals now."""
        counted = self._day.counted
        fields = {
            "date": self._day.date,
            "crying_minutes": round(sum(each.crying_s for each in counted) / 60, 1),
            "episodes": sum(each.episodes for each in counted),
        }
        return retained(self._topic, json_bytes(fields))

    def _add(self, episode: str, duration_s: float, day: date) -> None:
        """Count the growth of an episode since its last event. `duration_s`: its whole length."""
        self.begin(day)
        counted_s = self._running_s if episode == self._running else 0.0
        cry = self._day.cries.setdefault(episode, _Cry(episodes=0))
        cry.crying_s += max(0.0, duration_s - counted_s)
        self._running, self._running_s = episode, duration_s

    def _mark(self, marks: tuple[tuple[str, bool | None], ...]) -> bool:
        """Apply the marks; return whether one changes the totals of today."""
        changed = False
        for episode, baby in marks:
            cry, counts = self._day.cries.get(episode), baby is not False
            if cry is not None and cry.baby is not counts:
                cry.baby, changed = counts, True
        return changed


def _cries(fields: dict[str, Any]) -> dict[str, _Cry]:
    """Read the episodes of `dump`. Raises ValueError, TypeError, LookupError, AttributeError, ArithmeticError."""
    if "cries" not in fields:  # of an earlier version, which stored only the sums of the day
        return {"": _Cry(float(fields["crying_s"]), int(fields["episodes"]))}
    return {
        str(episode): _Cry(float(each["crying_s"]), int(each["episodes"]), bool(each["baby"]))
        for episode, each in fields["cries"].items()
    }
