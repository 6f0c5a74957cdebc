"""Settings of capture, as they stand under `capture:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from babycryd.capture.source import SOURCES
from babycryd.capture.stream_url import url_fault
from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Settings of capture: the source of sound, and when a silent microphone is opened again."""

    source: str = setting(
        "auto",
        "Where sound comes from; auto is the recording if `file` is set, the network if `url` is, else the microphone.",
        choices=("auto", *SOURCES),
    )
    device: str = setting(
        "",
        "Microphone, as `babycryd devices` lists it: its name, part of it, or its address; empty is the default.",
        names="thing",
        example="usb:0d8c:0014",
    )
    url: str = setting(
        "",
        "Network microphone: rtsp(s):// or http(s):// of a camera or stream, udp:// or tcp:// of raw samples "
        "(docs/network-microphones.md). A secret in it is written {password}.",
        example="rtsp://192.168.1.40:554/stream1",
    )
    username: str = setting("", "Name to log in at `url` with.", names="thing", example="babycryd")
    password_file: str = setting(
        "",
        "File with the password of `url` alone on its first line; empty takes systemd's credential `capture_password`, "
        "if there is one.",
        names="path",
        example="/etc/babycryd/camera-password",
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
        "Rate to open the microphone with, or of the samples of tcp://; 0 is 16 kHz where the device accepts it, else "
        "the device's own.",
        unit="Hz",
        low=0,
        high=192_000,
    )
    pre_roll_s: float = setting(10.0, "How much past audio is kept in memory.", unit="s", low=1, high=120)
    stall_s: float = setting(
        2.0,
        "A microphone that delivers nothing for this long is reported and reopened; one of the network after at least "
        "4.5 s.",
        unit="s",
        low=0.5,
        high=60,
    )
    zeros_s: float = setting(
        4.0,
        "A microphone that delivers only digital silence for this long is reported and reopened, one of the network "
        "after at least 60 s; 0 switches this off.",
        unit="s",
        low=0,
        high=3600,
    )
    reopen_first_s: float = setting(0.5, "First pause before reopening a lost microphone.", unit="s", low=0.1, high=60)
    reopen_longest_s: float = setting(
        3.0, "Longest pause between two attempts to reopen a lost microphone.", unit="s", low=0.1, high=300
    )

    @property
    def chosen_source(self) -> str:
        """Key of `SOURCES`, with `auto` decided."""
        if self.source != "auto":
            return self.source
        return "recording" if self.file else "network" if self.url else "microphone"

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if self.source == "recording" and not self.file:
            yield "file", "is needed with source: recording; name the recording to play"
        if self.source == "network" and not self.url:
            yield "url", "is needed with source: network; write one such as rtsp://192.168.1.40:554/stream1"
        if self.url and (fault := url_fault(self.url)):
            yield "url", fault
        if self.reopen_first_s > self.reopen_longest_s:
            yield "reopen_first_s", f"must not be above reopen_longest_s ({self.reopen_longest_s:g} s)"
