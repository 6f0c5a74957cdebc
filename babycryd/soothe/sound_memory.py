"""PURE. Memory of soothing: the sounds that were tried and how each ended, newest last, of bounded length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from babycryd.core.soothing_events import Outcome

MOST_TRIES: Final = 500  # half a year of nights with three; of a try that old, the half-life leaves a thousandth
JUDGED: Final[frozenset[Outcome]] = frozenset({"calm", "same", "worse"})
_NIGHT_S: Final = 12 * 3600.0
_MOST_WORSE: Final = 3  # times in a night that the baby may cry louder during a sound


@dataclass(frozen=True, slots=True)
class Try:
    """A sound, or silence, that was tried once."""

    utc_s: float  # when its bout began
    episode: str
    sound: str | None  # None: the baby was given some seconds to settle alone
    night: bool  # else by day
    outcome: Outcome  # of silence: `calm` where no sound was needed, else `same`
    took_s: float
    false_alarm: bool = False  # the owner's mark: it was not the baby

    @property
    def counts(self) -> bool:
        """Whether it says something about the sound: it was judged, and no mark says that it was not the baby."""
        return self.outcome in JUDGED and not self.false_alarm


class SoundMemory:
    """The tries, in the order in which they were judged; the newest MOST_TRIES stay."""

    def __init__(self, tries: Iterable[Try] = ()) -> None:
        self._tries = list(tries)[-MOST_TRIES:]
        self._earlier = len(self._tries)  # tries of earlier runs, which no step of the clock moves
        self.changes = 0  # counted on

    @property
    def tries(self) -> tuple[Try, ...]:
        """All tries, oldest first."""
        return tuple(self._tries)

    def recall(self, tries: Sequence[Try]) -> None:
        """Put the tries of earlier runs before those of this run."""
        own = self._tries[self._earlier :]
        room = max(0, MOST_TRIES - len(own))
        kept = list(tries)[len(tries) - min(room, len(tries)) :]
        self._tries, self._earlier = kept + own, len(kept)
        self.changes += 1

    def add(self, one: Try) -> None:
        """Add a try; forget the oldest one where there are too many."""
        self._tries.append(one)
        self.changes += 1
        if len(self._tries) > MOST_TRIES:
            del self._tries[0]
            self._earlier = max(0, self._earlier - 1)

    def mark(self, marks: Mapping[str, bool | None]) -> None:
        """Note the owner's marks of episodes; False: it was not the baby; None: the mark is taken back."""
        marked = [
            replace(each, false_alarm=marks[each.episode] is False) if each.episode in marks else each
            for each in self._tries
        ]
        self.changes += marked != self._tries
        self._tries = marked

    def move(self, step_s: float) -> None:
        """Move the tries of this run by a step of the clock."""
        self.changes += self._earlier < len(self._tries)
        for number in range(self._earlier, len(self._tries)):
            self._tries[number] = replace(self._tries[number], utc_s=self._tries[number].utc_s + step_s)

    def forget(self) -> None:
        """Forget every try."""
        self._tries, self._earlier = [], 0
        self.changes += 1

    def barred(self, utc_s: float) -> frozenset[str]:
        """Return the sounds that have ended in `worse` three times within twelve hours: they rest for this night."""
        worse = [
            each.sound
            for each in self._tries
            if each.outcome == "worse" and not each.false_alarm and abs(utc_s - each.utc_s) < _NIGHT_S
        ]
        return frozenset(sound for sound in worse if sound is not None and worse.count(sound) >= _MOST_WORSE)
