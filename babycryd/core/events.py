"""The events of the bus, one frozen dataclass each. Events carry facts and have no behaviour.

`at_s` is stream time: seconds since the daemon (or the replayed file) began to listen, counted
in samples. `utc_s` is wall-clock time, seconds since 1970-01-01 UTC; a replayed file begins at 0.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

EndReason = Literal["calm", "deaf", "snoozed", "stopped"]
StopReason = Literal["calm", "longest", "asked", "stopped"]
StateName = Literal["listening", "crying", "soothing", "snoozed", "deaf"]
STATES: Final[tuple[StateName, ...]] = get_args(StateName)
Route = Literal["local", "cloud"]
SelfTestVerdict = Literal["heard", "not_proven", "failed"]


@dataclass(frozen=True, slots=True)
class Hearing:
    """The microphone delivers sound (again)."""

    at_s: float
    microphone: str


@dataclass(frozen=True, slots=True)
class Deaf:
    """No cry could be heard now, for this reason."""

    at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class MicrophoneTroubled:
    """The microphone delivers sound that can hardly be judged, and why; None: that is over."""

    at_s: float
    trouble: str | None


@dataclass(frozen=True, slots=True)
class SelfTested:
    """Result of a self-test: whether the microphone heard the speaker, or else what its signal shows."""

    at_s: float
    utc_s: float
    verdict: SelfTestVerdict  # not_proven: a room is heard, but not the speaker; failed: not even a room
    text: str  # the same for the owner
    level_dbfs: float | None  # of what was heard; None: nothing
    played_dbfs: float | None = None  # peak; None: nothing was heard of what was played, if anything was
    echo_db: float | None = None  # how loud it came back, against what was played; below 0
    delay_s: float | None = None  # from the wish to play until it was heard


@dataclass(frozen=True, slots=True)
class LevelMeasured:
    """How loud the room is; about one a second."""

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
    """The classifier's word on the 0.96 s that end at `at_s`."""

    at_s: float
    score: float  # 0..1


@dataclass(frozen=True, slots=True)
class CryStarted:
    """An episode of crying begins."""

    at_s: float
    utc_s: float
    episode: str  # stable id, sorts by time
    confidence: float  # 0..1, mean score of the windows that voted for it
    embedding: tuple[float, ...] = ()  # what it sounded like to the classifier, for feedback; never leaves the device


@dataclass(frozen=True, slots=True)
class CryUpdated:
    """A running episode, now and then, while it runs."""

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
class LullabyStarted:
    """A lullaby begins to play."""

    at_s: float
    track: str
    chosen: bool = False  # the home asked for this very track


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
class StateChanged:
    """The daemon's state, the one word that owners see, is a new one."""

    at_s: float
    state: StateName
    since_utc_s: float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ControlsChanged:
    """All values that commands have set; once a minute during a snooze."""

    at_s: float
    volume_percent: float
    threshold: float
    snoozed_until_utc_s: float | None  # None: no snooze
    snooze_left_min: float


@dataclass(frozen=True, slots=True)
class CloudMonth:
    """Usage of the cloud in this calendar month, UTC."""

    name: str  # 2026-11
    segments: int
    answered: int
    mb: float
    cost_usd: float  # an estimate


@dataclass(frozen=True, slots=True)
class HealthMeasured:
    """Health of the daemon, about once a minute. None: not known on this machine, or not there."""

    at_s: float
    utc_s: float
    uptime_s: float
    cpu_percent: float  # of one core, since the last measurement
    rss_mb: float
    lag_s: float  # the longest time from the arrival of sound to its decision since the last measurement
    dropped_blocks: int
    route: Route
    offloaded_segments: int
    last_window_utc_s: float | None  # end of the last sound that was really judged
    microphone: str | None  # None while deaf
    speaker: str | None  # None while the last lullaby failed
    temperature_c: float | None
    microphone_trouble: str | None = None  # why what it delivers can hardly be judged, such as clipping
    listening: bool = False  # a cry would be heard now: see `babycryd.core.liveness`
    self_test: SelfTested | None = None  # the last one
    cloud: str | None = None  # why the cloud is not asked or did not answer, where it is wanted
    cloud_month: CloudMonth | None = None  # None: the cloud is not wanted
    disk: str | None = None  # why history or clips are not kept, where they are wanted


@dataclass(frozen=True, slots=True)
class EpisodesMarked:
    """New marks of the owner about episodes; at the start all of them."""

    at_s: float
    marks: tuple[tuple[str, bool], ...]  # id, whether it was the baby


@dataclass(frozen=True, slots=True)
class EpisodeInterrupted:
    """An episode in which an earlier run was killed: what one component has kept of it, for those that have not."""

    at_s: float
    episode: str
    started_utc_s: float
    duration_s: float  # as far as it was kept
    confidence: float


@dataclass(frozen=True, slots=True)
class ReportMade:
    """The morning report of the night that is over."""

    at_s: float
    date: str  # of its morning, 2026-11-24
    start_utc_s: float
    end_utc_s: float
    language: str
    text: str  # one sentence
    cries: int
    crying_s: float
    calmed_in_s: float | None  # by the lullaby, on average; None: it calmed no crying
    longest_quiet_s: float
    not_listening_s: float
    png: bytes = b""  # a picture of it


DetectEvent = LevelMeasured | SegmentEnded | WindowScored | CryStarted | CryUpdated | CryEnded
SootheEvent = LullabyStarted | LullabyStopped | LullabyFailed
CaptureEvent = Hearing | Deaf | MicrophoneTroubled | SelfTested
Event = (
    DetectEvent
    | SootheEvent
    | CaptureEvent
    | StateChanged
    | ControlsChanged
    | HealthMeasured
    | EpisodesMarked
    | EpisodeInterrupted
    | ReportMade
)
