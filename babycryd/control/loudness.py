"""Loudness control: the guided measurement at the cot, kept across restarts, and the cap that follows from it."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from babycryd.core.command_values import CommandError
from babycryd.core.rounds import until_round_s
from babycryd.core.sounds import Loudness
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.loudness import (
    TEST_S,
    TEST_TRACK,
    TEST_VOLUME,
    Calibration,
    highest_volume,
    refusal,
)
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import SHIPPED
from babycryd.system.files import identity, set_aside, write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)
FILE: Final = "loudness.json"
TEST_SOUND: Final = Track("test sound", SHIPPED / f"{TEST_TRACK}.ogg")
LOOK_S: Final = 10.0  # between two looks whether `babycryd soothing --calibrate` has measured
_STALE_S: Final = 600.0  # after the test sound: a reading given later is not believed


class LoudnessFile:
    """File of the calibration. Its methods block for a small file."""

    def __init__(self, folder: Path) -> None:
        """`folder`: made by the first write."""
        self.path = folder / FILE
        self._known: tuple[int, int] | None = None  # what tells the file that was last read or written from another

    def replaced(self) -> bool:
        """Return whether another process has written the file since it was last read or written here."""
        found = identity(self.path)
        return found is not None and found != self._known

    def read(self) -> Calibration | None:
        """Return the stored calibration; None without one. A damaged file is told and set aside."""
        self._known = identity(self.path)
        try:
            return Calibration(**json.loads(read_small(self.path).decode()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, RecursionError) as error:
            log.warning("%s cannot be read (%s): the loudness at the cot must be measured again", self.path, error)
            self._set_aside()
            return None

    def write(self, calibration: Calibration) -> None:
        """Replace the file, whole or not at all. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, json.dumps(asdict(calibration)).encode())
        self._known = identity(self.path)

    def _set_aside(self) -> None:
        try:
            set_aside(self.path, time.time())
        except OSError as error:
            log.debug("%s stays where it is: %s", self.path, error)


class LoudnessControl:
    """`LoudnessMeter` over the soothing controller; `run` plays the test sound when it is asked for."""

    def __init__(self, settings: LullabySettings, soothing: SoothingController, file: LoudnessFile) -> None:
        """Read the stored calibration, and cap the volume by it."""
        self._soothing = soothing
        self._file = file
        self.on_change: Callable[[], None] = lambda: None  # called after each measurement
        self._stored = file.read()
        self._asked = asyncio.Event()
        self._played_s: float | None = None  # when the test sound began, by the monotonic clock
        self.configure(settings)

    def configure(self, settings: LullabySettings) -> None:
        """Use the live settings."""
        self._settings = settings
        self._soothing.limit = highest_volume(self._calibration, settings.max_dba)

    def loudness(self) -> Loudness:
        """See `LoudnessMeter`."""
        known = loudness_of(self._calibration, self._settings, self._soothing.volume)
        return replace(known, other_speaker=self._calibration is None and self._stored is not None)

    async def play(self) -> None:
        """See `LoudnessMeter`."""
        if self._soothing.is_playing:
            raise CommandError("a lullaby plays; stop it first")
        self._played_s = time.monotonic()
        self._asked.set()

    async def measured(self, dba: float) -> None:
        """See `LoudnessMeter`."""
        if self._played_s is None or time.monotonic() - self._played_s > _STALE_S:
            raise CommandError("play the test sound first, and read the meter while it plays")
        if why := refusal(dba):
            raise CommandError(why)
        self._soothing.single_sound.end()
        calibration = Calibration(self._speaker, dba, time.time())
        try:
            await asyncio.to_thread(self._file.write, calibration)
        except OSError as error:
            raise CommandError(f"the measurement cannot be stored ({error.strerror or error})") from error
        self._use(calibration)

    async def run(self) -> None:
        """Play the test sound whenever it is asked for, and use what another process has measured, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(until_round_s(LOOK_S)):
                    await self._asked.wait()
            if self._asked.is_set():
                self._asked.clear()
                await self._play()
            elif await asyncio.to_thread(self._file.replaced):
                measured = await asyncio.to_thread(self._file.read)
                if measured is not None:  # else the cap stays as it is: a damaged file must not make it louder
                    self._use(measured)

    async def _play(self) -> None:
        try:
            await self._soothing.play_once(TEST_SOUND, TEST_S, volume=TEST_VOLUME)
        except CommandError as error:
            self._played_s = None
            log.warning("the test sound for the loudness cannot be played: %s", error)

    def _use(self, calibration: Calibration) -> None:
        self._stored = calibration
        self.configure(self._settings)
        log.info("the test sound has %.0f dB(A) at the cot; %s", calibration.reading_dba, self.loudness().text)
        self.on_change()

    @property
    def _speaker(self) -> str:
        return self._settings.device or ""

    @property
    def _calibration(self) -> Calibration | None:
        """The calibration of the present speaker."""
        return self._stored if self._stored is not None and self._stored.speaker == self._speaker else None


def loudness_of(calibration: Calibration | None, settings: LullabySettings, volume: float) -> Loudness:
    """Return the loudness that follows from a measurement. `volume`: the present one of the mixer, 0..1."""
    limit = highest_volume(calibration, settings.max_dba)
    full = min(settings.max_volume, limit)
    return Loudness(
        dba=_rounded(calibration.dba_at(volume) if calibration else None),
        full_dba=_rounded(calibration.dba_at(full) if calibration else None),
        cap_dba=settings.max_dba,
        full_percent=round(100 * full, 1),
        uncapped_dba=_rounded(calibration.dba_at(settings.max_volume) if calibration else None),
    )


def _rounded(dba: float | None) -> float | None:
    return None if dba is None else round(dba, 1)
