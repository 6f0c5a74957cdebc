"""The owner's recordings: a folder of sound files, each tried before it is kept. See `core.sounds.Voices`."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from babycryd.core.command_values import CommandError
from babycryd.core.printable import printable
from babycryd.core.sounds import Voice
from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import own_tracks
from babycryd.soothe.trials import trouble_of_file
from babycryd.soothe.voice_wav import MOST_BYTES, Recording, VoiceError, parse, prepared
from babycryd.system.files import replacing
from babycryd.system.plain_files import require_no_link

log = logging.getLogger(__name__)
MOST: Final = 20  # recordings
LONGEST_NAME: Final = 40  # characters
_RESERVED: Final = ("ON", "OFF", "NEXT", "NONE")  # mean something else in a command
Trial = Callable[[Path], Awaitable[str | None]]  # returns why a file cannot be played


class VoiceFolder:
    """`Voices` in a folder of the state, which is made by the first recording. Files put there by hand count, too."""

    def __init__(
        self,
        folder: Path,
        taken: Callable[[], Sequence[str]],
        on_change: Callable[[], Awaitable[None]],
        trial: Trial = trouble_of_file,
    ) -> None:
        """`taken`: the names of all tracks; `on_change`: awaited after each change."""
        self._folder = folder
        self._taken = taken
        self._on_change = on_change
        self._trial = trial
        self._lock = asyncio.Lock()

    async def voices(self) -> Sequence[Voice]:
        """See `Voices`."""
        return [Voice(each.name, size) for each, size in await asyncio.to_thread(self._listed)]

    async def add(self, name: str, wav: AsyncIterator[bytes]) -> Voice:
        """See `Voices`."""
        async with self._lock:
            self._check_name(name)
            if len(await asyncio.to_thread(self._listed)) >= MOST:
                raise CommandError(f"there are {MOST} recordings; delete one first")
            content = await _received(wav)
            try:
                recording = await asyncio.to_thread(lambda: prepared(parse(content)))
                path = await self._kept(name, recording)
            except VoiceError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"the recording cannot be stored ({error.strerror or error})") from error
            await self._on_change()
            log.info("a recording is one of the sounds now: %s", name)
            return Voice(name, path.stat().st_size)

    async def delete(self, name: str) -> None:
        """See `Voices`."""
        async with self._lock:
            found = {each.name: each.path for each, _ in await asyncio.to_thread(self._listed)}
            if name not in found:
                raise CommandError(f"there is no recording {printable(name)!r}")
            try:
                await asyncio.to_thread(found[name].unlink, missing_ok=True)
            except OSError as error:
                raise CommandError(f"the recording cannot be deleted ({error.strerror})") from error
            await self._on_change()
            log.info("a recording was deleted: %s", name)

    def _listed(self) -> list[tuple[Track, int]]:
        try:
            require_no_link(self._folder)
            return [(each, each.path.stat().st_size) for each in own_tracks(self._folder)]
        except OSError:
            return []  # the folder is missing; the library tells any other reason

    def _check_name(self, name: str) -> None:
        allowed = name.isprintable() and name == name.strip() and 0 < len(name) <= LONGEST_NAME
        if not allowed or name.startswith(".") or "/" in name or "\\" in name or name.upper() in _RESERVED:
            raise CommandError(
                f"a name has 1 to {LONGEST_NAME} letters, without / and \\, and is no command such as ON"
            )
        if name in self._taken():
            raise CommandError(f"there is a sound of the name {name!r} already")

    async def _kept(self, name: str, recording: Recording) -> Path:
        """Write a recording, try it in a process of its own, and give it its name. Raises VoiceError, OSError."""
        path = self._folder / f"{name}.flac"
        untried = self._folder / f".{os.urandom(4).hex()}.flac"  # hidden: no track yet
        try:
            await asyncio.to_thread(_write, untried, recording)
            if why := await self._trial(untried):
                raise VoiceError(why)
            await asyncio.to_thread(untried.rename, path)
        except PlayerError as error:
            raise VoiceError(f"it cannot be tried: {error}") from error
        finally:
            await asyncio.to_thread(untried.unlink, missing_ok=True)
        return path


async def _received(wav: AsyncIterator[bytes]) -> bytes:
    """Return a body of at most MOST_BYTES. Raises CommandError."""
    received = bytearray()
    async for piece in wav:
        received += piece
        if len(received) > MOST_BYTES:
            raise CommandError(f"the recording is larger than {MOST_BYTES // 1_000_000} MB")
    return bytes(received)


def _write(path: Path, recording: Recording) -> None:
    import soundfile

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_no_link(path.parent)
    with replacing(path, mode=0o600) as file:
        soundfile.write(file, recording.samples, recording.rate_hz, format="FLAC", subtype="PCM_16")
