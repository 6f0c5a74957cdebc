"""Store of clips: a folder of FLAC files, each named by its episode. Blocks."""

import contextlib
import logging
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babycryd.clips.writer import RAW, SOUND, encode, lead_in_s
from babycryd.core.records import Clip, RecordsError
from babycryd.system.files import PARTIAL

log = logging.getLogger(__name__)

FOLDER: Final = "clips"
_ID: Final = re.compile(r"\d{8}T\d{9}Z")  # nothing that could lead out of the folder
_DAY_S: Final = 86_400.0


class ClipStore:
    """Store of the clips of a state folder, which need not exist. Raises RecordsError."""

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / FOLDER

    def clips(self) -> list[Clip]:
        """Return the clips, newest first. One that cannot be read is left out, but can be deleted."""
        return [clip for path in sorted(self._sounds(), reverse=True) if (clip := _clip(path)) is not None]

    def path(self, episode: str) -> Path:
        """Return the path of a clip's FLAC file."""
        path = self.folder / f"{episode}{SOUND}"
        if not _ID.fullmatch(episode) or not path.is_file():
            raise RecordsError(f"there is no clip of episode {episode!r}")
        return path

    def delete(self, episode: str) -> None:
        """Delete a clip, also one that is being recorded."""
        files = self._files(episode) if _ID.fullmatch(episode) else []
        if not files:
            raise RecordsError(f"there is no clip of episode {episode!r}")
        _unlink(files)

    def delete_all(self) -> int:
        """Delete every clip; return their number."""
        files = [path for path in self._all() if _ID.match(path.name)]
        _unlink(files)
        return len({path.name[:19] for path in files})

    def finish_interrupted(self) -> None:
        """Make clips of the recordings that a killed daemon left. Raises OSError."""
        for path in list(self._all()):
            if path.name.endswith(PARTIAL):
                path.unlink()
        for path in list(self._all()):
            if path.suffix == RAW and _ID.match(path.name):
                encode(path)
                log.info("the clip of %s was cut off; it is kept as far as it goes", path.name[:19])

    def tidy(self, now_utc_s: float, keep_days: float, max_mb: float) -> None:
        """Delete the clips that are too old, then the oldest until all together are small enough. Raises OSError."""
        sounds = sorted(self._sounds())
        sizes = {path: path.stat().st_size for path in sounds}
        for path in sounds:
            too_old = now_utc_s - _started_utc_s(path) > keep_days * _DAY_S
            if too_old or sum(sizes.values()) > max_mb * 1e6:
                path.unlink(missing_ok=True)
                del sizes[path]

    def _sounds(self) -> Iterator[Path]:
        return (path for path in self._all() if path.suffix == SOUND and _ID.fullmatch(path.stem))

    def _files(self, episode: str) -> list[Path]:
        return [path for path in self._all() if path.name.startswith(episode)]

    def _all(self) -> Iterator[Path]:
        """Yield the plain files of the folder: no link is followed, and no pipe is opened."""
        with contextlib.suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path


def _unlink(files: list[Path]) -> None:
    try:
        for path in files:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise RecordsError(f"{error.filename} cannot be deleted ({error.strerror})") from error


def _clip(path: Path) -> Clip | None:
    import soundfile

    try:
        with soundfile.SoundFile(path) as sound:
            lead_in = lead_in_s(sound.comment)
            length_s = sound.frames / sound.samplerate
        n_bytes = path.stat().st_size
    except (soundfile.LibsndfileError, OSError):
        return None
    return Clip(path.stem, _started_utc_s(path) - lead_in, length_s, n_bytes, lead_in)


def _started_utc_s(path: Path) -> float:
    """Return the start of the episode, from its id."""
    text = path.name[:19]
    moment = datetime.strptime(text[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return moment.timestamp() + int(text[15:18]) / 1000
