"""Queries about clips, for page and commands: `babycryd.core.records.Clips`, each answered in a thread."""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from babycryd.clips.spectrogram import column, columns, drawing, levels, png
from babycryd.clips.store import ClipStore
from babycryd.clips.writer import lead_in_s
from babycryd.core.records import Clip, Episode, RecordsError


class ClipQueries:
    """Queries about the clips in a state folder, whether or not new ones are recorded. Raises RecordsError."""

    def __init__(self, state_folder: Path) -> None:
        self._store = ClipStore(state_folder)

    async def clips(self) -> Sequence[Clip]:
        """See `Clips`."""
        return await asyncio.to_thread(self._store.clips)

    async def file(self, episode: str) -> Path:
        """See `Clips`."""
        return await asyncio.to_thread(self._store.path, episode)

    async def picture(self, clip: str, episode: Episode | None) -> str:
        """See `Clips`."""
        return await asyncio.to_thread(self._draw, clip, episode)

    async def delete(self, episode: str) -> None:
        """See `Clips`."""
        await asyncio.to_thread(self._store.delete, episode)

    async def delete_all(self) -> int:
        """See `Clips`."""
        return await asyncio.to_thread(self._store.delete_all)

    def _draw(self, clip: str, episode: Episode | None) -> str:
        """Return the picture of a clip; one column is read after the other, so that memory stays bounded."""
        import soundfile

        path = self._store.path(clip)
        try:
            with soundfile.SoundFile(path) as sound:
                size = sound.frames / columns(sound.frames)
                edges = [round(number * size) for number in range(columns(sound.frames) + 1)]
                drawn = [column(sound.read(end - at, dtype="float32")) for at, end in itertools.pairwise(edges)]
                length_s, lead_in = sound.frames / sound.samplerate, lead_in_s(sound.comment)
        except soundfile.LibsndfileError as broken:
            raise RecordsError(f"{path} cannot be read: {broken}") from broken
        image = png(levels(np.stack(drawn)))
        scores, step_s = (episode.scores, episode.score_step_s) if episode else ((), 1.0)
        return drawing(image, length_s, lead_in, scores, step_s)
