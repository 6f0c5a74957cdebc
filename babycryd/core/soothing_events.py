"""PURE. The events of soothing: what plays, which step soothing is at, and how each sound it tried has ended.

`at_s` is stream time, as in `babycryd.core.events`. A *bout* is the crying that soothing sees as one: it begins with a
cry and ends after two quiet minutes, so it may span several episodes.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

StopReason = Literal["calm", "longest", "asked", "stopped", "next", "given_up"]
Phase = Literal["idle", "settling", "playing", "waiting", "given_up"]
Outcome = Literal["calm", "same", "worse", "parent", "unknown"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
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

    `idle`: no bout; `settling`: the baby may settle alone before the first sound; `playing`: `sound` plays as step
    `step`; `waiting`: no sound plays as a step, and the bout is not over; `given_up`: the baby needs the parents, and
    no further sound plays in this bout.
    """

    at_s: float
    since_utc_s: float
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


@dataclass(frozen=True, slots=True)
class SoundFigures:
    """What is known of one sound."""

    sound: str
    tries: int  # that were judged: `calm`, `same` or `worse`
    calmed: int  # of these
    median_s: float | None  # time to calm of these; None: there is none
    p_best: float  # 0..1, probability that it calms this baby more often than any other sound


@dataclass(frozen=True, slots=True)
class SoothingLearnt:
    """Figures of all sounds; published at the start and whenever they change."""

    at_s: float
    best: str | None  # sound with a `p_best` above 0.8; None: too early to tell
    sounds: tuple[SoundFigures, ...]  # the most likely best one first
    silences: int = 0  # times that the baby was first given some seconds to settle alone
    settled: int = 0  # of these, how often no sound was needed


SootheEvent = LullabyStarted | LullabyStopped | LullabyFailed | SoothingStep | SoundJudged | NeedsYou | SoothingLearnt
