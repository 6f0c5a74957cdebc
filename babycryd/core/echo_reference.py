"""PURE. Protocol of the echo reference: what the own speaker plays, as samples by stream time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # a process that only looks for devices needs no numpy
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What the speaker was given in a stretch of time."""

    samples: "NDArray[np.float32]"  # (n,), 16 kHz, with volume and fades; 0 before and after the sound
    start: int  # stream time at which this sound began to play, in samples: another one is another sound


class EchoReference(Protocol):
    """Reference of an echo canceller: computed from what plays, never recorded. May be read from any thread."""

    def played(self, first: int, n: int) -> Played | None:
        """Return `n` samples from sample `first` of stream time on; both may lie in the future.

        None where nothing plays in that time, or where what plays cannot be read (yet).
        """

    def playing_since(self, first: int, n: int) -> int | None:
        """Return the start of what `played` would return, None as it does; computes no samples."""


@runtime_checkable
class SimulatedRoom(Protocol):
    """Source that computes what its microphone hears of the own speaker, as the demo's does."""

    def hear(self, reference: EchoReference) -> None:
        """Take the reference of what the speaker plays; called once, before the source is opened."""
