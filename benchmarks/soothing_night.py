"""A bout of crying in simulated time: a simulated baby on one side, a real soothing strategy on the other."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Final

from babycryd.core.events import ControlsChanged, CryEnded, CryStarted, Event, LevelMeasured
from babycryd.core.soothing_events import LullabyStarted, NeedsYou
from babycryd.soothe.step_judge import QUIET_S
from babycryd.soothe.strategy import Action, FadeOut, Play, SoothingStrategy, Tell
from benchmarks.soothing_babies import SOUNDS, Bout

STEP_S: Final = 3.0  # while the baby cries
REST_STEP_S: Final = 5.0
EPISODE_QUIET_S: Final = 10.0  # `detection.episode.quiet_s`
CALLED_S: Final = 120.0  # a parent needs this long after "needs you"
LONGEST_S: Final = 900.0  # then a parent comes in any case
_NUMBER: Final = {sound: number for number, sound in enumerate(SOUNDS)}
_CRY_DBFS: Final = -20.0
_UPSET_DB: Final = 6.0
_UPSET_FROM_S: Final = 40.0  # after the beginning of the sound


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a bout ended."""

    calm_s: float  # from its start to the last crying; inf: a parent ended it
    sounds: int  # that were played
    gave_up: bool


class Night:
    """Lives through one bout; stream time begins at 0 with the first cry of all."""

    def __init__(self, strategy: SoothingStrategy, bout: Bout, start_s: float) -> None:
        self._strategy = strategy
        self._bout = bout
        self._start_s = start_s
        self._local = time(bout.hour)
        self._now_s = 0.0  # since the bout began
        self._sound: int | None = None
        self._since_s = 0.0
        self._cry_s: float | None = 0.0  # when this crying began; None: quiet
        self._quiet_from_s = 0.0
        self._told_end = True
        self._second = False
        self._parent_s = min(bout.parent_s, LONGEST_S)
        self._sounds = 0
        self._gave_up = False

    def live(self) -> Outcome:
        """Return how the bout ended."""
        self._send(CryStarted(self._at_s, self._bout.utc_s, f"e{self._start_s:.0f}", 0.9))
        while True:
            self._now_s += REST_STEP_S if self._cry_s is None else STEP_S
            if self._cry_s is not None and self._now_s >= self._parent_s:
                return self._parent_comes()
            if self._cry_s is not None:
                self._cry(self._cry_s)
            elif self._now_s - self._quiet_from_s > QUIET_S + REST_STEP_S:
                return Outcome(self._quiet_from_s, self._sounds, self._gave_up)
            else:
                self._rest()

    @property
    def _at_s(self) -> float:
        return self._start_s + self._now_s

    def _cry(self, cry_s: float) -> None:
        self._send(LevelMeasured(self._at_s, self._level_dbfs(), -60.0))
        if not self._is_calm(cry_s):
            return
        self._cry_s, self._quiet_from_s, self._told_end = None, self._now_s, False
        self._ended = (cry_s, self._now_s - cry_s)

    def _rest(self) -> None:
        quiet_s = self._now_s - self._quiet_from_s
        if quiet_s >= EPISODE_QUIET_S and not self._told_end:
            self._told_end = True
            began_s, settled_s = self._ended
            self._send(self._end(began_s, settled_s, "calm"))
        if not self._second and quiet_s >= max(self._bout.again_s, EPISODE_QUIET_S + REST_STEP_S):
            self._second, self._cry_s = True, self._now_s
            self._send(CryStarted(self._at_s, self._bout.utc_s + self._now_s, f"e{self._at_s:.0f}", 0.9))
        else:
            self._act(self._strategy.tick(self._at_s, self._local))

    def _is_calm(self, cry_s: float) -> bool:
        if self._now_s - cry_s >= self._bout.alone_s:
            return True
        works = self._bout.works_again if self._second else self._bout.works
        sound = self._sound
        return sound is not None and bool(works[sound]) and self._now_s - self._since_s >= self._bout.delay_s[sound]

    def _level_dbfs(self) -> float:
        sound = self._sound
        upset = sound is not None and self._bout.upsets[sound] and self._now_s - self._since_s > _UPSET_FROM_S
        return _CRY_DBFS + (_UPSET_DB if upset else 0.0)

    def _parent_comes(self) -> Outcome:
        began_s = self._cry_s or 0.0
        self._send(
            ControlsChanged(self._at_s, 100, 0.77, self._at_s + 600, 10),
            self._end(began_s, self._now_s - began_s, "snoozed"),
        )
        self._now_s += 2 * QUIET_S
        self._act(self._strategy.tick(self._at_s, self._local))
        return Outcome(math.inf, self._sounds, self._gave_up)

    def _end(self, began_s: float, settled_s: float, reason: str) -> CryEnded:
        started_utc_s = self._bout.utc_s + began_s
        return CryEnded(self._at_s, "e", started_utc_s, settled_s + 10, 0.9, settled_s, reason)  # type: ignore[arg-type]  # a reason

    def _send(self, *events: Event) -> None:
        for event in events:
            self._act(self._strategy.update(event, self._at_s, self._local))

    def _act(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Play(track=track):
                    self._sound, self._since_s = _NUMBER[track], self._now_s
                    self._sounds += 1
                    self._send(LullabyStarted(self._at_s, track))
                case FadeOut():
                    self._sound = None
                case Tell(event=NeedsYou()):
                    self._gave_up = True
                    self._parent_s = min(self._parent_s, self._now_s + CALLED_S)
                case Tell():
                    pass
