"""Offloader: sends pieces of sound to the cloud while this computer is too busy, and judges late ones here."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol

from babycryd.audio.format import HOP_S, SAMPLE_RATE_HZ
from babycryd.core.health_parts import CloudMonth
from babycryd.detect.scoring import Piece, Scored
from babycryd.offload.bucket import Bucket, BucketError
from babycryd.offload.cpu_readings import CpuReadings
from babycryd.offload.ledger import Ledger, LedgerEntry, LedgerError, Outcome
from babycryd.offload.response import ResponseError
from babycryd.offload.route_policy import Decision, RoutePolicy
from babycryd.offload.settings import OffloadSettings
from babycryd.offload.upload import Upload, encode
from babycryd.offload.usage import UsageTotals
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

CHECK_EVERY_S: Final = 1.0
OPEN_AGAIN_S: Final = 60.0
_MOST_PENDING: Final = 6
_CLOSE_LIMIT_S: Final = 0.5


class PieceSource(Protocol):
    """Source of pieces, as the offloader sees the detection engine."""

    def set_offload(self, *, enabled: bool, deadline_s: float) -> None:
        """Set whether coming hops go into pieces, and how long a piece may wait for its answer."""

    async def answer(self, number: int, scored: Sequence[Scored | None]) -> bool:
        """Take the scores of a piece; return False where they came too late."""

    async def score_here(self, number: int) -> None:
        """Score a piece here, as no answer will come."""


class Offloader:
    """Optional task that sends pieces to the cloud, `run`. Without it, or once it has ended, all are judged here."""

    def __init__(
        self,
        settings: OffloadSettings,
        device_id: str,
        bucket: Bucket,
        open_ledger: Callable[[], Ledger],
        engine: PieceSource,
        lag_s: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._device_id = device_id
        self._bucket = bucket
        self._usage = UsageTotals(open_ledger)
        self._engine = engine
        self._policy = RoutePolicy(settings)
        self._readings = CpuReadings(lag_s)
        self._opening: Future[None] | None = None
        self._open = False
        self._open_again_s = -math.inf
        self._open_failure: str | None = None  # why the bucket could not be opened
        self._free: list[WorkerThread] = []  # a thread for each pending piece
        self._pending: set[asyncio.Task[None]] = set()
        self._why = ""  # limit that was exceeded at the last decision for the cloud
        self._failure: str | None = None  # of the last piece that failed
        self.cloud = False  # where the next piece goes
        self.offloaded = 0  # pieces that left the house since the start
        self.trouble: str | None = None  # why the last piece had no answer, or why none is sent

    def cloud_month(self) -> CloudMonth | None:
        """Return this month's totals, for `health`; None before they are known."""
        return self._usage.cloud_month(self._settings.prices)

    async def run(self) -> None:
        """Check the budget every CHECK_EVERY_S, until cancelled. Raises LedgerError, TimeoutError."""
        self._free = [WorkerThread("offload-piece") for _ in range(_MOST_PENDING)]
        try:
            await self._usage.open()
            self.trouble = None
            while True:
                await self._update_route()
                await asyncio.sleep(CHECK_EVERY_S)
        except (LedgerError, TimeoutError) as error:
            self.trouble = f"nothing is sent without its ledger: {error or 'the disk does not answer'}"
            raise
        finally:
            self.cloud = False
            self._engine.set_offload(enabled=False, deadline_s=self._settings.deadline_s)
            await self._close()

    async def _close(self) -> None:
        for task in self._pending:
            task.cancel()
        if self._pending:
            await asyncio.wait(self._pending, timeout=_CLOSE_LIMIT_S)
        for worker in self._free:
            worker.end()
        self._free = []
        await self._usage.close()

    def take(self, piece: Piece) -> None:
        """Take a piece of the engine. Loop thread only."""
        task = asyncio.create_task(self._serve(piece), name="offload-piece")
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _update_route(self) -> None:
        now_s = asyncio.get_running_loop().time()
        await self._usage.refresh(now_s, time.time())
        self._policy.measure(self._readings.take(), now_s)
        decision = self._local_until_open(self._policy.decide(now_s, self._usage.used), now_s)
        if decision.cloud != self.cloud:
            where = "in the cloud" if decision.cloud else "here"
            log.info("pieces are judged %s from now on%s", where, f" ({decision.why})" if decision.why else "")
        if not decision.cloud and decision.why:
            self._complain_of(decision.why)
        if decision.cloud:
            self._why = decision.why or ""
        self.cloud = decision.cloud
        self._engine.set_offload(enabled=decision.cloud, deadline_s=self._settings.deadline_s)

    def _local_until_open(self, decision: Decision, now_s: float) -> Decision:
        """Return the decision, but here until the bucket is open: its library takes seconds to load on a busy Pi."""
        if not decision.cloud or self._open:
            return decision
        if self._opening is None and now_s >= self._open_again_s:
            opener = WorkerThread("offload-open")
            self._opening = opener.begin(self._bucket.open)
            opener.end()
        if self._opening is not None and self._opening.done():
            error = self._opening.exception()
            self._opening, self._open, self._open_again_s = None, error is None, now_s + OPEN_AGAIN_S
            if error is None:
                return decision
            self._open_failure = str(error)
            log.warning("pieces are judged here: %s", error)
        return Decision(cloud=False, why=self._open_failure)

    async def _serve(self, piece: Piece) -> None:
        until_s = asyncio.get_running_loop().time() + self._settings.deadline_s - piece.n_hops * HOP_S
        worker = self._free.pop() if self._free else None
        try:
            content = None if worker is None else await self._packed(piece, worker)
            if worker is None or content is None:
                await self._engine.score_here(piece.number)
            else:
                await self._deliver(piece, content, worker, until_s)
        finally:
            if worker is not None:
                if worker.busy:  # its call hangs: the thread ends with it
                    worker.end()
                self._free.append(WorkerThread("offload-piece") if worker.busy else worker)

    async def _packed(self, piece: Piece, worker: WorkerThread) -> bytes | None:
        """Return the FLAC of a piece; None where it may not be sent."""
        if not self._may_send():
            return None
        try:
            content = await worker.call(lambda: encode(piece), self._settings.deadline_s)
        except Exception:
            log.exception("a piece cannot be encoded, and is judged here")
            return None
        return content if self._may_send(len(content)) else None

    def _may_send(self, n_bytes: int = 1) -> bool:
        against = self._policy.objection(asyncio.get_running_loop().time(), self._usage.used, n_bytes)
        if against is not None:
            self._complain_of(against)
        return against is None

    def _complain_of(self, against: str) -> None:
        failed = self._policy.breaker.open and self._failure
        self.trouble = f"{against} ({self._failure})" if failed else against

    async def _deliver(self, piece: Piece, content: bytes, worker: WorkerThread, until_s: float) -> None:
        """Send a piece, wait for its answer, and write both to the ledger."""
        # Nothing is awaited between `_may_send` and here, so that no two pieces pass it with the same usage.
        self._policy.breaker.sent()
        self.offloaded += 1
        seconds = len(piece.samples) / SAMPLE_RATE_HZ
        entry = LedgerEntry(_name_of(piece), time.time(), self._why, seconds, len(content))
        self._usage.sent(entry)
        upload = Upload(self._bucket, worker, piece, entry, self._settings.deadline_s)
        clock = asyncio.get_running_loop().time
        began_s = clock()
        try:
            async with asyncio.timeout_at(until_s):
                answer = await upload.deliver(self._device_id, content)
        except asyncio.CancelledError:  # else the breaker would wait for this probe for ever
            self._policy.breaker.given_up()
            raise
        except Exception as error:  # noqa: BLE001  # after any error the piece must be judged
            await self._judge_here(upload, piece, error)
            return
        self._policy.breaker.succeeded()
        self.trouble = None
        in_time = await self._engine.answer(piece.number, answer.scored)
        outcome: Outcome = "answered" if in_time else "late"
        latency_s = round(clock() - began_s, 3)
        self._usage.note(replace(upload.entry, outcome=outcome, latency_s=latency_s, function_s=answer.function_s))

    async def _judge_here(self, upload: Upload, piece: Piece, error: Exception) -> None:
        text = str(error) or upload.trouble or "no answer before the deadline"
        self._policy.breaker.failed(asyncio.get_running_loop().time())
        self.trouble = self._failure = text
        expected = isinstance(error, BucketError | ResponseError | TimeoutError)
        log.warning("a piece is judged here after all: %s", text, exc_info=None if expected else error)
        await self._engine.score_here(piece.number)
        self._usage.note(replace(upload.entry, outcome="failed", error=text))


def _name_of(piece: Piece) -> str:
    """Return the name of a piece in the bucket: when it was heard, UTC, and its number since the start."""
    return f"{datetime.fromtimestamp(piece.utc_s, UTC):%Y%m%dT%H%M%S%f}"[:-3] + f"Z-{piece.number}"
