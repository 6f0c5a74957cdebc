"""PURE. Settings of the lullaby, as they stand under `lullaby:` in the YAML."""

from dataclasses import dataclass
from datetime import time
from typing import Literal

from babycryd.core.setting import setting
from babycryd.soothe.loudness import HARD_LIMIT_DBA
from babycryd.soothe.quiet_hours import parse_quiet_hours


@dataclass(frozen=True, slots=True)
class LullabySettings:
    """Settings of the lullaby: which one is played, how loud and how long."""

    enabled: bool = setting(True, "Whether a cry starts a lullaby; what the home asks for is played anyway.", live=True)
    folder: str | None = setting(
        None, "Folder with your own sound files; empty for the shipped sounds.", names="path", example="/srv/lullabies"
    )
    playlist: Literal["rotate", "first", "through"] = setting(
        "rotate",
        "Each lullaby repeats the next sound (rotate) or always the first (first), or plays all in turn (through).",
        live=True,
    )
    device: str | None = setting(
        None,
        "Speaker, by its name in `babycryd devices`; empty for the system's default.",
        names="thing",
        example="USB Audio Device",
    )
    max_volume: float = setting(
        0.4,
        "Volume, never exceeded; a small speaker within the cot's reach needs little.",
        unit="fraction",
        low=0.0,
        high=0.8,
        live=True,
    )
    max_dba: float = setting(
        50.0,
        "Loudness at the cot, never exceeded once it was measured, on the page or by `babycryd soothing --calibrate`.",
        unit="dB(A)",
        low=30.0,
        high=HARD_LIMIT_DBA,
        live=True,
    )
    fade_in_s: float = setting(3.0, "The lullaby fades in over this time.", unit="s", low=0.0, high=60.0, live=True)
    fade_out_s: float = setting(8.0, "The lullaby fades out over this time.", unit="s", low=0.0, high=120.0, live=True)
    calm_s: float = setting(
        60.0, "A lullaby ends this long after the last crying.", unit="s", low=1.0, high=3600.0, live=True
    )
    longest_s: float = setting(
        1200.0,
        "A lullaby ends after this long even if the baby still cries.",
        unit="s",
        low=5.0,
        high=14_400.0,
        live=True,
    )
    cooldown_s: float = setting(
        10.0, "No new lullaby for this long after one has ended.", unit="s", low=0.0, high=3600.0, live=True
    )
    quiet_hours: str = setting(
        "", "Local time in which no lullaby starts, HH:MM-HH:MM; empty for none.", live=True, example="08:00-19:30"
    )

    def __post_init__(self) -> None:
        """Raise ValueError where `quiet_hours` cannot be read."""
        parse_quiet_hours(self.quiet_hours)

    def silent_at(self, local_time: time) -> str | None:
        """Return why no sound may play at this local time, or None."""
        if not self.enabled:
            return "lullaby.enabled is false"
        quiet = parse_quiet_hours(self.quiet_hours)
        return None if quiet is None or not quiet.contains(local_time) else "these are lullaby.quiet_hours"
