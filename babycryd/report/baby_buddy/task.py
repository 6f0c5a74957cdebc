"""Task that sends each night to Baby Buddy once it is over; a night that cannot be sent now is sent later."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from babycryd.core.records import RecordsError
from babycryd.core.supervision import Backoff
from babycryd.report.baby_buddy.client import BabyBuddyClient, BabyBuddyError, RefusedEntryError
from babycryd.report.baby_buddy.entries import entries_of
from babycryd.report.baby_buddy.settings import BabyBuddySettings
from babycryd.report.nights import NightQueries
from babycryd.report.report import Night
from babycryd.system.files import write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)

FILE: Final = "baby-buddy.json"
_MOST_NIGHTS: Final = 14  # that are sent at once after a long absence of the server
_CHECK_EVERY_S: Final = 60.0
Connect = Callable[[], BabyBuddyClient]  # reads the token; raises ValueError, OSError


class BabyBuddyTask:
    """Optional task: sends the nights that are over, each whole and in their order.

    A night that fails in the middle is sent again from its beginning. What is there already is not doubled: Baby Buddy
    refuses a second sleep at the same time, and a note with the same words is looked for first.
    """

    def __init__(
        self,
        settings: BabyBuddySettings,
        queries: NightQueries,
        connect: Connect,
        folder: Path,
        tell: Callable[[str | None], None],
        backoff: Backoff | None = None,
    ) -> None:
        """`tell`: called with why nothing can be sent, and with None once it can."""
        self._settings = settings
        self._queries = queries
        self._connect = connect
        self._path = folder / FILE
        self._tell = tell
        self._backoff = backoff or Backoff(lowest_s=60.0, highest_s=3600.0)
        self._sent: date | None = None  # the last night that was sent
        self._trouble: str | None = None

    async def run(self) -> None:
        """Send nights until cancelled."""
        self._sent = await asyncio.to_thread(self._read)
        while True:
            try:
                await self._send_due()
                self._change(None)
                self._backoff.reset()
                await asyncio.sleep(_CHECK_EVERY_S)
            except (BabyBuddyError, RecordsError, OSError, ValueError) as error:
                self._change(str(error))
                await asyncio.sleep(self._backoff.pause_s())

    async def _send_due(self) -> None:
        """Send every night that is over and was not sent; of the time before the first start only the last night."""
        last = self._queries.last_night(over=True)
        first = last if self._sent is None else max(self._sent, last - timedelta(days=_MOST_NIGHTS)) + timedelta(days=1)
        while first <= last:
            night = await asyncio.to_thread(self._night, first)
            if night is not None:
                await self._send(night)
            await asyncio.to_thread(self._write, first)
            first += timedelta(days=1)

    async def _send(self, night: Night) -> None:
        client = await asyncio.to_thread(self._connect)
        child = self._settings.child or await client.only_child()
        created = there = 0
        least_sleep_s = 60 * self._settings.least_sleep_min if self._settings.sleep else None
        for entry in entries_of(night, child, least_sleep_s, notes=self._settings.notes):
            try:
                if await client.create(entry):
                    created += 1
                else:
                    there += 1
            except RefusedEntryError as error:
                log.warning("Baby Buddy refuses an entry in %s, which is left out: %s", entry.kind, error)
        log.info("the night before %s is in Baby Buddy: %d new, %d there already", night.day, created, there)

    def _night(self, day: date) -> Night | None:
        night = self._queries.night(day)
        return night if self._queries.began_by(night.end_utc_s) else None

    def _change(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self._trouble:
            log.warning("Baby Buddy gets nothing for now, and it is tried again: %s", trouble)
        self._trouble = trouble
        self._tell(trouble)

    def _read(self) -> date | None:
        try:
            return date.fromisoformat(json.loads(read_small(self._path).decode())["sent"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
            log.warning("%s cannot be read (%s): only the last night is sent to Baby Buddy", self._path, error)
            return None

    def _write(self, sent: date) -> None:
        """Note the last night that was sent. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, json.dumps({"sent": sent.isoformat()}).encode())
        self._sent = sent
