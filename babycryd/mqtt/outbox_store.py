"""Outbox store: messages and values that survive a crash, in a small SQLite file."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from babycryd.core.counting import counted
from babycryd.mqtt.message import Message, moved
from babycryd.mqtt.payloads import episode_fields
from babycryd.system.queue_store import QueueDatabase, QueueStore

log = logging.getLogger(__name__)

FILE: Final = "outbox.sqlite3"
_LAST: Final = "episode"  # key of the id of the newest episode
_OPEN_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class StoredOutbox:
    """Content of the outbox store, as an earlier run left it."""

    waiting: list[tuple[int, Message]]
    running: bytes | None  # last payload of an episode without an end
    values: dict[str, bytes] = field(default_factory=dict)  # small values, by key
    dropped: int = 0  # records that could not be read

    @property
    def last(self) -> str | None:
        """Id of the newest episode that was published or waits; None: unknown."""
        if _LAST in self.values:
            return self.values[_LAST].decode(errors="replace")
        newest = self.running or (self.waiting[-1][1].payload if self.waiting else None)
        return None if newest is None else str(episode_fields(newest)["id"])


class OutboxDatabase(QueueDatabase):
    """SQLite file of the outbox, for one thread. Raises sqlite3.Error and OSError."""

    SCHEMA = """
        CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS running (one INTEGER PRIMARY KEY CHECK (one = 1), payload BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL);
    """

    def read(self) -> StoredOutbox:
        """Return everything that is stored; delete, count and log the records that cannot be read."""
        rows = self._file.execute("SELECT number, topic, payload FROM waiting ORDER BY number").fetchall()
        good = [row for row in rows if isinstance(row[1], str) and _is_episode(row[2])]
        waiting = [(number, Message(topic, payload, 1, retain=False, durable=True)) for number, topic, payload in good]
        running = self._file.execute("SELECT payload FROM running").fetchall()
        left = next((payload for (payload,) in running if _is_episode(payload)), None)
        values = self._file.execute("SELECT key, value FROM kept").fetchall()
        dropped = len(rows) - len(good) + len(running) - (left is not None)
        if dropped:
            log.warning("dropped %s of %s that cannot be read", counted(dropped, "record"), FILE)
            self._forget({row[0] for row in rows} - {row[0] for row in good}, running=left is None)
        return StoredOutbox(waiting, left, {key: value for key, value in values if isinstance(value, bytes)}, dropped)

    def _forget(self, numbers: set[int], *, running: bool) -> None:
        with self._file:
            self._file.executemany("DELETE FROM waiting WHERE number = ?", [(number,) for number in numbers])
            if running:
                self._file.execute("DELETE FROM running")

    def keep(self, key: str, value: bytes) -> None:
        """Store a small value under a key; replace its earlier value."""
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (key, value))

    def add(self, number: int, message: Message) -> None:
        """Store an episode message, and whether the episode still runs. Raises ValueError where it is none."""
        with self._file:
            fields = episode_fields(message.payload)
            self._file.execute("INSERT INTO waiting VALUES (?, ?, ?)", (number, message.topic, message.payload))
            self._file.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (_LAST, fields["id"].encode()))
            self._file.execute("DELETE FROM running")
            if fields["type"] != "end":
                self._file.execute("INSERT INTO running VALUES (1, ?)", (message.payload,))

    def remove(self, number: int) -> None:
        """Delete a message."""
        with self._file:
            self._file.execute("DELETE FROM waiting WHERE number = ?", (number,))

    def move(self, numbers: Sequence[int], step_s: float) -> None:
        """Let the episodes of these messages, and the one that still runs, begin `step_s` later."""
        with self._file:
            rows = self._file.execute("SELECT number, payload FROM waiting").fetchall()
            mine = [(_moved(payload, step_s), number) for number, payload in rows if number in numbers]
            self._file.executemany("UPDATE waiting SET payload = ? WHERE number = ?", mine)
            for (payload,) in self._file.execute("SELECT payload FROM running").fetchall():
                self._file.execute("UPDATE running SET payload = ?", (_moved(payload, step_s),))


def _moved(payload: bytes, step_s: float) -> bytes:
    """Return the payload of an episode that began `step_s` later; a payload that cannot be read, as it is."""
    try:
        return moved(Message("", payload, 1, retain=False), step_s).payload
    except (ValueError, LookupError, TypeError, OverflowError):
        return payload


def _is_episode(payload: object) -> bool:
    try:
        episode_fields(payload)
    except ValueError:
        return False
    return True


class OutboxStore:
    """OutboxMirror on the disk; a failing disk loses the mirror, never a message."""

    def __init__(self, path: Path) -> None:
        loss = "a crash may lose episodes the broker has not got"
        self._store = QueueStore(path, OutboxDatabase, "mqtt-outbox", loss)

    async def restore(self) -> StoredOutbox:
        """Return what the last run stored; nothing where the disk does not answer within _OPEN_LIMIT_S."""
        return await self._store.read(lambda database: database.read(), _OPEN_LIMIT_S) or StoredOutbox([], None)

    def add(self, number: int, message: Message) -> None:
        """See `OutboxMirror.add`."""
        self._store.write(lambda database: database.add(number, message))

    def remove(self, number: int) -> None:
        """See `OutboxMirror.remove`."""
        self._store.write(lambda database: database.remove(number))

    def move(self, numbers: Sequence[int], step_s: float) -> None:
        """See `OutboxMirror.move`."""
        self._store.write(lambda database: database.move(numbers, step_s))

    def keep(self, key: str, value: bytes) -> None:
        """Store a small value under a key, for `StoredOutbox.values`."""
        self._store.write(lambda database: database.keep(key, value))

    async def close(self, limit_s: float) -> None:
        """Write what waits, and close the file; give up after `limit_s`."""
        await self._store.close(limit_s)
