"""Broadcast of the live sound: one encoder for each kind of listener, bounded queues, no work without listeners."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from babycryd.audio.format import HOP_S
from babycryd.audio.ring import RingBuffer
from babycryd.core.live_sound import ListenersChanged, LiveSoundError
from babycryd.detect.gate import GateSettings
from babycryd.listen_in.encoder import Mp3Encoder
from babycryd.listen_in.live_hops import LiveHop, LiveHops
from babycryd.listen_in.quiet_gate import QuietGate
from babycryd.listen_in.settings import ListenInSettings
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = HOP_S / 3  # as long as a block of the microphone
_MOST_WAITING: Final = round(3 / HOP_S)  # hops in the queue of a listener; one that is slower is dropped
_ENCODER_LIMIT_S: Final = 5.0


class Listener:
    """A listener: queue of the frames that it has not taken yet. See `LiveListener`."""

    def __init__(self, who: str, *, gated: bool, on_close: Callable[["Listener"], None]) -> None:
        self.who = who
        self.gated = gated
        self._on_close = on_close
        self._waiting: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._ended = False

    def put(self, frames: bytes) -> bool:
        """Add frames; return False, and end the listener, where it has not taken those of three seconds."""
        if self._ended or not frames:
            return True
        if len(self._waiting) >= _MOST_WAITING:
            self.end()
            return False
        self._waiting.append(frames)
        self._arrived.set()
        return True

    def end(self) -> None:
        """Let `take` return None at once: what waits is dropped."""
        self._ended = True
        self._arrived.set()

    async def take(self) -> bytes | None:
        """See `LiveListener`."""
        while not self._waiting and not self._ended:
            self._arrived.clear()
            await self._arrived.wait()
        if self._ended:
            return None
        frames = b"".join(self._waiting)
        self._waiting.clear()
        return frames

    def close(self) -> None:
        """See `LiveListener`."""
        self._on_close(self)


class Broadcast:
    """Broadcast of the live sound while `run` runs. See `LiveSound`. Loop thread only; nothing of it is stored."""

    def __init__(
        self,
        settings: ListenInSettings,
        ring: RingBuffer,
        publish: Callable[[ListenersChanged], None],
        gate: GateSettings,
    ) -> None:
        """`ring`: the newest sound, which the engine fills; `gate`: when a sound stands out from the room's noise."""
        self._settings = settings
        self._ring = ring
        self._publish = publish
        self._gate = gate
        self._listeners: set[Listener] = set()
        self._has_listeners = asyncio.Event()
        self._worker = WorkerThread("listen-in")
        self.dropped = 0  # listeners that were too slow

    @property
    def enabled(self) -> bool:
        """See `LiveSound`."""
        return self._settings.enabled

    @property
    def listeners(self) -> int:
        """See `LiveSound`."""
        return len(self._listeners)

    def configure(self, settings: ListenInSettings) -> None:
        """Use other settings; without consent, every listener ends now."""
        self._settings = settings
        if not settings.enabled:
            self._end_all()

    def listen(self, who: str, *, gated: bool) -> Listener:
        """See `LiveSound`."""
        if not self._settings.enabled:
            raise LiveSoundError("listening in is off: see listen_in.consent in the configuration")
        if len(self._listeners) >= self._settings.max_listeners:
            raise LiveSoundError(f"{len(self._listeners)} listen already (listen_in.max_listeners)")
        listener = Listener(who, gated=gated, on_close=self._forget)
        self._listeners.add(listener)
        self._has_listeners.set()
        log.info("%s listens in; listeners: %d", who, len(self._listeners))
        self._tell()
        return listener

    async def run(self) -> None:
        """Send sound to the listeners until cancelled. Raises EncoderError, TimeoutError; the listeners have ended."""
        self._tell()  # replaces what a killed run left in the home
        try:
            while True:
                await self._has_listeners.wait()
                await self._send()
        finally:
            self._end_all()

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        hops, gate = LiveHops(self._ring, clock()), QuietGate(self._gate)
        encoders: dict[bool, Mp3Encoder] = {}
        try:
            while self._listeners:
                for hop in hops.take(clock()):
                    wanted = {each.gated for each in self._listeners}
                    encode = partial(_encoded, hop, gate, wanted, encoders)
                    frames = await self._worker.call(encode, _ENCODER_LIMIT_S)
                    self._give(frames)
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            self._worker.begin(lambda: _close(encoders))
        self._has_listeners.clear()

    def _give(self, frames: Mapping[bool, bytes]) -> None:
        for listener in list(self._listeners):
            if not listener.put(frames.get(listener.gated, b"")):
                self.dropped += 1
                log.info("%s is too slow to listen in, and was dropped", listener.who)

    def _forget(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
            log.info("%s no longer listens in; listeners: %d", listener.who, len(self._listeners))
            self._tell()

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.end()

    def _tell(self) -> None:
        self._publish(ListenersChanged(self._ring.end_s, len(self._listeners)))


def _encoded(hop: LiveHop, gate: QuietGate, wanted: set[bool], encoders: dict[bool, Mp3Encoder]) -> dict[bool, bytes]:
    """Return the frames of a hop for each kind of listener that is there, by `gated`. For the thread."""
    sounds = {True: gate.passed(hop), False: hop.samples}  # the gate learns the room's noise in any case
    for gated in wanted - encoders.keys():
        encoders[gated] = Mp3Encoder()
    return {gated: encoders[gated].encode(sounds[gated]) for gated in wanted}


def _close(encoders: dict[bool, Mp3Encoder]) -> None:
    for encoder in encoders.values():
        encoder.close()
