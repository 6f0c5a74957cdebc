"""PURE. The protocol of a soothing strategy, and the registry of those that there are: events in, actions out.

A new strategy is a file with a class that is made from settings and tracks, and its line in `STRATEGIES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from pkgutil import resolve_name
from typing import Final, Protocol

from babycryd.core.events import Event, StopReason
from babycryd.soothe.settings import LullabySettings

# By name: where the class is. It is imported only where it is wanted.
STRATEGIES: Final[Mapping[str, str]] = {
    "lullaby": "babycryd.soothe.lullaby_strategy:LullabyStrategy",
}


@dataclass(frozen=True, slots=True)
class Track:
    """A sound file that can be played."""

    name: str  # the file's name without its ending
    path: Path


@dataclass(frozen=True, slots=True)
class Play:
    """Start now with the first of `tracks`; repeat it, or go through them all, round and round."""

    at_s: float
    tracks: tuple[Track, ...]  # a player skips those it cannot read
    repeat_one: bool

    @property
    def track(self) -> str:
        return self.tracks[0].name


@dataclass(frozen=True, slots=True)
class FadeOut:
    """Fade what plays now, and why."""

    at_s: float
    reason: StopReason


Action = Play | FadeOut


class SoothingStrategy(Protocol):
    """Decides when something is played and when it ends.

    Times are seconds on any one clock that never goes back, the same for every call.
    """

    settings: LullabySettings

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of all that it may play; at least one."""

    def configure(self, settings: LullabySettings) -> None:
        """Use `settings` from the next call on."""

    def update(self, event: Event, at_s: float, local_time: time) -> list[Action]:
        """Take in `event`, learnt of at `at_s` (replay: `event.at_s`), and decide."""

    def tick(self, at_s: float, local_time: time) -> list[Action]:
        """Decide at `at_s`, where nothing happened."""

    def ask(self, at_s: float, track: str | None) -> list[Action]:
        """Play this track, or the next one where it is None, because the home wants it. KeyError: no such track."""

    def stop(self, at_s: float) -> list[Action]:
        """Be quiet until the baby has calmed and cries anew, because the home wants it."""


def strategy_of(settings: LullabySettings, tracks: tuple[Track, ...], name: str = "lullaby") -> SoothingStrategy:
    """The strategy of that name. KeyError: there is none."""
    strategy: SoothingStrategy = resolve_name(STRATEGIES[name])(settings, tracks)
    return strategy
