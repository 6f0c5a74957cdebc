"""PURE. Protocol of a soothing strategy (events in, actions out), and the registry of the strategies.

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

# Import path of the class by its name; imported only where it is used.
STRATEGIES: Final[Mapping[str, str]] = {
    "lullaby": "babycryd.soothe.lullaby_strategy:LullabyStrategy",
}


@dataclass(frozen=True, slots=True)
class Track:
    """Sound file that can be played."""

    name: str  # the file's name without its ending
    path: Path
    gain: float = 1.0  # factor of the volume, 0..1: a loud file plays softer, so that all sounds are equally loud


@dataclass(frozen=True, slots=True)
class Play:
    """Action: start now with the first of `tracks`; repeat it, or play them all in a loop."""

    at_s: float
    tracks: tuple[Track, ...]  # a player skips those it cannot read
    repeat_one: bool

    @property
    def track(self) -> str:
        return self.tracks[0].name


@dataclass(frozen=True, slots=True)
class FadeOut:
    """Action: fade the playing lullaby, for this reason."""

    at_s: float
    reason: StopReason


Action = Play | FadeOut


class SoothingStrategy(Protocol):
    """Strategy that decides when a lullaby starts and ends.

    Times are seconds on any one clock that never goes back, the same for every call.
    """

    settings: LullabySettings

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of all tracks that it may play; at least one."""

    def configure(self, settings: LullabySettings) -> None:
        """Use `settings` from the next call on."""

    def use_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Choose from these tracks, at least one, from the next lullaby on."""

    def update(self, event: Event, at_s: float, local_time: time) -> list[Action]:
        """Take `event`, known since `at_s` (replay: `event.at_s`), and decide."""

    def tick(self, at_s: float, local_time: time) -> list[Action]:
        """Decide at `at_s`, without an event."""

    def ask(self, at_s: float, track: str | None) -> list[Action]:
        """Play this track, or the next one where it is None, by command. Raises KeyError: no such track."""

    def stop(self, at_s: float) -> list[Action]:
        """Stop by command, and play none until the baby has calmed and cries anew."""


def strategy_of(settings: LullabySettings, tracks: tuple[Track, ...], name: str = "lullaby") -> SoothingStrategy:
    """Return the strategy of that name. Raises KeyError where there is none."""
    strategy: SoothingStrategy = resolve_name(STRATEGIES[name])(settings, tracks)
    return strategy
