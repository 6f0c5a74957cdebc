"""Store of the book: two files that daemon and `babycryd feedback` share, changed under a lock, each replaced whole.

Marked episodes are many and seldom change; each new episode changes the few unmarked ones. They have a file each, so
that an episode costs the memory card little.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babycryd.feedback.book import Book, BookEntry, FeedbackError, from_json, to_json
from babycryd.system.files import delete_with_set_aside, locked, set_aside, write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)
FILE: Final = "feedback.json"  # marked episodes; of an earlier babycryd, also unmarked ones
RECENT: Final = "feedback-recent.json"  # unmarked episodes
LOCK: Final = "feedback.lock"
_LARGEST_BYTES: Final = 4_000_000  # 250 episodes of 128 numbers take 0.3 MB


class FeedbackStore:
    """Store of the book of a state folder, for several processes. Blocks for the time of a small write."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first write."""
        self._folder = folder
        self._marked, self._recent, self._lock = folder / FILE, folder / RECENT, folder / LOCK

    def read(self) -> Book:
        """Return the book; an empty one where there is no file. Raises FeedbackError for a file that cannot be read."""
        return _read(self._marked).with_recent(_read(self._recent))

    def changed_at(self) -> int:
        """Return a number that changes with the files; 0 where there are none."""
        return _changed_at(self._marked) + _changed_at(self._recent)

    def add(self, entry: BookEntry) -> None:
        """Add an episode. A file that cannot be understood is set aside, not lost. Raises FeedbackError."""
        self._change(lambda book: book.with_episode(entry))

    def mark(self, cry: bool | None, episode: str | None = None) -> BookEntry:  # noqa: FBT001  # it is the message
        """Mark an episode, by default the last one; None takes a mark back. Raises FeedbackError."""
        marked: list[BookEntry] = []

        def change(book: Book) -> Book:
            new, entry = book.marked(cry, episode)
            marked.append(entry)
            return new

        self._change(change)
        return marked[0]

    def delete(self) -> bool:
        """Delete the book and what was set aside of it; return whether there was any. Raises FeedbackError."""
        try:
            deleted = [delete_with_set_aside(path, self._lock) for path in (self._marked, self._recent)]
        except OSError as broken:
            raise FeedbackError(f"{self._marked} cannot be deleted: {broken}") from broken
        return any(deleted)

    def _change(self, change: Callable[[Book], Book]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._lock):
                marked, recent = _read_or_set_aside(self._marked), _read_or_set_aside(self._recent)
                new_marked, new_recent = change(marked.with_recent(recent)).parts()
                writes = [(self._marked, marked, new_marked), (self._recent, recent, new_recent)]
                # The file that gains is written first: killed in between, an episode is in both, and in neither never
                for path, old, new in sorted(writes, key=lambda each: len(each[1].entries) - len(each[2].entries)):
                    if new != old:
                        write_whole(path, to_json(new).encode())
        except OSError as broken:
            raise FeedbackError(
                f"{self._marked} cannot be written: {broken}; is there room, and is state_dir the daemon's?"
            ) from broken


def _read(path: Path) -> Book:
    try:
        return from_json(read_small(path, _LARGEST_BYTES).decode(), str(path))
    except FileNotFoundError:
        return Book()
    except (OSError, UnicodeDecodeError) as broken:
        raise FeedbackError(f"{path} cannot be read: {broken}") from broken


def _read_or_set_aside(path: Path) -> Book:
    try:
        return _read(path)
    except FeedbackError as broken:
        aside = set_aside(path, time.time())
        log.warning("%s; set aside as %s, a new book begins", broken, aside)
        return Book()


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
