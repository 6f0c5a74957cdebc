"""Activity gate: opens for sound above the room's own noise, so that quiet costs almost no CPU.

Energies of six bands between 300 and 7500 Hz (rumble below never counts) are compared with a
noise floor that each band learns for itself: down fast, up slowly. So a fan is learnt in half a minute, and a baby who
cries for ten minutes is not. Speech VADs miss cries.
Measured figures: docs/decisions/0002-activity-gate.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.core.setting import setting

_FRAME: Final = 480  # samples: 30 ms, eight to a hop
_EDGES_HZ: Final = (300, 600, 1100, 1900, 3100, 4800, 7500)
_SILENCE: Final = 1e-12  # power below any converter's noise; keeps the logarithm finite
_START_BELOW_DB: Final = 12.0  # a stream that begins with a cry must not learn it as its floor
_TOLERANCE_S: Final = HOP_S / 2  # lengths are multiples of a hop, but for rounding
_FALL: Final = 0.5  # share of the way down in one hop


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Settings of the gate: when a sound is worth the classifier's time, and how long a segment lasts."""

    margin_db: float = setting(
        6.0, "A band this far above its noise floor opens the gate.", unit="dB", low=1.0, high=30.0, live=True
    )
    floor_rise_db_per_s: float = setting(
        0.5, "How fast the noise floor follows a room that became louder.", unit="dB/s", low=0.05, high=5.0, live=True
    )
    hangover_s: float = setting(
        0.96, "The gate stays open this long after the last activity.", unit="s", low=0.0, high=10.0, live=True
    )
    minimum_s: float = setting(0.48, "A segment is at least this long.", unit="s", low=0.24, high=10.0, live=True)
    maximum_s: float = setting(
        60.0, "A longer segment is cut here; the next one begins at once.", unit="s", low=5.0, high=600.0, live=True
    )

    def check(self) -> Iterator[tuple[str, str]]:
        if self.minimum_s > self.maximum_s:
            yield "minimum_s", f"must not be above maximum_s ({self.maximum_s:g} s)"


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness of one hop, and whether it stands out."""

    active: bool
    level_dbfs: float  # RMS over all frequencies but 0 Hz; a full-scale square wave is 0
    noise_floor_dbfs: float  # the same, of the quiet room


class ActivityGate:
    """Activity gate: compares a hop's bands with their noise floors, its only state; one `process` a hop."""

    def __init__(self, settings: GateSettings) -> None:
        self.settings = settings
        self._floor_db: NDArray[np.float64] | None = None  # (bands + 1,), the last one broadband
        self._taper = np.hanning(_FRAME).astype(np.float32)
        # rfft bins as (real, imaginary) pairs; the last edge opens the part above, which is dropped
        self._edges = np.array([2 * round(hz * _FRAME / SAMPLE_RATE_HZ) for hz in _EDGES_HZ])

    def process(self, hop: NDArray[np.float32]) -> Loudness:
        """Return whether samples (HOP,) in [-1, 1] stand out, and how loud they are."""
        levels_db = self._levels_db(hop)
        if self._floor_db is None:
            self._floor_db = levels_db - _START_BELOW_DB
        above_db = levels_db - self._floor_db
        active = bool(np.maximum.reduce(above_db[:-1]) >= self.settings.margin_db)
        # Falls by a share of the difference, rises no faster than the settings say.
        self._floor_db += np.minimum(np.maximum(above_db, _FALL * above_db), self.settings.floor_rise_db_per_s * HOP_S)
        return Loudness(active, float(levels_db[-1]), float(self._floor_db[-1]))

    def _levels_db(self, hop: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the levels of a hop (HOP,), (bands + 1,) in dB; the last one is the whole signal in dBFS."""
        # Every other frame is enough: no cry fits between them, and the cost is halved. `reduce` of a function spares
        # the arrays' own methods, which check their arguments in Python first.
        spectrum = np.fft.rfft(hop.reshape(-1, 2 * _FRAME)[:, :_FRAME] * self._taper).view(np.float32)
        np.square(spectrum, out=spectrum)
        power = np.add.reduceat(np.add.reduce(spectrum, axis=0), self._edges)
        centred = hop - np.add.reduce(hop) / HOP  # a microphone's constant offset is no sound
        power[-1] = np.dot(centred, centred) / HOP  # instead of the part above the last edge
        return 10.0 * np.log10(power + _SILENCE, dtype=np.float64)


class Segmenter:
    """Segmenter: joins active hops into segments, with hangover, minimum and maximum length."""

    def __init__(self, settings: GateSettings) -> None:
        self.settings = settings
        self.started_s: float | None = None  # None: closed
        self._last_active_s = 0.0

    @property
    def open(self) -> bool:
        return self.started_s is not None

    def update(self, *, active: bool, at_s: float) -> tuple[float, float] | None:
        """Take one hop that ends at `at_s`; return (start_s, end_s) of a segment that ends with it, else None.

        A segment that ends by its hangover does not include this hop: `open` is False.
        """
        if active:
            self._last_active_s = at_s
            if self.started_s is None:
                self.started_s = at_s - HOP_S
        if self.started_s is None:
            return None
        if self._is_over(at_s):
            return self.close(at_s)
        if at_s - self.started_s >= self.settings.maximum_s - _TOLERANCE_S:
            cut = (self.started_s, at_s)
            self.started_s = at_s
            return cut
        return None

    def close(self, at_s: float) -> tuple[float, float] | None:
        """End the segment, if one is open, at `at_s`; return its (start_s, end_s)."""
        if self.started_s is None:
            return None
        ended = (self.started_s, at_s)
        self.started_s = None
        return ended

    def _is_over(self, at_s: float) -> bool:
        assert self.started_s is not None
        quiet_s = at_s - self._last_active_s
        lasts_s = at_s - self.started_s
        return quiet_s > self.settings.hangover_s + _TOLERANCE_S and lasts_s > self.settings.minimum_s + _TOLERANCE_S
