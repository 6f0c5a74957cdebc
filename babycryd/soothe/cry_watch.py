"""PURE. Cry watch: whether the baby cries now, and how long it has been quiet.

Quiet is counted from the last crying. While an episode runs, that is now. Once it has ended, that is its start plus
`settled_in_s`, because `CryEnded` itself comes only after some quiet. Times are on the clock of the strategy.
"""

import math
from typing import Final

from babycryd.core.events import ClockSet, CryEnded, CryStarted, CryUpdated, Deaf, Event, Hearing, WindowScored

_STILL_CRYING: Final = 0.3  # a score below the default `detection.end_threshold`
_LONGEST_LULL_S: Final = 12.0  # an episode ends after ten quiet seconds by default


class CryWatch:
    """Cry watch; `note` takes every event in order."""

    def __init__(self) -> None:
        self.crying = False
        self.episode = ""  # the last one that began
        self._clock_s = 0.0  # wall clock minus the clock of the strategy
        self.deaf = False
        self._began_s = -math.inf
        self._last_cry_s = -math.inf
        self._last_sound_s = -math.inf  # window that sounded like crying
        self._hears_since_s = -math.inf

    def note(self, event: Event, at_s: float) -> None:
        """Take an event, known since `at_s`."""
        match event:
            case CryStarted(utc_s=utc_s, episode=episode):
                self._begin(at_s, episode)
                self._clock_s = utc_s - at_s
            case CryUpdated(duration_s=duration_s, episode=episode) if not self.crying:
                self._begin(at_s - duration_s, episode)  # it goes on after deafness
            case CryEnded(settled_in_s=settled_in_s) if self.crying:
                self.crying, self._last_cry_s = False, self._began_s + settled_in_s
            case Deaf():
                self.deaf = True
                if self.crying:
                    self.crying, self._last_cry_s = False, at_s
            case Hearing() if self.deaf:
                self.deaf, self._hears_since_s = False, at_s
            case ClockSet(step_s=step_s):
                self._clock_s += step_s
            case WindowScored(score=score) if score >= _STILL_CRYING:
                self._last_sound_s = at_s
            case _:
                pass

    def utc_s(self, at_s: float) -> float:
        """Return the wall clock at a time, by the last cry that began."""
        return at_s + self._clock_s

    def quiet_s(self, at_s: float) -> float:
        """Return the time since the last crying, also where the microphone was deaf in between."""
        return 0.0 if self.crying else at_s - self._last_cry_s

    def heard_quiet_s(self, at_s: float) -> float:
        """Return the quiet time that was heard since the last crying or deafness."""
        if self.crying or self.deaf:
            return 0.0
        return at_s - max(self._last_cry_s, self._hears_since_s)

    def last_cry_s(self, at_s: float) -> float:
        """Return the time of the last crying; that is now while the baby cries."""
        return at_s if self.crying else self._last_cry_s

    def lull_s(self, at_s: float) -> float:
        """Return for how long the running episode has had no sound of crying, as it may end soon; 0 past 12 s."""
        lull_s = at_s - max(self._last_sound_s, self._began_s)
        return lull_s if self.crying and lull_s <= _LONGEST_LULL_S else 0.0

    def _begin(self, began_s: float, episode: str) -> None:
        self.crying, self.deaf = True, False
        self.episode, self._began_s, self._last_sound_s = episode, began_s, max(began_s, self._last_sound_s)
