"""The core loop: blocks from the capture supervisor, through the pipeline, to the bus."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from typing import TypeVar

from babycryd.audio.block import AudioBlock, HopCounter, Tick
from babycryd.audio.ring import RingBuffer
from babycryd.capture.source import CaptureError
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.events import DetectEvent, EndReason
from babycryd.core.liveness import Liveness, liveness
from babycryd.detect.front_end import HeardHop
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import Piece, Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.verifiers import Verifiers
from babycryd.engine.episode_stamps import EpisodeStamps

T = TypeVar("T")
_Judged = tuple[list[DetectEvent], list[Piece]]


class DetectionEngine:
    """Core loop: runs the pipeline over captured blocks; keeps the last audio in `ring`.

    A thread of its own runs what may take long or hang: classifier and echo canceller. A hop in which the gate stays
    closed is judged in the loop, as waking the thread and the loop again would cost more than the gate.
    """

    def __init__(
        self, capture: CaptureSupervisor, ring: RingBuffer, pipeline: Pipeline, bus: Bus, alive: Callable[[], None]
    ) -> None:
        """`alive` is called after each processed hop: it feeds the watchdog."""
        self.ring = ring
        self._capture = capture
        self._pipeline = pipeline
        self._bus = bus
        self._alive = alive
        self._stamps = EpisodeStamps()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="detect")
        self._using = threading.Lock()  # held while the loop or the detector's thread uses the pipeline
        self._waiting: list[AudioBlock] = []
        self._hops = HopCounter()
        self._longest_lag_s = 0.0
        self.last_window_utc_s: float | None = None  # wall clock at the end of the last sound that was judged
        self._judged_s: float | None = None  # the same in stream time
        self._classified_s: float | None = None
        self.lag_s = 0.0  # from the arrival of sound to the last decision
        self.on_piece: Callable[[Piece], None] | None = None  # takes the pieces that are to be scored in the cloud

    async def run(self) -> None:
        """Run until a recording ends, or for ever. Raises CaptureError where only a new process can help."""
        async with aclosing(self._capture.blocks()) as blocks:
            async for item in blocks:
                match item:
                    case AudioBlock():
                        await self._take(item)
                    case Tick():
                        self._check_sound_system()
                        self._alive()  # deaf, and the source is being reopened
        await self._process_waiting()
        self._publish(await self._in_thread(self._pipeline.flush))

    async def finish(self, reason: EndReason, at_s: float | None = None) -> None:
        """End the running episode and segment now."""
        self._publish(await self._in_thread(lambda: self._pipeline.finish(reason, at_s)))

    async def dismiss(self, episode: str) -> bool:
        """End the episode as no cry; return whether it was running."""
        events = await self._in_thread(lambda: self._pipeline.dismiss(episode))
        self._publish(events)
        return bool(events)

    async def snooze(self, *, snoozing: bool) -> None:
        """Let no episode begin while `snoozing`."""
        self._publish(await self._in_thread(lambda: self._pipeline.snooze(snoozing=snoozing)))

    def set_offload(self, *, enabled: bool, deadline_s: float) -> None:
        """Set whether coming hops go to `on_piece`, and how long a piece may wait for its answer."""
        self._submit(lambda: self._pipeline.set_offload(enabled=enabled, deadline_s=deadline_s))

    async def answer(self, number: int, scored: Sequence[Scored | None]) -> bool:
        """Take a piece's scores from the cloud; return False where they came too late."""
        events = await self._in_thread(lambda: self._pipeline.answer(number, scored))
        self._publish(events or [])
        return events is not None

    async def score_here(self, number: int) -> None:
        """Score a piece here, as no answer will come."""
        self._publish(await self._in_thread(lambda: self._pipeline.score_here(number)))

    @property
    def now_s(self) -> float:
        """Stream time now."""
        return self._capture.now_s

    def liveness(self) -> Liveness:
        """Return whether a cry would be heard now, and if not, why."""
        return liveness(
            self.now_s,
            deaf=self._capture.deaf,
            heard_from_s=self._capture.heard_from_s,
            judged_s=self._judged_s,
            classified_s=self._classified_s,
        )

    def take_lag_s(self) -> float:
        """Return the longest time from the arrival of sound to its decision since the last call."""
        lag_s, self._longest_lag_s = self._longest_lag_s, 0.0
        return lag_s

    def clock_set(self, step_s: float) -> None:
        """Let the episodes whose sound was stamped before this step of the wall clock move with it."""
        self._stamps.clock_set(step_s, self._capture.stamped_s)

    def apply(self, settings: DetectionSettings) -> None:
        """Use other settings from the next hop on."""
        self._submit(lambda: self._pipeline.apply(settings))

    def use(self, verifiers: Verifiers) -> None:
        """Use verifiers that have learnt; may be called from any thread."""
        self._submit(lambda: self._pipeline.use(verifiers))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _check_sound_system(self) -> None:
        if self._capture.source.close_hung:
            raise CaptureError("the sound system does not come back from a call: only a restart helps")

    async def _take(self, block: AudioBlock) -> None:
        self.ring.append(block)
        self._waiting.append(block)
        if self._hops.completes(block):  # no decision comes earlier
            await self._process_waiting()
            self._alive()

    async def _process_waiting(self) -> None:
        blocks, self._waiting = self._waiting, []
        heard, judged = self._hear_here(blocks)
        if judged is None:
            judged = await self._in_thread(lambda: self._judge(self._heard(blocks) if heard is None else heard))
        events, pieces = judged
        self._publish(events)
        if self.on_piece is not None:
            for piece in pieces:
                self.on_piece(piece)
        if blocks:
            self.last_window_utc_s = blocks[-1].utc_s + blocks[-1].end_s - blocks[-1].start_s
            self._judged_s = blocks[-1].end_s
            self.lag_s = max(0.0, self._capture.now_s - blocks[-1].end_s)  # not by the wall clock, which may be set
            self._longest_lag_s = max(self._longest_lag_s, self.lag_s)

    def _hear_here(self, blocks: list[AudioBlock]) -> tuple[list[HeardHop] | None, _Judged | None]:
        """Hear the blocks in this thread, where that is quick, and judge them, where no classifier is needed."""
        if not self._pipeline.hears_quickly or not self._using.acquire(blocking=False):
            return None, None
        try:
            heard = list(self._heard(blocks))
            return heard, None if self._pipeline.needs_classifier(heard) else self._judge(heard)
        finally:
            self._using.release()

    def _heard(self, blocks: list[AudioBlock]) -> Iterator[HeardHop]:
        for each in blocks:
            yield from self._pipeline.hear(each.samples, each.start_s, each.utc_s)

    def _judge(self, heard: Iterable[HeardHop]) -> _Judged:
        events = self._pipeline.judge(heard)
        self._classified_s = self._pipeline.classified_s
        return events, self._pipeline.pieces()

    def _publish(self, events: list[DetectEvent]) -> None:
        for event in events:
            self._bus.publish(self._stamps.corrected(event))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._use, work)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        return self._thread.submit(self._use, work)

    def _use(self, work: Callable[[], T]) -> T:
        with self._using:
            return work()
