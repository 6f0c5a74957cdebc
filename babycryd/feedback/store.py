"""Store of the book: one file that daemon and `babycryd feedback` share, changed under a lock, replaced whole."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from babycryd.feedback.book import Book, BookEntry, FeedbackError, from_json, to_json
from babycryd.system.files import delete_with_set_aside, locked, set_aside, write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)
FILE = "feedback.json"
_LARGEST_BYTES = 4_000_000  # 250 episodes of 64 numbers take 0.4 MB


class FeedbackStore:
    """Store of the book of a state folder, for several processes. Blocks for the time of a small write."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first write."""
        self._path = folder / FILE

    def read(self) -> Book:
        """Return the book; an empty one where there is no file. Raises FeedbackError for a file that cannot be read."""
        try:
            return from_json(read_small(self._path, _LARGEST_BYTES).decode(), str(self._path))
        except FileNotFoundError:
            return Book()
        except (OSError, UnicodeDecodeError) as broken:
            raise FeedbackError(f"{self._path} cannot be read: {broken}") from broken

    def changed_at(self) -> int:
        """Return a number that changes with the file; 0 where there is none."""
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

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
            return delete_with_set_aside(self._path, self._path.with_suffix(".lock"))
        except OSError as broken:
            raise FeedbackError(f"{self._path} cannot be deleted: {broken}") from broken

    def _change(self, change: Callable[[Book], Book]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._path.with_suffix(".lock")):
                write_whole(self._path, to_json(change(self._read_or_set_aside())).encode())
        except OSError as broken:
            raise FeedbackError(
                f"{self._path} cannot be written: {broken}; is there room, and is state_dir the daemon's?"
            ) from broken

    def _read_or_set_aside(self) -> Book:
        try:
            return self.read()
        except FeedbackError as broken:
            aside = set_aside(self._path, time.time())
            log.warning("%s; set aside as %s, a new book begins", broken, aside)
            return Book()
