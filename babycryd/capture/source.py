"""Where audio comes from: the settings, and what a microphone and a recording have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from babycryd.audio.block import Mono
from babycryd.core.setting import setting


class CaptureError(Exception):
    """No audio from this source now; the message names what, and the remedy."""


class RecordingError(CaptureError):
    """A recording cannot be read, or not any further. Waiting does not help."""


class RecordingEnded(Exception):  # noqa: N818  # the normal end, not an error
    """The recording has been played to its end."""


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    source: Literal["auto", "microphone", "recording"] = setting(
        "auto", "Where sound comes from; auto is the recording if `file` is set, else the microphone."
    )
    device: str = setting(
        "",
        "Microphone, as `babycryd devices` lists it: its name, part of it, or its address; empty is the default.",
        example="usb:0d8c:0014",
    )
    file: str = setting("", "Recording to play in real time as if it were the microphone.", example="night.wav")
    loop: bool = setting(False, "Play the recording again and again.")
    channel: Literal["mix"] | int = setting(
        "mix", "`mix` takes the mean of all channels; a number, counted from 1, takes that one.", low=1, high=64
    )
    rate_hz: int = setting(
        0,
        "Rate to open the microphone with; 0 is 16 kHz where the device accepts it, else the device's own.",
        unit="Hz",
        low=0,
        high=192_000,
    )
    pre_roll_s: float = setting(10.0, "How much past audio is kept in memory.", unit="s", low=1, high=120)
    stall_s: float = setting(
        2.0, "A microphone that delivers nothing for so long is reported and reopened.", unit="s", low=0.5, high=60
    )
    zeros_s: float = setting(
        4.0,
        "A microphone that delivers only digital silence for so long is reported and reopened; 0 switches this off.",
        unit="s",
        low=0,
        high=3600,
    )
    reopen_first_s: float = setting(0.5, "First pause before reopening a lost microphone.", unit="s", low=0.1, high=60)
    reopen_longest_s: float = setting(
        3.0, "Longest pause between two attempts to reopen a lost microphone.", unit="s", low=0.1, high=300
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Key and complaint for each value that cannot work."""
        if self.source == "recording" and not self.file:
            yield "file", "is needed with source: recording; name the recording to play"
        if self.reopen_first_s > self.reopen_longest_s:
            yield "reopen_first_s", f"must not be above reopen_longest_s ({self.reopen_longest_s:g} s)"


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Samples as they came, not yet stamped with a time."""

    samples: Mono
    lost: int = 0  # samples that were dropped just before these


class Source(Protocol):
    """A microphone, or something that behaves like one. It can be opened again after `close`."""

    @property
    def name(self) -> str:
        """What the owner calls it."""

    @property
    def can_be_muted(self) -> bool:
        """Digital silence from this source means that something is wrong."""

    @property
    def dropped_blocks(self) -> int:
        """Blocks lost because nobody took them in time, since the start."""

    @property
    def overflows(self) -> int:
        """How often the sound system reported that it lost samples, since the start."""

    @property
    def close_hung(self) -> bool:
        """The sound system does not come back from a call, so the process can only end by `os._exit`."""

    async def open(self) -> None:
        """Begin to listen. Raises CaptureError; after that, or a cancellation, `close` must still be called."""

    async def read(self, timeout_s: float) -> list[Chunk]:
        """All that came since the last call, waiting up to `timeout_s` for the first; maybe nothing.

        Raises CaptureError when the source is lost, RecordingEnded at the end of a recording.
        """

    async def close(self, limit_s: float) -> None:
        """Let go, whatever the state, within `limit_s`. Never raises."""
