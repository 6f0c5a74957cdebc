"""Store of the sounds of this home: one small file in the state folder, replaced whole, of one model."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from babycryd.feedback.book import EMBEDDING, FeedbackError
from babycryd.feedback.home_sounds import MOST, HomeSound
from babycryd.system.files import delete_with_set_aside, is_there, locked, set_aside, write_whole
from babycryd.system.plain_files import UnfitFileError, read_small

log = logging.getLogger(__name__)

FILE: Final = "home.json"
LOCK: Final = "home.lock"
SCHEMA: Final = 1
_LARGEST_BYTES: Final = 4_000_000  # 600 sounds of 64 numbers take 0.4 MB
_LARGEST_VALUE: Final = 1e4  # of an embedding; the networks' stay below 100


@dataclass(frozen=True, slots=True)
class LearntHome:
    """What the file holds."""

    model: str  # checksum: embeddings of two models do not compare
    night: int = 0  # how many nights have been learnt
    learnt_on: str = ""  # local date of the last one, 2026-11-28; empty: none yet
    sounds: tuple[HomeSound, ...] = ()


def to_json(home: LearntHome) -> str:
    """Return JSON with one line a sound, so that a person can read it."""
    rows = ",\n ".join(
        json.dumps(
            {
                "cry": one.cry,
                "night": one.night,
                "episode": one.episode,
                "number": one.number,
                "embedding": [round(value, 3) for value in one.embedding],
            }
        )
        for one in home.sounds
    )
    head = {"schema": SCHEMA, "model": home.model, "night": home.night, "learnt_on": home.learnt_on}
    return f'{json.dumps(head)[:-1]}, "sounds": [\n {rows}\n]}}\n'


def from_json(text: str, name: str) -> LearntHome:
    """Return what a JSON text holds. Raises FeedbackError that names the file and its fault."""
    try:
        read = json.loads(text)
        if read["schema"] != SCHEMA:
            raise FeedbackError(f"{name}: its schema is {read['schema']!r}, this babycryd knows {SCHEMA}; upgrade it")
        night = _count(read["night"])
        sounds = tuple(_sound(row, night) for row in read["sounds"][: 2 * MOST])
        return LearntHome(str(read["model"]), night, str(read["learnt_on"]), sounds)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as broken:
        raise FeedbackError(f"{name}: not a file of home sounds ({type(broken).__name__}: {broken})") from broken


def _sound(row: Mapping[str, Any], night: int) -> HomeSound:
    """`night`: of the home; a sound of a later one would count for ever."""
    embedding = tuple(float(value) for value in row["embedding"])
    fits = len(embedding) == EMBEDDING and all(abs(value) <= _LARGEST_VALUE for value in embedding)  # NaN does not
    if not fits or row["cry"] not in (True, False) or _count(row["night"]) > night:
        raise ValueError("a sound is damaged")
    return HomeSound(bool(row["cry"]), row["night"], embedding, str(row["episode"]), _count(row["number"]))


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"{value!r} is no count")
    return value


class HomeStore:
    """Store of the sounds of this home in a state folder. Blocks for the time of a small write."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first write."""
        self._path = folder / FILE
        self._lock = folder / LOCK
        self._is_there = False  # as this process knows
        self._is_unread = False  # there is a file that could not be read: it must not be replaced

    def read(self, model: str) -> LearntHome:
        """Return what was learnt with this model; drops what belongs to another one, sets aside what is broken.

        Raises FeedbackError for a file that cannot be read at all.
        """
        self._is_unread = True
        try:
            text = read_small(self._path, _LARGEST_BYTES).decode()
            home = from_json(text, str(self._path))
            self._is_there = True
        except FileNotFoundError:
            home = LearntHome(model)
        except (UnfitFileError, UnicodeDecodeError, FeedbackError) as broken:
            self._set_aside(broken)
            home = LearntHome(model)
        except OSError as error:
            raise FeedbackError(f"{self._path} cannot be read: {error}") from error
        self._is_unread = False
        if home.model != model:
            log.warning("%s belongs to another model: what this home sounds like is learnt again", self._path)
            return LearntHome(model)
        return home

    def write(self, home: LearntHome) -> bool:
        """Keep what was learnt; return False, and keep nothing, where the file was deleted meanwhile.

        Raises FeedbackError, also while there is a file that could not be read: a better day may read it.
        """
        if self._is_unread:
            raise FeedbackError(f"{self._path} could not be read when babycryd started, and is not replaced")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._lock):
                if self.was_deleted():
                    return False
                write_whole(self._path, to_json(home).encode())
                self._is_there = True
        except OSError as error:
            raise FeedbackError(f"{self._path} cannot be written: {error}; is there room?") from error
        return True

    def was_deleted(self) -> bool:
        """Return, once, whether another process has deleted the file: then what was learnt is to be forgotten."""
        if not self._is_there or is_there(self._path):
            return False
        self._is_there = False
        return True

    def delete(self) -> bool:
        """Delete the file and what was set aside of it; return whether there was any. Raises FeedbackError."""
        try:
            return delete_with_set_aside(self._path, self._lock)
        except OSError as error:
            raise FeedbackError(f"{self._path} cannot be deleted: {error}") from error

    def _set_aside(self, broken: Exception) -> None:
        try:
            aside = set_aside(self._path, time.time())
        except OSError as error:
            raise FeedbackError(f"{self._path} is broken and cannot be set aside: {error}") from error
        log.warning("%s: %s; set aside as %s, this home is learnt anew", self._path.name, broken, aside)
