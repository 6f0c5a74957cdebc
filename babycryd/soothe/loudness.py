"""PURE. Loudness at the cot: from the volume of the mixer to dB(A), by one measurement of the owner.

The shipped sounds have one A-weighted level (scripts/lullaby_sounds/level.py) and a mixer is linear, so one figure is
enough: what a meter at the cot showed while the test sound played at TEST_VOLUME. A low sound, such as the heartbeat,
is softer than that; no shipped sound is louder.
"""

import math
from dataclasses import dataclass
from typing import Final

LEVEL_DBFS: Final = -21.5  # A-weighted, of the shipped sounds
TEST_VOLUME: Final = 0.25  # of the mixer, 0..1: audible with a small speaker, bearable with a large one
TEST_TRACK: Final = "pink-noise"  # steady, and of every frequency
TEST_S: Final = 60.0  # time to walk to the cot and to read the meter
LOWEST_READING_DBA: Final = 35.0  # below, a meter shows the room and not the sound
HIGHEST_READING_DBA: Final = 100.0
HARD_LIMIT_DBA: Final = 60.0  # no setting allows more; see docs/decisions/0019-loudness-at-the-cot.md


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a meter at the cot showed while the test sound played at TEST_VOLUME."""

    speaker: str  # its name in the configuration
    reading_dba: float  # LOWEST_READING_DBA..HIGHEST_READING_DBA
    utc_s: float

    def __post_init__(self) -> None:
        """Raise ValueError for a reading that no meter at a cot shows."""
        if not LOWEST_READING_DBA <= self.reading_dba <= HIGHEST_READING_DBA:
            raise ValueError(f"a reading of {self.reading_dba} dB(A)")

    def dba_at(self, volume: float) -> float | None:
        """Return the loudness at the cot in dB(A) at a volume of the mixer, 0..1; None: silent."""
        return self.reading_dba + 20 * math.log10(volume / TEST_VOLUME) if volume > 0 else None

    def volume_at(self, dba: float) -> float:
        """Return the volume of the mixer, 0..1, that gives this loudness at the cot, or the highest one."""
        return min(1.0, TEST_VOLUME * 10 ** ((dba - self.reading_dba) / 20))


def highest_volume(calibration: Calibration | None, cap_dba: float) -> float:
    """Return the highest volume of the mixer, 0..1, that keeps to a cap in dB(A); 1 where nothing was measured."""
    return 1.0 if calibration is None else calibration.volume_at(min(cap_dba, HARD_LIMIT_DBA))


def refusal(reading_dba: float) -> str | None:
    """Return why a reading is refused, with the remedy; None for one that a meter at a cot may show."""
    if LOWEST_READING_DBA <= reading_dba <= HIGHEST_READING_DBA:
        return None
    allowed = f"the meter must show a figure from {LOWEST_READING_DBA:g} to {HIGHEST_READING_DBA:g} dB(A)"
    if reading_dba < LOWEST_READING_DBA:
        return f"{allowed}: below, it shows the room; turn the speaker up and play again"
    return allowed
