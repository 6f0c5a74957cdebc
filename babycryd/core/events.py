"""The events of the bus, one frozen dataclass each. Events carry facts and have no behaviour.

`at_s` is stream time: seconds since the daemon (or the replayed file) began to listen, counted
in samples. `utc_s` is wall-clock time, seconds since 1970-01-01 UTC; a replayed file begins at 0. The events of
soothing stand in `babycryd.core.soothing_events`.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from babycryd.core.alert import AlertChanged
from babycryd.core.health_parts import CloudMonth, ModelHealth, StreamHealth
from babycryd.core.live_sound import ListenersChanged
from babycryd.core.report_events import ReportEvent
from babycryd.core.soothing_events import SootheEvent
from babycryd.core.sounds import Loudness
from babycryd.core.stirring_events import StirringEvent

EndReason = Literal["calm", "deaf", "snoozed", "stopped", "dismissed"]  # `dismissed`: the owner said it is no cry
StateName = Literal["listening", "stirring", "crying", "soothing", "snoozed", "deaf"]
STATES: Final[tuple[StateName, ...]] = get_args(StateName)
Route = Literal["local", "cloud"]
SelfTestVerdict = Literal["heard", "not_proven", "failed"]


@dataclass(frozen=True, slots=True)
class Hearing:
    """The microphone delivers sound, at the start or again."""

    at_s: float
    microphone: str


@dataclass(frozen=True, slots=True)
class Deaf:
    """No cry can be heard from now on, for this reason."""

    at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class MicrophoneTroubled:
    """The microphone delivers sound that can hardly be judged; `trouble` says why, None: no longer."""

    at_s: float
    trouble: str | None


@dataclass(frozen=True, slots=True)
class SelfTested:
    """Result of a self-test: whether the microphone heard the speaker, and if not, what its signal shows."""

    at_s: float
    utc_s: float
    verdict: SelfTestVerdict  # not_proven: a room is heard, but not the speaker; failed: not even a room
    text: str  # the verdict in words, for the owner
    level_dbfs: float | None  # of the recorded sound; None: there was none
    played_dbfs: float | None = None  # peak of the probe signal; None: it was not found
    echo_db: float | None = None  # recorded level relative to the played one; below 0
    delay_s: float | None = None  # from the call to play until the sound was recorded


@dataclass(frozen=True, slots=True)
class LevelMeasured:
    """Level of the sound in the room; about one event a second."""

    at_s: float
    level_dbfs: float
    noise_floor_dbfs: float


@dataclass(frozen=True, slots=True)
class SegmentEnded:
    """A stretch of activity, from `start_s` to `at_s`, whose windows were scored."""

    at_s: float
    start_s: float


@dataclass(frozen=True, slots=True)
class WindowScored:
    """Score of the classifier for the 0.96 s that end at `at_s`."""

    at_s: float
    score: float  # 0..1


@dataclass(frozen=True, slots=True)
class CandidateHeard:
    """Part of a sound that is nearly or surely a cry, from which the home is learnt."""

    at_s: float  # last vote of this part
    began_s: float  # first vote of the whole sound, the same for all its parts
    voted: float  # highest threshold at which the vote passes in this part, 0..1
    passes: bool  # whether that reaches the owner's threshold
    embedding: tuple[float, ...] = ()  # the classifier's at that moment; never leaves the device


@dataclass(frozen=True, slots=True)
class CryStarted:
    """An episode of crying begins."""

    at_s: float
    utc_s: float
    episode: str  # stable id, sorts by time
    confidence: float  # 0..1, mean score of the windows that voted for it
    embedding: tuple[float, ...] = ()  # the classifier's, for feedback; never leaves the device
    second_embedding: tuple[float, ...] = ()  # the second opinion's, where it heard the sound here; as private


@dataclass(frozen=True, slots=True)
class CryUpdated:
    """Progress of a running episode, published repeatedly."""

    at_s: float
    episode: str
    duration_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class CryEnded:
    """An episode of crying has ended."""

    at_s: float
    episode: str
    started_utc_s: float
    duration_s: float
    confidence: float
    settled_in_s: float  # from the start to the last positive window
    reason: EndReason


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The state of the daemon has changed."""

    at_s: float
    state: StateName
    since_utc_s: float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The wall clock was set by more than a minute; events published before are stamped by the old clock."""

    at_s: float
    step_s: float  # above 0: forward


@dataclass(frozen=True, slots=True)
class ControlsChanged:
    """All values that commands set; published at each change, and once a minute during a snooze."""

    at_s: float
    volume_percent: float
    threshold: float
    snoozed_until_utc_s: float | None  # None: no snooze
    snooze_left_min: float
    loudness: Loudness | None = None  # at the cot; None: no part measures it
    first_sound: str | None = None  # played before all others
    muted_sounds: tuple[str, ...] = ()  # never played by themselves


@dataclass(frozen=True, slots=True)
class HealthMeasured:
    """Health of the daemon, about once a minute. None: not known on this machine, or absent."""

    at_s: float
    utc_s: float
    uptime_s: float
    cpu_percent: float  # of one core, since the last measurement
    rss_mb: float
    lag_s: float  # the longest time from the arrival of sound to its decision since the last measurement
    dropped_blocks: int
    route: Route
    offloaded_segments: int
    last_window_utc_s: float | None  # end of the last sound that was judged
    microphone: str | None  # None while deaf
    speaker: str | None  # None while the last lullaby failed
    temperature_c: float | None
    microphone_trouble: str | None = None  # why its sound can hardly be judged, such as clipping
    listening: bool = False  # whether a cry would be heard now: see `babycryd.core.liveness`
    self_test: SelfTested | None = None  # the last one
    cloud: str | None = None  # why the cloud is not used or did not answer, where it is enabled
    cloud_month: CloudMonth | None = None  # None: the cloud is not enabled
    disk: str | None = None  # why history or clips cannot be written, where they are enabled
    closed: tuple[tuple[str, str], ...] = ()  # component, and why it could not be opened: it is tried again
    alerts: str | None = None  # why alerts do not reach their recipients
    broker: str | None = None  # why messages do not reach the broker or the home, where there is one
    stream: StreamHealth | None = None  # None: the microphone is not in the network
    echo: str | None = None  # why the own sound is not taken out of the microphone's, where it should be
    listeners: int = 0  # of the live sound
    model: ModelHealth | None = None  # None: the model channel is off
    update: str | None = None  # why the last update of the package failed or was undone


@dataclass(frozen=True, slots=True)
class EpisodesMarked:
    """New marks of the owner; at the start, all marks."""

    at_s: float
    marks: tuple[tuple[str, bool | None], ...]  # id, whether it was the baby; None: the mark is taken back


@dataclass(frozen=True, slots=True)
class EpisodeInterrupted:
    """An episode in which an earlier run was killed, as one component stored it, for those that did not."""

    at_s: float
    episode: str
    started_utc_s: float
    duration_s: float  # as far as it was stored
    confidence: float


CryEvent = CryStarted | CryUpdated | CryEnded
DetectEvent = LevelMeasured | SegmentEnded | WindowScored | CandidateHeard | CryEvent | StirringEvent
CaptureEvent = Hearing | Deaf | MicrophoneTroubled | SelfTested
DaemonEvent = StateChanged | ControlsChanged | HealthMeasured | ClockSet | EpisodesMarked | EpisodeInterrupted
Event = DetectEvent | SootheEvent | CaptureEvent | DaemonEvent | ReportEvent | AlertChanged | ListenersChanged
