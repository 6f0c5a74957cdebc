"""PURE. Protocol of a soothing strategy: events in, actions out. The registry is `strategies.py`."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from babycryd.core.events import Event
from babycryd.core.soothing_events import SootheEvent, StopReason
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.sound_memory import SoundMemory
from babycryd.soothe.strategies import STRATEGIES
from babycryd.soothe.wishes import SoundWishes


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
    share: float = 1.0  # of the owner's volume, 0..1

    @property
    def track(self) -> str:
        return self.tracks[0].name


@dataclass(frozen=True, slots=True)
class FadeOut:
    """Action: fade the playing lullaby, for this reason."""

    at_s: float
    reason: StopReason
    longest_s: float = float("inf")  # the fade takes `lullaby.fade_out_s`, but at most this


@dataclass(frozen=True, slots=True)
class Tell:
    """Action: publish an event, whose `at_s` is still on the clock of the strategy."""

    at_s: float
    event: SootheEvent


Action = Play | FadeOut | Tell


class SoothingStrategy(Protocol):
    """Strategy that decides when a lullaby starts and ends.

    Times are seconds on any one clock that never goes back, the same for every call.
    """

    name: str  # in the registry
    settings: LullabySettings
    memory: SoundMemory  # of what was tried; a strategy that tries nothing leaves it empty
    wishes: SoundWishes  # of the owner; set from outside

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of all tracks that it may play; at least one."""

    @property
    def idle(self) -> bool:
        """Whether time alone changes nothing: `tick` need not be called until the next event or command."""

    def configure(self, settings: LullabySettings, soothing: SoothingSettings | None = None) -> None:
        """Use the settings from the next call on; None keeps those of `soothing`."""

    def use_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Choose from these tracks, at least one, from the next lullaby on."""

    def update(self, event: Event, at_s: float, local_time: time) -> list[Action]:
        """Take `event`, known since `at_s` (replay: `event.at_s`), and decide.

        The answer to `Play` is `LullabyStarted` with the track that plays, or `LullabyFailed`.
        """

    def tick(self, at_s: float, local_time: time) -> list[Action]:
        """Decide at `at_s`, without an event."""

    def ask(self, at_s: float, track: str | None) -> list[Action]:
        """Play this track, or the next one where it is None, by command. Raises KeyError: no such track."""

    def stop(self, at_s: float) -> list[Action]:
        """Stop by command, and play none until the baby has calmed and cries anew."""


class MakeStrategy(Protocol):
    """A class of the registry."""

    def __call__(
        self, settings: LullabySettings, tracks: tuple[Track, ...], soothing: SoothingSettings, seed: int | None
    ) -> SoothingStrategy:
        """Make the strategy with its tracks, at least one. `seed`: of its chance; None: of the operating system."""


def strategy_of(
    settings: LullabySettings,
    tracks: tuple[Track, ...],
    soothing: SoothingSettings | None = None,
    seed: int | None = None,
) -> SoothingStrategy:
    """Return the strategy of `soothing.strategy`. Raises KeyError where there is none."""
    chosen = soothing or SoothingSettings()
    make: MakeStrategy = resolve_name(STRATEGIES[chosen.strategy])
    return make(settings, tracks, chosen, seed)
