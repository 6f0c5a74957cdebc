"""PURE. How long the baby has cried today: a figure for dashboards, kept across restarts."""

import json
from dataclasses import asdict, dataclass
from datetime import date

from babycryd.core.events import CryEnded, CryStarted, CryUpdated, Event
from babycryd.mqtt.message import Message, json_bytes, retained


@dataclass(slots=True)
class _Tally:
    date: str = ""
    crying_s: float = 0.0
    episodes: int = 0


class DailyTotals:
    """Counts crying on the day on which it was heard, so that an episode over midnight belongs to both days."""

    def __init__(self, base: str) -> None:
        """`base` is the topic that every other one begins with, without a slash at its end."""
        self._topic = f"{base}/today"
        self._tally = _Tally()
        self._counted_s = 0.0  # of the running episode

    def restore(self, kept: bytes) -> None:
        """What `kept` gave before a restart; ignored where it makes no sense."""
        try:
            tally = _Tally(**json.loads(kept))
            date.fromisoformat(tally.date)
            self._tally = _Tally(tally.date, float(tally.crying_s), int(tally.episodes))
        except (ValueError, TypeError):
            return

    def kept(self) -> bytes:
        """What is worth keeping."""
        return json_bytes(asdict(self._tally))

    def take(self, event: Event, day: date) -> Message | None:
        """What an event of `day`, local time, makes of it; None where that is nothing new."""
        match event:
            case CryStarted():
                self._roll(day)
                self._counted_s = 0.0
                self._tally.episodes += 1
            case CryUpdated(duration_s=duration_s) | CryEnded(duration_s=duration_s):
                self._roll(day)
                self._tally.crying_s += max(0.0, duration_s - self._counted_s)
                self._counted_s = duration_s
            case _:
                return None
        return self._message()

    def begin(self, day: date) -> Message | None:
        """A message where a new day has begun."""
        return self._message() if self._roll(day) else None

    def now(self) -> Message:
        """How it stands."""
        return self._message()

    def _roll(self, day: date) -> bool:
        if self._tally.date == day.isoformat():
            return False
        self._tally = _Tally(day.isoformat())
        return True

    def _message(self) -> Message:
        fields = {
            "date": self._tally.date,
            "crying_minutes": round(self._tally.crying_s / 60, 1),
            "episodes": self._tally.episodes,
        }
        return retained(self._topic, json_bytes(fields))
