"""PURE. The events of soothing: what plays, which step soothing is at, and how each sound it tried has ended.

`at_s` is stream time, as in `babycryd.core.events`. A *bout* is the crying that soothing sees as one: it begins with a
cry and ends after two quiet minutes, so it may span several episodes.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

StopReason = Literal["calm", "longest", "asked", "stopped", "next", "given_up"]
Phase = Literal["idle", "settling", "playing", "watching", "given_up"]
Outcome = Literal["calm", "same", "worse", "parent", "unknown"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class LullabyStarted:
    """A lullaby begins to play."""

    at_s: float
    track: str
    chosen: bool = False  # a command named this track


@dataclass(frozen=True, slots=True)
class LullabyStopped:
    """A lullaby has ended."""

    at_s: float
    track: str
    reason: StopReason


@dataclass(frozen=True, slots=True)
class LullabyFailed:
    """The lullaby could not be played; listening goes on."""

    at_s: float
    track: str
    error: str


@dataclass(frozen=True, slots=True)
class SoothingStep:
    """Soothing has gone on to another step or phase.

    `idle`: no bout; `settling`: the baby cries, and no sound plays yet; `playing`: `sound` plays as step `step`;
    `watching`: the baby is quiet and the sound has ended, but the two quiet minutes are not over; `given_up`: no
    further sound plays in this bout.
    """

    at_s: float
    strategy: str
    phase: Phase
    episode: str | None  # the last one that began in this bout; None while idle
    step: int  # sounds begun in this bout
    sound: str | None  # track that plays as a step; None: none does
    level_percent: float  # of the volume that the owner has set, 0..100; a first step may be softer


@dataclass(frozen=True, slots=True)
class SoundJudged:
    """Outcome of a sound that soothing tried.

    `calm`: the crying ended within five minutes, and two quiet minutes followed; `same`: the baby cried on; `worse`:
    the baby cried on, and louder at the end of the step than at its beginning. The others say nothing about the sound:
    `parent`: a parent stepped in; `unknown`: it could not be heard or judged to the end.
    """

    at_s: float
    episode: str  # in which the sound began
    step: int  # its place in the bout, from 1 on
    sound: str
    outcome: Outcome
    took_s: float  # from the sound's start to the last crying where it calmed, else to the end of the step


@dataclass(frozen=True, slots=True)
class NeedsYou:
    """Soothing has given up while the baby still cries: the parents are needed."""

    at_s: float
    episode: str  # that runs now
    sounds: tuple[str, ...]  # tracks that were tried in this bout, in their order


SootheEvent = LullabyStarted | LullabyStopped | LullabyFailed | SoothingStep | SoundJudged | NeedsYou
