"""What has left the house in this month, and the ledger in which each segment is written down."""

import contextlib
import logging
import math
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from babycryd.core.events import CloudMonth
from babycryd.offload.ledger import Ledger, LedgerEntry, MonthUsage, month_of
from babycryd.offload.policy import Usage
from babycryd.offload.settings import PriceSettings
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

TOTALS_EVERY_S: Final = 30.0
_LIMIT_S: Final = 2.0
_CLOSE_LIMIT_S: Final = 0.5
_MOST_NOTES: Final = 64


class UsageTotals:
    """To be used from the loop; the ledger is a file, so it has a thread of its own."""

    def __init__(self, open_ledger: Callable[[], Ledger]) -> None:
        self._open_ledger = open_ledger
        self._ledger: Ledger | None = None
        self._clerk = WorkerThread("offload-ledger", _MOST_NOTES)
        self._name = ""  # of the month
        self._totals_s = -math.inf  # when the month's totals were asked for last
        self._month: MonthUsage | None = None  # all that has left the house in this one, of half a minute ago
        self.used = Usage()  # of what a month allows, to the last segment

    async def open(self) -> None:
        """Raises what the ledger's file raises."""
        self._ledger = await self._clerk.call(self._open_ledger, _LIMIT_S)

    async def look(self, now_s: float, utc_s: float) -> None:
        """Add up the month, now and then. `now_s` of the loop's clock, `utc_s` since 1970."""
        name = month_of(utc_s)
        if name == self._name and now_s - self._totals_s < TOTALS_EVERY_S:
            return
        assert self._ledger is not None
        ledger = self._ledger
        self._month = await self._clerk.call(lambda: ledger.month(name), _LIMIT_S)
        self._totals_s = now_s
        if name != self._name:
            self._name, self.used = name, Usage(self._month.n_bytes, self._month.segments)

    def told(self, prices: PriceSettings) -> CloudMonth | None:
        """This month, for `health`; None before the first look."""
        if self._month is None:
            return None
        one, cost_usd = self._month, round(self._month.cost_usd(prices), 6)
        return CloudMonth(one.name, one.segments, one.answered, round(one.n_bytes / 1e6, 1), cost_usd)

    def sent(self, entry: LedgerEntry) -> None:
        """A segment that is about to leave the house."""
        self.used = Usage(self.used.n_bytes + entry.n_bytes, self.used.requests + 1)
        self.note(entry)

    def note(self, entry: LedgerEntry) -> None:
        """In the ledger, soon; a disk that fails costs the note only."""
        assert self._ledger is not None
        ledger = self._ledger
        try:
            self._clerk.begin(lambda: ledger.write(entry)).add_done_callback(_complain)
        except TimeoutError:
            log.warning("the offload ledger lacks %s: the disk does not answer", entry.segment)

    async def close(self) -> None:
        """What is noted so far is to be on disk when the daemon has gone."""
        with contextlib.suppress(TimeoutError):
            await self._clerk.call(lambda: None, _CLOSE_LIMIT_S)


def _complain(written: "Future[None]") -> None:
    if error := written.exception():
        log.warning("the offload ledger lacks a segment: %s", error)
