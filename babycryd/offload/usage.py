"""Usage totals: the sound that has left the house this month, from the ledger."""

import contextlib
import logging
import math
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from babycryd.core.health_parts import CloudMonth
from babycryd.offload.caps import Usage
from babycryd.offload.ledger import Ledger, LedgerEntry, MonthUsage, month_of
from babycryd.offload.settings import PriceSettings
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

TOTALS_EVERY_S: Final = 30.0
_LIMIT_S: Final = 2.0
_CLOSE_LIMIT_S: Final = 0.5
_MOST_WRITES: Final = 64


class UsageTotals:
    """Totals of the month, up to the last piece; writes the ledger in a thread. Loop thread only."""

    def __init__(self, open_ledger: Callable[[], Ledger]) -> None:
        self._open_ledger = open_ledger
        self._ledger: Ledger | None = None
        self._worker = WorkerThread("offload-ledger", _MOST_WRITES)
        self._name = ""  # of the month
        self._totals_s = -math.inf  # loop time at which the month was added up last
        self._month: MonthUsage | None = None  # totals, up to TOTALS_EVERY_S old
        self.used = Usage()  # this month, to the last piece

    async def open(self) -> None:
        """Open the ledger. Raises LedgerError, TimeoutError."""
        self._ledger = await self._worker.call(self._open_ledger, _LIMIT_S)

    async def refresh(self, now_s: float, utc_s: float) -> None:
        """Add up the month every TOTALS_EVERY_S. `now_s`: the loop's clock; `utc_s`: since 1970."""
        name = month_of(utc_s)
        if name == self._name and now_s - self._totals_s < TOTALS_EVERY_S:
            return
        assert self._ledger is not None
        ledger = self._ledger
        self._month = await self._worker.call(lambda: ledger.month(name), _LIMIT_S)
        self._totals_s = now_s
        if name != self._name:
            self._name, self.used = name, Usage(self._month.n_bytes, self._month.pieces)

    def cloud_month(self, prices: PriceSettings) -> CloudMonth | None:
        """Return this month's totals for `health`; None before the first `refresh`."""
        if self._month is None:
            return None
        one, cost_usd = self._month, round(self._month.cost_usd(prices), 6)
        return CloudMonth(one.name, one.pieces, one.answered, round(one.n_bytes / 1e6, 1), cost_usd)

    def sent(self, entry: LedgerEntry) -> None:
        """Count a piece that is about to leave the house, and write it to the ledger."""
        self.used = Usage(self.used.n_bytes + entry.n_bytes, self.used.requests + 1)
        self.note(entry)

    def note(self, entry: LedgerEntry) -> None:
        """Write an entry to the ledger, soon; a failing disk costs only the entry."""
        assert self._ledger is not None
        ledger = self._ledger
        try:
            self._worker.begin(lambda: ledger.write(entry)).add_done_callback(_complain)
        except TimeoutError:
            log.warning("the offload ledger lacks %s: the disk does not answer", entry.segment)

    async def close(self) -> None:
        """Wait until the entries so far are on the disk, at most _CLOSE_LIMIT_S."""
        with contextlib.suppress(TimeoutError):
            await self._worker.call(lambda: None, _CLOSE_LIMIT_S)


def _complain(written: "Future[None]") -> None:
    if error := written.exception():
        log.warning("the offload ledger lacks a piece: %s", error)
