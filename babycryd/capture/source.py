"""The protocol of a capture source, and the registry of those that there are.

A new source is a file with a class that is made from the `capture` settings, and its line in `SOURCES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from babycryd.audio.block import Mono

# By the value of `capture.source`: where the class is. It is imported only where it is wanted.
SOURCES: Final[Mapping[str, str]] = {
    "microphone": "babycryd.capture.microphone:Microphone",
    "recording": "babycryd.capture.recording:RecordingSource",
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

    samples: Mono
    lost: int = 0  # samples that were dropped just before these


@dataclass(frozen=True, slots=True)
class SourceTraits:
    """What kind of source it is, and so what its silence means."""

    live: bool  # delivers sound as it happens: a stall, hum or a wrong rate is a fault of the source
    can_be_muted: bool  # digital silence means that something is wrong
    hears_speaker: bool  # what the own speaker plays comes back: the self-test can look for it


class Source(Protocol):
    """A microphone, or something that behaves like one. It can be opened again after `close`."""

    @property
    def name(self) -> str:
        """The name as the owner knows it."""

    @property
    def traits(self) -> SourceTraits:
        """The same for as long as the source lives."""

    @property
    def dropped_blocks(self) -> int:
        """Blocks lost since the start because they were not read in time."""

    @property
    def overflows(self) -> int:
        """How often the sound system reported that it lost samples, since the start."""

    @property
    def close_hung(self) -> bool:
        """Whether a call into the sound system hangs, so that the process can only end by `os._exit`."""

    async def open(self) -> None:
        """Begin to listen. Raises CaptureError; after that, or a cancellation, `close` must still be called."""

    async def read(self, timeout_s: float) -> list[Chunk]:
        """Chunks that came since the last call, after a wait of up to `timeout_s` for the first; may be empty.

        Raises CaptureError when the source is lost, RecordingEnded at the end of a recording.
        """

    async def close(self, limit_s: float) -> None:
        """Let the device or file go within `limit_s`, in any state. Never raises."""
