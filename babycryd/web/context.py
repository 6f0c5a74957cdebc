"""Web context: the parts of the daemon that the server uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babycryd.core.bus import Bus
from babycryd.core.check_result import CheckResult
from babycryd.core.commands import Dispatch
from babycryd.core.home_rooms import Overview
from babycryd.core.live_sound import LiveSound
from babycryd.core.liveness import Liveness
from babycryd.core.page_settings import PageSettings
from babycryd.core.push import PushSubscriptions
from babycryd.core.records import Clips, Nights
from babycryd.core.sounds import LoudnessMeter, Voices


@dataclass(frozen=True, slots=True)
class WebContext:
    """The parts and the names of one daemon, for its server."""

    device: str
    room: str
    bus: Bus
    dispatch: Dispatch
    liveness: Callable[[], Liveness]
    now_s: Callable[[], float]  # stream time
    tracks: Callable[[], tuple[str, ...]]
    results: Callable[[], Sequence[CheckResult]]  # of broker, cloud and disk
    lost: Callable[[], dict[str, int]]  # counts of dropped items, by queue
    outbox: Callable[[], tuple[int, int] | None] = lambda: None  # messages that wait, and that were dropped
    nights: Nights | None = None
    clips: Clips | None = None
    push: PushSubscriptions | None = None  # None: no Web Push
    acknowledge_with: Callable[[str], bool] = lambda _: False  # takes the token of a message
    meter: LoudnessMeter | None = None
    voices: Voices | None = None
    live_sound: LiveSound | None = None
    settings: PageSettings | None = None  # None: the page changes none
    overview: Callable[[], Overview | None] = lambda: None  # of the home's rooms; it may be built late
