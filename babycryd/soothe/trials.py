"""Trials of the owner's lullabies: each is decoded for some seconds, unheard, in a process of its own."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from babycryd.core.counting import counted
from babycryd.core.printable import printable
from babycryd.soothe.loudness import LEVEL_DBFS
from babycryd.soothe.mixer_player import START_LIMIT_S
from babycryd.soothe.player import PlayerError, TrackError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import KINDS, own_tracks, shipped_tracks, stuck_text
from babycryd.system.isolated_call import IsolatedCallError, NoProcessError
from babycryd.system.worker_process import WorkerProcess

logger = logging.getLogger(__name__)

_TRIAL: Final = "babycryd.soothe.track_trial:functions"
MOST_TRIED: Final = 200  # tracks; any further one shows when it is to be played
_LIMIT_S: Final = 8.0  # for one track; the process itself takes 3 s for it at most


@dataclass(frozen=True, slots=True)
class Tried:
    """Result of a trial."""

    trouble: str | None = None  # why the track cannot be played
    level_dbfs: float = LEVEL_DBFS  # A-weighted

    @property
    def gain(self) -> float:
        """Factor of the volume, 0..1, that makes a loud track as loud as the shipped sounds."""
        return min(1.0, 10 ** ((LEVEL_DBFS - self.level_dbfs) / 20))


class LullabyTrials:
    """Trials at the start of the daemon; the strategy then chooses from the good tracks only."""

    def __init__(self, folder: str, use: Callable[[tuple[Track, ...]], None]) -> None:
        """`use` takes the tracks to choose from, at least one; called where a track is left out or made softer."""
        self._folder = folder
        self._use = use

    async def run(self) -> None:
        """Try the sounds of the folder, name in the log those that cannot be played, and end."""
        try:
            tracks = own_tracks(self._folder)
            found = await _tried(tracks, rest=1.0)  # half a core at most
        except OSError:
            return  # list_tracks has told it
        except PlayerError as error:
            logger.warning("the sounds of lullaby.folder could not be tried: %s", error)
            return
        for tried in found.values():
            if tried.trouble:
                logger.error("%s; it is left out", tried.trouble)
        results = [(track, found.get(track, Tried())) for track in tracks]
        playable = tuple(replace(track, gain=tried.gain) for track, tried in results if tried.trouble is None)
        if playable == tracks:
            return
        if not playable:
            logger.warning("no sound of lullaby.folder can be played; playing the shipped sounds")
        self._use(playable or shipped_tracks())


async def troubles_of_folder(folder: str, within_s: float) -> list[str]:
    """Return what is wrong with the owner's sounds, for `doctor` and `check-config`; empty where all are good.

    A track is begun within `within_s`, or named as not tried. Raises PlayerError where no sound at all can be
    played here.
    """
    try:
        tracks = own_tracks(folder)
    except OSError as error:
        return [f"{printable(folder)} cannot be read ({error.strerror}): the shipped sounds play instead"]
    if not tracks:
        return [f"{printable(folder)} has no sound files ({KINDS}): the shipped sounds play instead"]
    found = await _tried(tracks, within_s, rest=0.0)
    troubles = [tried.trouble for tried in found.values() if tried.trouble]
    if len(troubles) == len(tracks):
        troubles.append("the shipped sounds play instead")
    if len(found) < len(tracks):
        untried = counted(len(tracks) - len(found), "sound")
        troubles.append(f"not tried: {untried}, too many for {within_s:.0f} s")
    return troubles


async def trouble_of_file(path: Path) -> str | None:
    """Return why a sound file cannot be played, or None. Raises PlayerError where no sound can be played here."""
    track = Track(path.stem, path)
    return (await _tried((track,), rest=0.0))[track].trouble


async def _tried(tracks: tuple[Track, ...], within_s: float = math.inf, *, rest: float) -> dict[Track, Tried]:
    """Decode the beginning of the first MOST_TRIED tracks; return the result of each.

    Fewer come back where `within_s` is over. `rest`: pause after each, as a share of the time that it took. Raises
    PlayerError where no track at all can be played here.
    """
    process, found, began_s = WorkerProcess(_TRIAL), dict[Track, Tried](), time.monotonic()
    try:
        for track in tracks[:MOST_TRIED]:
            await process.call("prepare", limit_s=START_LIMIT_S)
            at_s = time.monotonic()
            if at_s - began_s > within_s:
                break
            found[track] = await _try(track, process)
            await asyncio.sleep(rest * (time.monotonic() - at_s))
    except IsolatedCallError as error:
        raise PlayerError(error.text) from error
    finally:
        await process.close()
    return found


async def _try(track: Track, process: WorkerProcess) -> Tried:
    try:
        return Tried(level_dbfs=await process.call("attempt", str(track.path), limit_s=_LIMIT_S))
    except NoProcessError:
        raise
    except IsolatedCallError as error:
        if error.kind in ("", TrackError.__name__):
            return Tried(error.text if error.kind else stuck_text(track))
        raise
