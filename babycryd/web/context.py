"""What the server is given of the rest of the house."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babycryd.core.bus import Bus
from babycryd.core.check_result import Finding
from babycryd.core.commands import Obey
from babycryd.core.liveness import Proof
from babycryd.core.records import Clips, Nights


@dataclass(frozen=True, slots=True)
class Nursery:
    """One nursery, as far as somebody who looks at it needs to know it."""

    device: str
    room: str
    bus: Bus
    obey: Obey
    proof: Callable[[], Proof]
    now_s: Callable[[], float]  # stream time
    tracks: Callable[[], tuple[str, ...]]
    findings: Callable[[], Sequence[Finding]]  # of broker, cloud and disk
    lost: Callable[[], dict[str, int]]  # what had to be dropped, by what it was
    nights: Nights | None = None
    clips: Clips | None = None
