"""Capture supervisor: keeps a source open, reopens a lost one, and says whether anything can be heard."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from babycryd.audio.block import AudioBlock, StreamClock, Tick
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.arrival import ArrivalWatch
from babycryd.capture.chosen_source import source_of
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.signal_watch import SignalWatch
from babycryd.capture.sound_cards import ROOT, cards_text
from babycryd.capture.source import CaptureError, Chunk, RecordingEnded, RecordingError, Source
from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Hearing, MicrophoneTroubled
from babycryd.core.health_parts import StreamHealth
from babycryd.core.printable import printable
from babycryd.core.supervision import Backoff

TICK_S = 0.25  # between two ticks while deaf
CHECK_S = 0.5  # between two checks while no audio comes: twice a hop, so that a wait for one does not end before it
REOPEN_CLOSE_LIMIT_S = 2.0
LAST_CLOSE_LIMIT_S = 0.8  # the daemon must stop within two seconds
LONG_OPENING_S = 4.5  # of a source that is told as deaf then, and may still open
STARTING = "starting"

log = logging.getLogger(__name__)


def reopen_backoff(settings: CaptureSettings) -> Backoff:
    """Return the pauses between two attempts to reopen a lost source; chance takes up to a quarter of each."""
    return Backoff(lowest_s=settings.reopen_first_s, highest_s=settings.reopen_longest_s, jitter=0.25)


class CaptureSupervisor:
    """Supervisor of a source: delivers its blocks, and reopens a lost microphone.

    Use `async with aclosing(supervisor.blocks()) as blocks`, which closes the source at the end of the block. Publishes
    `Hearing` when sound comes (again), `Deaf`, once for each reason, when none comes, and `MicrophoneTroubled` when it
    can hardly be judged. After a reopening the audio goes on with a gap in its times.
    """

    def __init__(
        self,
        settings: CaptureSettings,
        bus: Bus,
        source: Source | None = None,
        root: Path = ROOT,
        utc: Callable[[], float] = time.time,
    ) -> None:
        """`root`: the folder below which Linux lists its sound cards; `utc`: the wall clock that stamps the blocks."""
        self._utc = utc
        self.source = source or source_of(settings)
        traits = self.source.traits
        self._live = traits.live
        self._stall_s, self._zeros_s = traits.stall_s(settings.stall_s), traits.zeros_s(settings.zeros_s)
        self._arrival = ArrivalWatch() if traits.remote else None
        self._lost_samples = 0
        self._root = root
        self._cards = ""  # as they were at the last attempt to open
        self.reopened = 0  # how often a lost source was opened again
        self.deaf: str | None = STARTING  # why nothing is heard; None: sound comes
        self.heard_from_s = 0.0  # stream time since which sound comes
        self._bus = bus
        self._clock = StreamClock(time.monotonic())
        self._watch: SignalWatch | None = None  # None: the source is closed
        self._last_watch: SignalWatch | None = None
        self._hearing: bool | None = None  # None: nothing is known yet
        self._reasons: set[str] = set()  # published since sound came last
        self._trouble: str | None = None  # published last
        self._channel: int | None = None  # taken instead of the mean, told last
        self._backoff = reopen_backoff(settings)
        self._open_at_s = 0.0  # not before this, monotonic

    @property
    def now_s(self) -> float:
        """Stream time now, give or take a block."""
        return self._clock.at(time.monotonic())

    @property
    def stamped_s(self) -> float:
        """Stream time up to which blocks have their time of the wall clock."""
        return self._clock.counted_s

    @property
    def stream_health(self) -> StreamHealth | None:
        """Health of a stream that comes over the network; None for any other source."""
        if self._arrival is None:
            return None
        lost_s = self._lost_samples / SAMPLE_RATE_HZ
        return StreamHealth(self._arrival.drift_ppm, lost_s, self.source.overflows, self.reopened)

    async def blocks(self) -> AsyncGenerator[AudioBlock | Tick, None]:
        """Yield every block in order of time, and a `Tick` about every quarter of a second while the source is closed.

        Ends with the end of a recording; raises RecordingError where it cannot be read. When cancelled at
        any moment, it ends within a second.
        """
        self._clock = StreamClock(time.monotonic())
        try:
            while True:
                for each in await self._next():
                    yield each
        except RecordingEnded:
            return
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the source within a second; may be called at any time and again."""
        self._watch = None
        await self.source.close(LAST_CLOSE_LIMIT_S)

    async def _next(self) -> Sequence[AudioBlock | Tick]:
        try:
            watch = self._watch or await self._open()
            return [Tick(self._clock.at(time.monotonic()))] if watch is None else await self._listen(watch)
        except (RecordingError, RecordingEnded):
            raise
        except CaptureError as error:
            await self._lost(str(error))
        except Exception as error:  # any error of a source means deaf, and the source is opened again
            reason = f"{self.source.name} fails ({printable(str(error)) or type(error).__name__})"
            if reason not in self._reasons:
                log.exception("%s", reason)
            await self._lost(reason)
        return []

    async def _open(self) -> SignalWatch | None:
        """Open the source; return None, after a tick, while the pause between two attempts lasts."""
        pause_s = self._open_at_s - time.monotonic()
        if pause_s > 0:
            await asyncio.sleep(min(pause_s, TICK_S))
            self._open_at_once_if_plugged()
            return None
        self._cards = cards_text(self._root)
        again = self._hearing is not None
        timer = asyncio.get_running_loop().call_later(LONG_OPENING_S, self._tell_long_opening)
        try:
            await self.source.open()
        finally:
            timer.cancel()
        now_s = time.monotonic()
        self.reopened += again
        if self._hearing is False:
            self._clock.skip_to(now_s)
        if self._arrival is not None:
            self._arrival.reopened()
        self._watch = self._last_watch = SignalWatch(
            self.source.name,
            now_s,
            stall_s=self._stall_s,
            zeros_s=self._zeros_s,
            remote=self._arrival is not None,
            after=self._last_watch,
        )
        return self._watch

    def _tell_long_opening(self) -> None:
        """Publish that nothing is heard yet, unless a reason is known already."""
        if self.deaf == STARTING:
            self._publish_deaf(time.monotonic(), f"{self.source.name} does not answer yet")

    def _open_at_once_if_plugged(self) -> None:
        """Try at once where the list of cards has changed: reading it costs 9 us, an attempt 60 to 80 ms."""
        cards = cards_text(self._root)
        if cards != self._cards:
            self._cards = cards
            self._open_at_s = 0.0
            self._backoff.reset()

    async def _listen(self, watch: SignalWatch) -> list[AudioBlock]:
        chunks = await self.source.read(CHECK_S)
        now_s = time.monotonic()
        if self._arrival is not None:
            chunks = self._arrived(self._arrival, chunks, now_s)
        blocks = self._stamped(chunks, now_s)
        if not self._live:  # its silence is part of the recording
            if blocks and not self._hearing:
                self._recovered(blocks[0].start_s)
            return blocks
        self._tell_channel(chunks)
        sounds = [watch.update(now_s, chunk.samples, lost=chunk.lost) for chunk in chunks]
        if reason := watch.check(now_s):
            raise CaptureError(reason)
        self._publish_trouble(watch)
        if reason := watch.hum():  # it stays open: reopening does not end a hum, and any sound does
            self._publish_deaf(now_s, reason)
        elif any(sounds) and not self._hearing:
            self._recovered(blocks[0].start_s)
        return blocks

    def _arrived(self, arrival: ArrivalWatch, chunks: list[Chunk], now_s: float) -> list[Chunk]:
        """Return the chunks, the first one after what the network was found to have dropped without a word."""
        arrival.note(now_s, sum(chunk.lost + len(chunk.samples) for chunk in chunks))
        if chunks and (dropped := arrival.take_lost()):
            chunks = [replace(chunks[0], lost=chunks[0].lost + dropped), *chunks[1:]]
        self._lost_samples += sum(chunk.lost for chunk in chunks)
        return chunks

    def _tell_channel(self, chunks: list[Chunk]) -> None:
        """Log, once for each channel, that it is taken instead of the mean."""
        channel = chunks[-1].taken_alone if chunks else None
        if channel is not None and channel != self._channel:
            self._channel = channel
            log.info(
                "the channels of %s cancel each other in their mean: channel %d is taken", self.source.name, channel
            )

    def _stamped(self, chunks: list[Chunk], now_s: float) -> list[AudioBlock]:
        """Return the chunks with their times; the last sample of the last one was heard just now."""
        utc_s = self._utc() - sum(chunk.lost + len(chunk.samples) for chunk in chunks) / SAMPLE_RATE_HZ
        blocks = []
        for chunk in chunks:
            utc_s += chunk.lost / SAMPLE_RATE_HZ
            start_s = self._clock.advance(len(chunk.samples), now_s, lost=chunk.lost)
            blocks.append(AudioBlock(chunk.samples, start_s, utc_s))
            utc_s += len(chunk.samples) / SAMPLE_RATE_HZ
        return blocks

    def _recovered(self, at_s: float) -> None:
        self._hearing = True
        self.deaf, self.heard_from_s = None, at_s
        self._reasons.clear()
        self._backoff.reset()
        self._bus.publish(Hearing(at_s, self.source.name))

    async def _lost(self, reason: str) -> None:
        now_s = time.monotonic()
        self._publish_deaf(now_s, reason)
        self._watch = None
        self._open_at_s = now_s + self._backoff.pause_s()
        await self.source.close(REOPEN_CLOSE_LIMIT_S)

    def _publish_deaf(self, now_s: float, reason: str) -> None:
        """Publish `Deaf` once for each reason: a microphone may go away, and then another one be in its place."""
        self._hearing, self.deaf = False, reason
        if reason not in self._reasons:
            self._reasons.add(reason)
            self._bus.publish(Deaf(self._clock.at(now_s), reason))

    def _publish_trouble(self, watch: SignalWatch) -> None:
        wrong_rate = self._arrival and self._arrival.trouble(self.source.name)
        trouble = wrong_rate or watch.trouble
        if trouble != self._trouble:
            self._trouble = trouble
            self._bus.publish(MicrophoneTroubled(self.now_s, self._trouble))
