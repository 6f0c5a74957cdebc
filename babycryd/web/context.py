"""The parts of the daemon that the server reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babycryd.core.bus import Bus
from babycryd.core.check_result import CheckResult
from babycryd.core.commands import Dispatch
from babycryd.core.liveness import Liveness
from babycryd.core.records import Clips, Nights


@dataclass(frozen=True, slots=True)
class WebContext:
    """One nursery, as the server shows it."""

    device: str
    room: str
    bus: Bus
    dispatch: Dispatch
    liveness: Callable[[], Liveness]
    now_s: Callable[[], float]  # stream time
    tracks: Callable[[], tuple[str, ...]]
    results: Callable[[], Sequence[CheckResult]]  # of broker, cloud and disk
    lost: Callable[[], dict[str, int]]  # counts of what was dropped, by its name
    nights: Nights | None = None
    clips: Clips | None = None
