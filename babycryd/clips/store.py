"""Store of clips: a folder of FLAC files, each named by its episode. Blocks."""

import contextlib
import logging
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from babycryd.clips.writer import ID, RAW_NAME, SOUND, encode, lead_in_s, restamp, started_utc_s
from babycryd.core.printable import printable
from babycryd.core.records import Clip, RecordsError
from babycryd.core.retention import too_old_until
from babycryd.system.files import PARTIAL

log = logging.getLogger(__name__)

FOLDER: Final = "clips"
_ID: Final = re.compile(ID)


class ClipStore:
    """Store of the clips of a state folder, which need not exist. Raises RecordsError.

    Only plain files with the names that babycryd gives count; anything else in the folder is left alone.
    """

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / FOLDER

    def clips(self) -> list[Clip]:
        """Return the clips, newest first. One that cannot be read is left out, but can be deleted."""
        found = [clip for path in sorted(self._sounds(), reverse=True) if (clip := _clip(path)) is not None]
        return sorted(found, key=lambda clip: clip.started_utc_s, reverse=True)

    def path(self, episode: str) -> Path:
        """Return the path of a clip's FLAC file."""
        path = self.folder / f"{episode}{SOUND}"
        if not _ID.fullmatch(episode) or path not in self._sounds():
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
        """Make clips of the recordings that a killed daemon left. One that cannot be encoded delays no other."""
        for path in list(self._all()):
            try:
                if path.name.endswith(PARTIAL):
                    path.unlink()
                elif RAW_NAME.fullmatch(path.name):
                    encode(path)
                    log.info("the clip of %s was cut off; it is kept as far as it goes", path.name[:19])
            except (OSError, ValueError) as error:  # ValueError: no such day as in its name
                log.warning("clips: %s is left as it is: %s", printable(path.name), error)

    def move(self, episodes: Sequence[str], step_s: float) -> None:
        """Let the clips of these episodes begin `step_s` later, because the clock was set."""
        for path in list(self._sounds()):
            if path.stem in episodes:
                try:
                    restamp(path, step_s)
                except (OSError, ValueError) as error:
                    log.warning("clips: %s keeps its old time: %s", path.name, error)

    def tidy(self, now_utc_s: float, keep_days: float, max_mb: float) -> None:
        """Delete the clips that are too old by the retention clock, then the oldest until all together fit.

        Each deletion is logged. Raises OSError.
        """
        times = {path: _started_utc_s(path) for path in self._sounds()}
        until_utc_s = too_old_until(sorted(times.values()), keep_days, now_utc_s)
        old = [path for path, began_utc_s in times.items() if began_utc_s <= until_utc_s]
        self._delete(old, f"older than clips.keep_days ({keep_days:g})")
        sizes = {path: path.stat().st_size for path in sorted(times, key=lambda each: times[each]) if path not in old}
        too_many = []
        while sizes and sum(sizes.values()) > max_mb * 1e6:
            too_many.append(oldest := next(iter(sizes)))
            del sizes[oldest]
        self._delete(too_many, f"all together were larger than clips.max_mb ({max_mb:g})")

    def _delete(self, paths: Sequence[Path], why: str) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        if paths:
            log.info("clips: %d deleted, %s: %s", len(paths), ", ".join(sorted(each.stem for each in paths)), why)

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
            lead_in, began_utc_s = lead_in_s(sound.comment), started_utc_s(path.stem, sound.comment)
            length_s = sound.frames / sound.samplerate
        n_bytes = path.stat().st_size
    except (soundfile.LibsndfileError, OSError, ValueError):  # ValueError: no such day as in its name
        return None
    return Clip(path.stem, began_utc_s - lead_in, length_s, n_bytes, lead_in)


def _started_utc_s(path: Path) -> float:
    """Return when the episode of a clip began. One that cannot be read is as old as its file."""
    found = _clip(path)
    return path.stat().st_mtime if found is None else found.started_utc_s + found.lead_in_s
