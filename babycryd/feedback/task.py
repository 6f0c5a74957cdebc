"""Feedback task: adds every episode to the book, and gives the owner's marks to the detector and the bus."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from babycryd.core.bus import Subscription
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, CommandResult, Feedback
from babycryd.core.events import CryStarted, Event
from babycryd.core.rounds import next_round
from babycryd.feedback.book import Book, BookEntry, FeedbackError, UnknownEpisodeError
from babycryd.feedback.store import FeedbackStore

T = TypeVar("T")

log = logging.getLogger(__name__)
CHECK_EVERY_S = 2.0  # of the file, through which `babycryd feedback` reaches the daemon

Learn = Callable[[Sequence[BookEntry]], None]
Publish = Callable[[Mapping[str, bool | None]], None]
Remembers = Callable[[str], bool]  # whether the history knows an episode; blocks


class FeedbackTask:
    """Optional task of the owner's marks, `run`; a disk that fails costs the feedback, never the listening."""

    EXECUTES: tuple[type[Command], ...] = (Feedback,)
    EVENTS: Final[tuple[type[Event], ...]] = (CryStarted,)

    def __init__(
        self,
        store: FeedbackStore,
        model: str,
        subscription: Subscription,
        learn: Learn,
        publish: Publish = lambda _: None,
        remembers: Remembers = lambda _: False,
        second_model: str = "",
    ) -> None:
        """`model`: checksum of the running model; `learn` gets all marks of that model whenever they change; it blocks.

        `publish` gets the new and changed marks of every model, None for one that was taken back; at first, all there
        are. `remembers`: such an episode can be marked although its numbers are gone; nothing is learnt from it.
        `second_model`: name of the second opinion's network; empty where it is off.
        """
        self._second_model = second_model
        self._store = store
        self._publish = publish
        self._remembers = remembers
        self._taking = asyncio.Lock()
        self._published: dict[str, bool] = {}  # episode: whether it was the baby
        self._model = model
        self._events = subscription
        self._learn = learn
        self._seen = -1
        self._complaints = set[str]()

    async def run(self) -> None:
        """Follow the bus and the file until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(), name="feedback-keep")
            group.create_task(self._watch(), name="feedback-watch")

    async def execute(self, command: Feedback) -> CommandResult:
        """Keep a mark, and learn from it at once. Raises CommandError."""
        try:
            entry = await asyncio.to_thread(self._store.mark, command.cry, command.episode)
        except UnknownEpisodeError as error:
            if command.episode is None or not await asyncio.to_thread(self._remembers, command.episode):
                raise CommandError(str(error)) from error
            self._publish({command.episode: command.cry})
            return {"episode": command.episode, "cry": command.cry}
        except FeedbackError as error:
            raise CommandError(str(error)) from error
        await self._take_changes()
        return {"episode": entry.episode, "cry": command.cry}

    async def _keep(self) -> None:
        async for event in self._events:
            if isinstance(event, CryStarted) and event.embedding:
                second, of = event.second_embedding, self._second_model
                entry = BookEntry(event.episode, event.embedding, self._model, None, second, of if second else "")
                await self._quietly(lambda entry=entry: self._store.add(entry))  # type: ignore[misc]

    async def _watch(self) -> None:
        while True:
            await self._take_changes()
            await next_round(CHECK_EVERY_S)

    async def _take_changes(self) -> None:
        """Read the book where it has changed; learn and publish its marks."""
        async with self._taking:
            changed_at = await asyncio.to_thread(self._store.changed_at)
            if changed_at != self._seen:
                self._seen = changed_at
                if (book := await self._quietly(self._store.read)) is not None:
                    await self._take(book)

    async def _take(self, book: Book) -> None:
        marked = [one for one in book.entries if one.cry is not None]
        await asyncio.to_thread(self._learn, [self._of_these(one) for one in marked if one.model == self._model])
        known, self._published = self._published, {one.episode: bool(one.cry) for one in marked}
        changes: dict[str, bool | None] = {
            episode: cry for episode, cry in self._published.items() if known.get(episode) is not cry
        }
        changes |= {one.episode: None for one in book.entries if one.cry is None and one.episode in known}
        if changes:
            self._publish(changes)

    def _of_these(self, entry: BookEntry) -> BookEntry:
        """Return an entry without the embedding of another second opinion."""
        return entry if entry.second_model == self._second_model else replace(entry, second=(), second_model="")

    async def _quietly(self, work: Callable[[], T]) -> T | None:
        """Do work in a thread; return None on failure, each kind logged once until work succeeds again."""
        try:
            done = await asyncio.to_thread(work)
        except FeedbackError as error:
            if str(error) not in self._complaints:
                log.warning("no feedback for now: %s", error)
            self._complaints.add(str(error))
            return None
        self._complaints.clear()
        return done
