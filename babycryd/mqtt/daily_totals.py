"""PURE. How long the baby has cried today: a figure for dashboards, without what was not the baby."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from babycryd.core.events import CryEnded, CryStarted, CryUpdated, EpisodesMarked, Event
from babycryd.mqtt.message import Message, json_bytes, retained


@dataclass(slots=True)
class _Cry:
    """The part of one episode that was heard today."""

    crying_s: float = 0.0
    episodes: int = 1  # 0: it began yesterday, and only its seconds count
    baby: bool = True  # False: the owner says that it was not the baby


@dataclass(slots=True)
class _Day:
    date: str = ""
    cries: dict[str, _Cry] = field(default_factory=dict)  # by id of the episode

    @property
    def counted(self) -> list[_Cry]:
        return [each for each in self.cries.values() if each.baby]


class DailyTotals:
    """Counts crying on the day on which it was heard, so that an episode over midnight belongs to both days.

    An episode that the owner marks as not the baby does not count, as in the report; one marked as the baby does again.
    """

    def __init__(self, base: str) -> None:
        """`base`: the topic that every other one begins with, without a slash at its end."""
        self._topic = f"{base}/today"
        self._day = _Day()
        self._running: str | None = None  # id of the episode that goes on
        self._running_s = 0.0  # its length so far, on all days

    def restore(self, kept: bytes) -> None:
        """Takes up what `kept` gave before a restart; ignores what it cannot read."""
        try:
            fields = json.loads(kept)
            date.fromisoformat(fields["date"])
            self._day = _Day(str(fields["date"]), _cries(fields))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            return

    def kept(self) -> bytes:
        """The state to keep for `restore`."""
        return json_bytes(asdict(self._day))

    def take(self, event: Event, day: date) -> Message | None:
        """Counts an event of `day`, local time; the new message, or None where nothing changed."""
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
            case EpisodesMarked(marks=marks):
                if not self._mark(marks):
                    return None
            case _:
                return None
        return self.now()

    def begin(self, day: date) -> Message | None:
        """Begins a new day; its first message, or None where it is the same day."""
        if self._day.date == day.isoformat():
            return None
        running = self._day.cries.get(self._running or "")
        over_midnight = {self._running: _Cry(episodes=0, baby=running.baby)} if self._running and running else {}
        self._day = _Day(day.isoformat(), over_midnight)
        return self.now()

    def now(self) -> Message:
        """The message as things stand."""
        counted = self._day.counted
        fields = {
            "date": self._day.date,
            "crying_minutes": round(sum(each.crying_s for each in counted) / 60, 1),
            "episodes": sum(each.episodes for each in counted),
        }
        return retained(self._topic, json_bytes(fields))

    def _add(self, episode: str, duration_s: float, day: date) -> None:
        """Counts what was added to an episode since its last event. `duration_s`: its whole length."""
        self.begin(day)
        counted_s = self._running_s if episode == self._running else 0.0
        cry = self._day.cries.setdefault(episode, _Cry(episodes=0))
        cry.crying_s += max(0.0, duration_s - counted_s)
        self._running, self._running_s = episode, duration_s

    def _mark(self, marks: tuple[tuple[str, bool], ...]) -> bool:
        """Whether a mark changes what counts today."""
        changed = False
        for episode, baby in marks:
            cry = self._day.cries.get(episode)
            if cry is not None and cry.baby is not baby:
                cry.baby, changed = baby, True
        return changed


def _cries(fields: dict[str, Any]) -> dict[str, _Cry]:
    """The episodes that `kept` gave. Raises ValueError, TypeError, LookupError, AttributeError, ArithmeticError."""
    if "cries" not in fields:  # from a version that kept only the sums of the day, whose episodes cannot be marked
        return {"": _Cry(float(fields["crying_s"]), int(fields["episodes"]))}
    return {
        str(episode): _Cry(float(each["crying_s"]), int(each["episodes"]), bool(each["baby"]))
        for episode, each in fields["cries"].items()
    }
