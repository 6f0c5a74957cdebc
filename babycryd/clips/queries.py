"""Queries about clips, for page and commands: `babycryd.core.records.Clips`, each answered in a thread."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from babycryd.clips.store import ClipStore
from babycryd.core.records import Clip, Episode, RecordsError
from babycryd.system.isolated_call import IsolatedCallError
from babycryd.system.worker_process import WorkerProcess

_PICTURE: Final = "babycryd.clips.picture:picture"
_PICTURE_LIMIT_S: Final = 50.0  # the start of the process included, which takes seconds on a Zero 2 W


class ClipQueries:
    """Queries about the clips in a state folder, whether or not new ones are recorded. Raises RecordsError."""

    def __init__(self, state_folder: Path, pictures: WorkerProcess | None = None) -> None:
        """`pictures`: draws spectrograms; None: one of its own."""
        self._store = ClipStore(state_folder)
        self._pictures = pictures or WorkerProcess()

    async def clips(self) -> Sequence[Clip]:
        """See `Clips`."""
        return await asyncio.to_thread(self._store.clips)

    async def file(self, episode: str) -> Path:
        """See `Clips`."""
        return await asyncio.to_thread(self._store.path, episode)

    async def picture(self, clip: str, episode: Episode | None) -> str:
        """See `Clips`."""
        path = await self.file(clip)
        scores, step_s = (episode.scores, episode.score_step_s) if episode else ((), 1.0)
        try:
            drawn = await self._pictures.call(_PICTURE, str(path), scores, step_s, limit_s=_PICTURE_LIMIT_S)
        except IsolatedCallError as error:
            raise RecordsError(error.text) from error
        return bytes(drawn).decode()

    async def delete(self, episode: str) -> None:
        """See `Clips`."""
        await asyncio.to_thread(self._store.delete, episode)

    async def delete_all(self) -> int:
        """See `Clips`."""
        return await asyncio.to_thread(self._store.delete_all)
