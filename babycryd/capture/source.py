"""Protocol of a capture source, and the registry of the sources.

A new source is a file with a class that is made from the `capture` settings, and its line in `SOURCES`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:  # a process that only looks for devices needs no numpy
    from babycryd.audio.block import Mono

ReadPassword = Callable[[], str | None]  # None: there is none; raises ValueError where it cannot be read


@dataclass(frozen=True, slots=True)
class SourceKind:
    """Kind of source: where its class or function is, and what makes one."""

    path: str  # imported only where it is used
    logs_in: bool = False  # made from the settings and a `ReadPassword`, not from the settings alone


# By the value of `capture.source`.
SOURCES: Final[Mapping[str, SourceKind]] = {
    "microphone": SourceKind("babycryd.capture.microphone:Microphone"),
    "recording": SourceKind("babycryd.capture.recording:RecordingSource"),
    "network": SourceKind("babycryd.capture.network:network_source", logs_in=True),
}


class CaptureError(Exception):
    """The source delivers no audio now; the message names the source and the remedy."""


class RecordingError(CaptureError):
    """A recording cannot be read, or not any further. Waiting does not help."""


class RecordingEnded(Exception):  # noqa: N818  # the normal end, not an error
    """The recording has been played to its end."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Samples as they came from a source, without a time yet."""

    samples: "Mono"
    lost: int = 0  # samples that were dropped just before these
    taken_alone: int | None = None  # channel taken because all of them cancel in their mean, counted from 1


@dataclass(frozen=True, slots=True)
class SourceTraits:
    """Traits of a kind of source, which decide what its silence means."""

    live: bool  # delivers sound as it happens: a stall, hum or a wrong rate is a fault of the source
    can_be_muted: bool  # digital silence means that something is wrong
    hears_speaker: bool  # it hears this computer's speaker: the self-test can use it
    remote: bool = False  # its sound comes over a network: late, in bursts, and by the clock of another device
    least_stall_s: float = 0.0  # no shorter pause is a stall, also with a lower `stall_s`
    least_zeros_s: float = 0.0  # the same for digital silence and `zeros_s`

    def stall_s(self, asked_s: float) -> float:
        """Return the pause that is a stall; `asked_s`: `capture.stall_s`."""
        return max(asked_s, self.least_stall_s)

    def zeros_s(self, asked_s: float) -> float:
        """Return how long digital silence may last; infinity: for ever. `asked_s`: `capture.zeros_s`."""
        return max(asked_s, self.least_zeros_s) if self.can_be_muted and asked_s else math.inf


class Source(Protocol):
    """Microphone, or a replacement of one; can be opened again after `close`."""

    @property
    def name(self) -> str:
        """Name as the owner knows it."""

    @property
    def traits(self) -> SourceTraits:
        """Traits, the same for as long as the source exists."""

    @property
    def dropped_blocks(self) -> int:
        """Blocks lost since the start because they were not read in time."""

    @property
    def overflows(self) -> int:
        """Number of times since the start that the sound system reported lost samples."""

    @property
    def close_hung(self) -> bool:
        """Whether a call into the sound system hangs, so that the process can only end by `os._exit`."""

    async def open(self) -> None:
        """Start capturing. Raises CaptureError; after that, or a cancellation, `close` must still be called."""

    async def read(self, timeout_s: float) -> list[Chunk]:
        """Return the chunks since the last call, after a wait of up to `timeout_s` for the first; may be empty.

        Raises CaptureError when the source is lost, RecordingEnded at the end of a recording.
        """

    async def close(self, limit_s: float) -> None:
        """Release the device or file within `limit_s`, in any state. Never raises."""
