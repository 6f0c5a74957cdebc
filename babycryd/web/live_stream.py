"""The live stream of events to open pages. Without an open page it does no work."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from babycryd.core.bus import Bus, Subscription
from babycryd.core.event_json import as_json
from babycryd.core.events import Event, LevelMeasured, WindowScored
from babycryd.web.responses import SAFE, dumps
from babycryd.web.state_view import OFTEN, RARE

FLUSH_EVERY_S: Final = 0.2  # five updates a second at most
BEAT_S: Final = 2.0  # so that a page knows within seconds that we are gone
_STATE_EVERY_S: Final = 10.0  # the whole state again: disk, broker and cloud have no events
_WAITING: Final = 25  # updates, five seconds of a busy room; then the oldest is dropped
_STUCK_S: Final = 20.0  # a browser that takes nothing for so long is let go
_KEPT_S: Final = 120.0  # of the curve, for those who come later

_BEAT: Final = b"event: beat\ndata: {}\n\n"
_HEADERS: Final = {**SAFE, "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


class _Viewer:
    """One open page."""

    def __init__(self) -> None:
        self._updates: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._ended = False
        self.missed = False  # something was dropped: the whole state must be told

    def put(self, update: bytes) -> int:
        """How many had to be dropped."""
        self._updates.append(update)
        self._arrived.set()
        if len(self._updates) <= _WAITING:
            return 0
        self._updates.popleft()
        self.missed = True
        return 1

    def end(self) -> None:
        self._ended = True
        self._arrived.set()

    async def take(self) -> bytes | None:
        """All that waits, once something does; None at the end."""
        while not self._updates and not self._ended:
            self._arrived.clear()
            await self._arrived.wait()
        if self._ended:
            return None
        updates = b"".join(self._updates)
        self._updates.clear()
        return updates


class LiveStream:
    """`run` it as long as the server runs. Loop only."""

    def __init__(self, bus: Bus, state: Callable[[], dict[str, Any]], listening: Callable[[], bool], most: int) -> None:
        """`state`: all that `/api/state` tells; `listening`: what no event tells of it; `most`: so many may watch."""
        self._bus = bus
        self._state = state
        self._listening = listening
        self._most = most
        self._viewers: set[_Viewer] = set()
        self._has_viewers = asyncio.Event()
        self._scores: deque[tuple[float, float]] = deque()  # stream time, score
        self._level: LevelMeasured | None = None
        self.dropped = 0  # updates that slow browsers did not get

    def __len__(self) -> int:
        """How many watch."""
        return len(self._viewers)

    @property
    def is_full(self) -> bool:
        return len(self._viewers) >= self._most

    async def run(self) -> None:
        """Sends events to the open pages until cancelled."""
        try:
            while True:
                await self._has_viewers.wait()
                await self._while_watched()
        finally:
            for viewer in self._viewers:
                viewer.end()

    async def show(self, request: web.Request, stays: Callable[[], bool]) -> web.StreamResponse:
        """Streams every event from now on, while the page is open and `stays()`."""
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        viewer = _Viewer()
        self._viewers.add(viewer)
        self._has_viewers.set()
        try:
            await response.write(b"retry: 2000\n\n" + self._whole(recent=True))
            while True:
                updates = await viewer.take()
                if updates is None or not stays():
                    break
                if viewer.missed:
                    viewer.missed = False
                    updates += self._whole(recent=False)
                async with asyncio.timeout(_STUCK_S):
                    await response.write(updates)
        except (TimeoutError, ConnectionResetError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._viewers.discard(viewer)
        return response

    async def _while_watched(self) -> None:
        subscription = self._bus.subscribe("page", only=(*RARE, *OFTEN))
        try:
            await self._hand_out(subscription)
        finally:
            self._bus.unsubscribe(subscription)
            self._scores.clear()
            self._level = None

    async def _hand_out(self, subscription: Subscription) -> None:
        clock = asyncio.get_running_loop().time
        told_s, told_listening = clock(), self._listening()
        while self._viewers:
            events = await self._next(subscription)
            update = b"".join(_message(as_json(event)) for event in events)
            await asyncio.sleep(0)  # the state view takes these events, too
            listening = self._listening()
            rare = listening != told_listening or any(isinstance(event, RARE) for event in events)
            if rare or clock() - told_s >= _STATE_EVERY_S:
                told_s, told_listening = clock(), listening
                update += self._whole(recent=False)
            for viewer in self._viewers:
                self.dropped += viewer.put(update or _BEAT)
            await asyncio.sleep(FLUSH_EVERY_S)
        self._has_viewers.clear()

    async def _next(self, subscription: Subscription) -> list[Event]:
        """All that waits; waits itself for a beat at most."""
        events: list[Event] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                events.append(await subscription.get())
        while len(subscription):
            events.append(await subscription.get())
        for event in events:
            self._keep(event)
        return events

    def _keep(self, event: Event) -> None:
        match event:
            case WindowScored(at_s=at_s, score=score):
                self._scores.append((round(at_s, 2), round(score, 3)))
                while self._scores[0][0] < at_s - _KEPT_S:
                    self._scores.popleft()
            case LevelMeasured():
                self._level = event
            case _:
                pass

    def _whole(self, *, recent: bool) -> bytes:
        state = self._state()
        if recent:
            level = as_json(self._level) if self._level else None
            state |= {"recent": {"scores": list(self._scores), "level": level}}
        return _message(state, "state")


def _message(fields: dict[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {dumps(fields)}\n\n".encode()
