"""PURE. Commands of the home. Unlike an event, a command is answered (`CommandResult`) or refused (`CommandError`).

`core/command_table.py` has the table of all of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from babycryd.core.command_values import Limits


@dataclass(frozen=True, slots=True)
class Feedback:
    """The owner's mark: whether an episode was a cry of the baby. "No cry" ends it where it still runs."""

    cry: bool | None  # None takes the mark back
    episode: str | None = None  # its id; None: the last one


@dataclass(frozen=True, slots=True)
class PlayLullaby:
    """Play a lullaby now, whether or not the baby cries."""

    track: str | None = None  # None: the next one of the playlist


@dataclass(frozen=True, slots=True)
class StopLullaby:
    """Stop the lullaby, and start none for as long as this crying lasts."""


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Volume of this lullaby and of those to come."""

    percent: float  # 0..100 of `lullaby.max_volume`


@dataclass(frozen=True, slots=True)
class Snooze:
    """Pause alarm and lullaby for a while, because a person is with the baby."""

    minutes: float  # 0..720; 0 ends the snooze


@dataclass(frozen=True, slots=True)
class SetThreshold:
    """Score from which a window counts as crying, in place of `detection.threshold`."""

    threshold: float  # 0.05..0.99


@dataclass(frozen=True, slots=True)
class PlayTestTone:
    """Play the probe signal and answer whether the microphone heard it."""


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """A parent has seen the alert: repeat it no more."""


@dataclass(frozen=True, slots=True)
class ForgetSounds:
    """Forget which sounds have calmed this baby."""


SoundUse = Literal["auto", "first", "muted"]
SOUND_USES: Final[tuple[SoundUse, ...]] = get_args(SoundUse)


@dataclass(frozen=True, slots=True)
class UseSound:
    """When a sound may play by itself: in its turn (`auto`), before all others (`first`), or never (`muted`)."""

    sound: str
    use: SoundUse


Command = (
    Feedback
    | PlayLullaby
    | StopLullaby
    | SetVolume
    | Snooze
    | SetThreshold
    | PlayTestTone
    | AcknowledgeAlert
    | ForgetSounds
    | UseSound
)
CommandResult = Mapping[str, Any]  # JSON-ready
Dispatch = Callable[[Command], Awaitable[CommandResult]]  # raises CommandError


VOLUME: Final = Limits("the volume", 0, 100, 1, "percent of lullaby.max_volume", unit="%")
SNOOZE: Final = Limits("a snooze", 0, 720, 1, "minutes, 0 to end it", unit="min")
THRESHOLD: Final = Limits("the threshold", 0.05, 0.99, 0.01, "a score")
