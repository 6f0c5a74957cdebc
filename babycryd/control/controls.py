"""Controls: the values that commands set, stored across restarts; an edited threshold overrides the stored one."""

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from babycryd.core.commands import SNOOZE, THRESHOLD, VOLUME, SoundUse
from babycryd.system.files import write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)
FILE = "controls.json"


@dataclass(frozen=True, slots=True)
class Controls:
    """The values that commands set."""

    volume_percent: float = 100.0
    threshold: float | None = None  # None: as configured
    instead_of: float | None = None  # the configured threshold that `threshold` replaces
    snoozed_until_utc_s: float | None = None
    first_sound: str | None = None  # see `UseSound`
    muted_sounds: Sequence[str] = ()

    def under(self, configured_threshold: float) -> "Controls":
        """Return the controls, without their threshold if the configured one has changed since it was set."""
        if self.threshold is None or self.instead_of == configured_threshold:
            return self
        return replace(self, threshold=None, instead_of=None)

    def using(self, sound: str, use: SoundUse) -> "Controls":
        """Return the controls with another use of a sound."""
        muted = {*self.muted_sounds, sound} if use == "muted" else {*self.muted_sounds} - {sound}
        first = sound if use == "first" else None if self.first_sound == sound else self.first_sound
        return replace(self, first_sound=first, muted_sounds=tuple(sorted(muted)))

    def snooze_left_s(self, utc_s: float) -> float:
        """Return the seconds left of the snooze, 0 without one; also 0 beyond the limit, after a jump of the clock."""
        if self.snoozed_until_utc_s is None:
            return 0.0
        left_s = self.snoozed_until_utc_s - utc_s
        return left_s if 0 < left_s <= SNOOZE.high * 60 else 0.0


class ControlsFile:
    """File of the controls. Its methods block for a small file. A failing disk loses the values at a restart only."""

    def __init__(self, folder: Path) -> None:
        """`folder`: made by the first write."""
        self._path = folder / FILE

    def read(self) -> Controls:
        """Return the stored controls; return the defaults and log a warning where the file cannot be read."""
        try:
            return _checked(json.loads(read_small(self._path).decode()))
        except FileNotFoundError:
            return Controls()
        except (OSError, ValueError, TypeError, RecursionError) as error:
            log.warning("%s cannot be read (%s); volume and threshold are as configured", self._path, error)
            return Controls()

    def write(self, controls: Controls) -> None:
        """Replace the file, whole or not at all."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(asdict(controls)).encode())
        except OSError as error:
            log.warning("%s cannot be written (%s): a restart will undo this command", self._path, error.strerror)


def _checked(fields: Any) -> Controls:
    """Return the controls in `fields`, each within its limits. Raises TypeError or ValueError."""
    controls = Controls(**fields)
    named = [*controls.muted_sounds, *([controls.first_sound] if controls.first_sound is not None else [])]
    if not all(isinstance(each, str) for each in named):
        raise ValueError(f"the sounds are {named!r}")
    limits = {
        "volume_percent": (VOLUME.low, VOLUME.high),
        "threshold": (THRESHOLD.low, THRESHOLD.high),
        "instead_of": (0.0, 1.0),
        "snoozed_until_utc_s": (0.0, math.inf),
    }
    for key, (low, high) in limits.items():
        value = getattr(controls, key)
        if (value is None and key != "volume_percent") or (type(value) in (int, float) and low <= value <= high):
            continue
        raise ValueError(f"{key} is {value!r}")
    return replace(controls, muted_sounds=tuple(controls.muted_sounds))
