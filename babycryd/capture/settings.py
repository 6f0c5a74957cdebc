"""Settings of capture, as they stand under `capture:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from babycryd.capture.source import SOURCES
from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Settings of capture: the source of sound, and when a silent microphone is opened again."""

    source: str = setting(
        "auto",
        "Where sound comes from; auto is the recording if `file` is set, else the microphone.",
        choices=("auto", *SOURCES),
    )
    device: str = setting(
        "",
        "Microphone, as `babycryd devices` lists it: its name, part of it, or its address; empty is the default.",
        names="thing",
        example="usb:0d8c:0014",
    )
    file: str = setting(
        "", "Recording to play in real time as if it were the microphone.", names="path", example="night.wav"
    )
    loop: bool = setting(False, "Play the recording again and again.")
    channel: Literal["mix"] | int = setting(
        "mix",
        "`mix` takes the mean of all channels, or the loudest one where they cancel in it; a number, counted from 1, "
        "takes that one.",
        low=1,
        high=64,
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
        2.0, "A microphone that delivers nothing for this long is reported and reopened.", unit="s", low=0.5, high=60
    )
    zeros_s: float = setting(
        4.0,
        "A microphone that delivers only digital silence for this long is reported and reopened; 0 switches this off.",
        unit="s",
        low=0,
        high=3600,
    )
    reopen_first_s: float = setting(0.5, "First pause before reopening a lost microphone.", unit="s", low=0.1, high=60)
    reopen_longest_s: float = setting(
        3.0, "Longest pause between two attempts to reopen a lost microphone.", unit="s", low=0.1, high=300
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if self.source == "recording" and not self.file:
            yield "file", "is needed with source: recording; name the recording to play"
        if self.reopen_first_s > self.reopen_longest_s:
            yield "reopen_first_s", f"must not be above reopen_longest_s ({self.reopen_longest_s:g} s)"
