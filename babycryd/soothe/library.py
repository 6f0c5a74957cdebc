"""Library of the sounds: those of the owner's folder or the shipped ones, and the recordings of the owner's voice."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from babycryd.core.printable import printable_path
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import list_tracks, own_tracks, with_names

logger = logging.getLogger(__name__)
VOICES: Final = "voices"  # folder of the recordings, in the state folder


class TrackLibrary:
    """The tracks to choose from; tells `use` of them where they change."""

    def __init__(self, folder: str | None, voices: Path) -> None:
        """`folder`: `lullaby.folder`; `voices`: the folder of the recordings, which need not exist."""
        self._base = list_tracks(folder)
        self._voices = voices
        self.use: Callable[[tuple[Track, ...]], None] = lambda _: None

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All tracks, at least one; blocks for the names in a folder."""
        gains = {each.path: each.gain for each in self._base}
        named = with_names([*((each.name, each.path) for each in self._base), *self._recordings()])
        return tuple(replace(each, gain=gains.get(each.path, 1.0)) for each in named)

    def use_base(self, tracks: tuple[Track, ...]) -> None:
        """Take these in place of the owner's folder or the shipped sounds, at least one."""
        self._base = tracks
        self.use(self.tracks)

    async def refresh(self) -> None:
        """Look at the recordings again."""
        self.use(await asyncio.to_thread(lambda: self.tracks))

    def _recordings(self) -> list[tuple[str, Path]]:
        try:
            return [(each.name, each.path) for each in own_tracks(self._voices)]
        except FileNotFoundError:
            return []
        except OSError as error:
            logger.warning("the recordings in %s cannot be read (%s)", printable_path(self._voices), error.strerror)
            return []
