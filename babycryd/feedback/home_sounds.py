"""PURE. Sounds of this home that show what they were: long cries of the baby, and short sounds with no cry near them.

The owner need not mark them. They are embeddings, never sound, bounded in number, and count less from night to night.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from babycryd.core.events import CandidateHeard, CryEnded, CryStarted, Event, StateChanged

T = TypeVar("T")

CERTAIN_CRY_S: Final = 8.0  # a sound of that length without a pause that passes the vote was the baby
LONGEST_OTHER_S: Final = 4.0  # a longer sound may be the baby, also where the threshold refuses it
APART_S: Final = 600.0  # within this time of one of the home's other sounds nothing may be the baby
USUAL_THRESHOLD: Final = 0.77  # default of detection.threshold; a higher one of the owner makes no cry another sound
LEAST_VOTED: Final = 0.5  # of a certain cry; a lower threshold of the owner makes no television a baby
MOST_OF_A_CRY: Final = 6  # parts
MOST_OF_A_NIGHT: Final = 60  # parts of cries, and as many of other sounds; a night and the day before it
MOST: Final = 300  # parts of cries, and as many of other sounds
HALF_LIFE_NIGHTS: Final = 14.0
_MOST_WAITING: Final = 200
_MOST_PARTS: Final = 200  # of one sound, ten minutes of it
_SURELY_OVER_S: Final = 6.0  # without a further part a sound has ended: a part takes 3 s, a pause 1.5 s


@dataclass(frozen=True, slots=True)
class HomeSound:
    """Part of a sound that was the baby, or was not."""

    cry: bool
    night: int  # how many nights had been learnt before it was heard
    embedding: tuple[float, ...]  # (EMBEDDING,)
    episode: str = ""  # id of the episode in which it was heard; empty: in none
    number: int = 0  # of its sound within the episode

    def weight(self, night: int) -> float:
        """Return how much it counts in the given night, 0..1."""
        return float(0.5 ** (max(0, night - self.night) / HALF_LIFE_NIGHTS))


@dataclass(slots=True)
class _Sound:
    """Sound that has not ended, or waits until its surroundings are known."""

    parts: list[CandidateHeard]
    episode: str = ""

    @property
    def lasts_s(self) -> float:
        return self.parts[-1].at_s - self.parts[0].began_s

    @property
    def may_be_cry(self) -> bool:
        return any(part.passes or part.voted >= USUAL_THRESHOLD for part in self.parts)

    @property
    def is_certain_cry(self) -> bool:
        passes = any(part.passes and part.voted >= LEAST_VOTED for part in self.parts)
        return passes and self.lasts_s >= CERTAIN_CRY_S


class HomeSounds:
    """Sounds of this home: `note` follows the bus, and `sounds` holds what has become certain."""

    def __init__(self, sounds: Sequence[HomeSound] = (), night: int = 0) -> None:
        """`night`: how many nights have been learnt so far."""
        self.sounds = tuple(sounds)
        self.night = night
        self._episode = ""  # that runs
        self._number = 0  # of the last sound of the running episode
        self._sound: _Sound | None = None
        self._waiting: list[_Sound] = []
        self._apart_from_s = float("inf")  # stream time up to which no sound can be one of the home's others
        self.last_s = float("-inf")  # stream time of the last candidate

    @property
    def crying(self) -> bool:
        """Whether an episode runs."""
        return bool(self._episode)

    def note(self, event: Event) -> None:
        """Follow an event of the bus."""
        match event:
            case CryStarted(episode=episode):
                self._episode, self._number = episode, 0
            case CryEnded():
                self._episode = ""
            case CandidateHeard():
                self._add(event)
            case StateChanged(at_s=at_s, state=state):
                self._set_apart(at_s + APART_S if state == "listening" else float("inf"))
            case _:
                pass

    def forget(self) -> None:
        """Forget all sounds and nights; what happens now is still followed."""
        self.sounds, self.night, self._sound = (), 0, None
        self._waiting.clear()

    def settle(self, now_s: float) -> None:
        """Take the sounds whose surroundings are known for the home's others. `now_s`: stream time."""
        if self._sound is not None and now_s - self.last_s >= _SURELY_OVER_S:
            self._close()
        while self._waiting and now_s - self._waiting[0].parts[-1].at_s >= APART_S:
            other = self._waiting.pop(0)
            self._keep(HomeSound(False, self.night, part.embedding, other.episode) for part in other.parts)

    def _add(self, part: CandidateHeard) -> None:
        if self._sound is not None and self._sound.parts[0].began_s != part.began_s:
            self._close()
        if self._sound is None:
            self.settle(part.began_s)
            self._sound = _Sound([])
        self._sound.parts = [*self._sound.parts, part][-_MOST_PARTS:]
        self._sound.episode = self._episode or self._sound.episode
        self.last_s = part.at_s

    def _close(self) -> None:
        sound, self._sound = self._sound, None
        assert sound is not None
        if sound.may_be_cry or sound.lasts_s > LONGEST_OTHER_S:
            self._set_apart(max(self._apart_from_s, sound.parts[-1].at_s + APART_S))
        elif sound.parts[0].began_s >= self._apart_from_s:
            self._waiting = [*self._waiting, sound][-_MOST_WAITING:]
        if sound.is_certain_cry and sound.episode:
            self._number += 1
            parts = evenly(sound.parts, MOST_OF_A_CRY)
            self._keep(HomeSound(True, self.night, one.embedding, sound.episode, self._number) for one in parts)

    def _set_apart(self, until_s: float) -> None:
        """Take no sound that waits, and none up to this stream time, for one of the home's others."""
        self._waiting.clear()
        self._apart_from_s = until_s

    def _keep(self, new: Iterable[HomeSound]) -> None:
        self.sounds = bounded((*self.sounds, *new))


def bounded(sounds: Sequence[HomeSound]) -> tuple[HomeSound, ...]:
    """Return the newest sounds: so many of each night, and so many of all."""
    return tuple(sound for cry in (True, False) for sound in _newest([one for one in sounds if one.cry == cry]))


def _newest(sounds: Sequence[HomeSound]) -> list[HomeSound]:
    nights = sorted({sound.night for sound in sounds})
    by_night = [[sound for sound in sounds if sound.night == night][-MOST_OF_A_NIGHT:] for night in nights]
    return [sound for of_night in by_night for sound in of_night][-MOST:]


def evenly(some: Sequence[T], most: int) -> list[T]:
    """Return at most `most` of them, evenly spread."""
    return list(some) if len(some) <= most else [some[index * len(some) // most] for index in range(most)]
