"""PURE. Book of recent episodes with the owner's marks. It holds no sound, but 128 numbers an episode."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from babycryd.core.compact_json import compact_json

SCHEMA: Final = 1
MOST_UNMARKED: Final = 50  # episodes that may still be marked
MOST_MARKED: Final = 200
_DECIMALS: Final = 3  # of a number of an embedding, whose values are some units: all that a file needs
_SECOND_DECIMALS: Final = 2  # of the second opinion, whose numbers differ by 0.1 to 0.8 between cries
EMBEDDING: Final = 64  # floats, as babycryd.detect.scoring has it


class FeedbackError(Exception):
    """A mark cannot be set, or the file cannot be read; the text says why and what helps."""


class UnknownEpisodeError(FeedbackError):
    """The book has no such episode: it is older than the entries, or was never heard."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """Entry of the book: an episode that is marked, or may be."""

    episode: str  # its id, which sorts by time
    embedding: tuple[float, ...]
    model: str  # checksum of the model that judged it: embeddings of two models do not compare
    cry: bool | None = None  # the owner's mark; None: none yet
    second: tuple[float, ...] = ()  # the second opinion's embedding; empty: it did not hear this episode's beginning
    second_model: str = ""  # name of its network: the beginning of a checksum


@dataclass(frozen=True, slots=True)
class Book:
    """Book of episodes that are marked or may be, oldest first."""

    entries: tuple[BookEntry, ...] = ()

    def with_episode(self, entry: BookEntry) -> "Book":
        """Return the book with one more episode, without the oldest where there are too many."""
        others = [one for one in self.entries if one.episode != entry.episode]
        return Book(_bounded([*others, entry]))

    def marked(self, cry: bool | None, episode: str | None = None) -> tuple["Book", BookEntry]:  # noqa: FBT001  # it is the message
        """Return the book with one episode marked, by default the last one, and that episode; None takes a mark back.

        Raises FeedbackError.
        """
        if not self.entries:
            raise UnknownEpisodeError("no episode has been heard yet; there is nothing to mark")
        found = self.entries[-1] if episode is None else self._find(episode)
        entry = replace(found, cry=cry)
        return Book(tuple(entry if one.episode == entry.episode else one for one in self.entries)), entry

    def parts(self) -> tuple["Book", "Book"]:
        """Return the marked and the unmarked entries, each as a book."""
        marked = Book(tuple(one for one in self.entries if one.cry is not None))
        return marked, Book(tuple(one for one in self.entries if one.cry is None))

    def with_recent(self, recent: "Book") -> "Book":
        """Return the book with the entries of another one, by time; of one episode in both, the marked entry counts."""
        entries = {one.episode: one for one in recent.entries}
        entries |= {one.episode: one for one in self.entries if one.cry is not None or one.episode not in entries}
        return Book(tuple(sorted(entries.values(), key=lambda one: one.episode)))

    def _find(self, episode: str) -> BookEntry:
        for entry in self.entries:
            if entry.episode == episode:
                return entry
        known = ", ".join(entry.episode for entry in self.entries[-5:])
        why = f"no episode {episode!r}; the last ones are {known} (babycryd feedback --list shows all)"
        raise UnknownEpisodeError(why)


def _bounded(entries: list[BookEntry]) -> tuple[BookEntry, ...]:
    unmarked = {one.episode for one in [one for one in entries if one.cry is None][-MOST_UNMARKED:]}
    marked = {one.episode for one in [one for one in entries if one.cry is not None][-MOST_MARKED:]}
    return tuple(one for one in entries if one.episode in unmarked | marked)


def to_json(book: Book) -> str:
    """Return JSON with one line an episode, so that a person can read it."""
    rows = ",\n ".join(compact_json(_row(one)) for one in book.entries)
    return f'{{"schema": {SCHEMA}, "episodes": [\n {rows}\n]}}\n'


def _row(entry: BookEntry) -> dict[str, Any]:
    second = (
        {"second_model": entry.second_model, "second": _rounded(entry.second, _SECOND_DECIMALS)} if entry.second else {}
    )
    head = {"episode": entry.episode, "cry": entry.cry, "model": entry.model}
    return {**head, "embedding": _rounded(entry.embedding), **second}


def _rounded(embedding: tuple[float, ...], decimals: int = _DECIMALS) -> list[float]:
    return [round(value, decimals) for value in embedding]


def from_json(text: str, name: str) -> Book:
    """Return the book in a JSON text. Raises FeedbackError that names the file and its fault."""
    try:
        read = json.loads(text)
        if read["schema"] != SCHEMA:
            raise FeedbackError(f"{name}: its schema is {read['schema']!r}, this babycryd knows {SCHEMA}; upgrade it")
        return Book(tuple(_entry(row) for row in read["episodes"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as broken:
        raise FeedbackError(f"{name}: not a feedback file ({type(broken).__name__}: {broken})") from broken


def _entry(row: Mapping[str, Any]) -> BookEntry:
    embedding, second = (tuple(float(value) for value in row.get(name, ())) for name in ("embedding", "second"))
    fits = len(embedding) == EMBEDDING and len(second) in (0, EMBEDDING)
    if not fits or not all(map(math.isfinite, embedding + second)) or row["cry"] not in (True, False, None):
        raise ValueError(f"episode {row['episode']!r} is damaged")
    models = str(row["model"]), str(row.get("second_model", ""))
    return BookEntry(str(row["episode"]), embedding, models[0], row["cry"], second, models[1])
