"""Live stream of events to the open pages, as server-sent events. Without an open page it does no work."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from babycryd.core.bus import Bus, Subscription
from babycryd.core.compact_json import compact_json
from babycryd.core.event_json import as_json
from babycryd.core.events import Event, LevelMeasured, WindowScored
from babycryd.web.responses import SAFE
from babycryd.web.state_view import OFTEN, RARE

FLUSH_EVERY_S: Final = 0.2  # five updates a second at most
BEAT_S: Final = 2.0  # so that a page notices within seconds that the daemon has gone
_STATE_EVERY_S: Final = 10.0  # the whole state again: disk, broker and cloud have no events
_MOST_WAITING: Final = 25  # updates in the queue of a page, 5 s of them; beyond, the oldest is dropped
WRITE_LIMIT_S: Final = 20.0  # the connection of a browser that takes nothing for this long is closed
_CURVE_S: Final = 120.0  # length of the score curve for a new page

BEAT: Final = b"event: beat\ndata: {}\n\n"
HEADERS: Final = {**SAFE, "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


class _Viewer:
    """Queue of the updates for one open page."""

    def __init__(self) -> None:
        self._updates: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._ended = False
        self.missed = False  # an update was dropped, so the whole state must be sent

    def put(self, update: bytes) -> int:
        """Add an update; return how many were dropped for it, 0 or 1."""
        self._updates.append(update)
        self._arrived.set()
        if len(self._updates) <= _MOST_WAITING:
            return 0
        self._updates.popleft()
        self.missed = True
        return 1

    def end(self) -> None:
        """Let `take` return None."""
        self._ended = True
        self._arrived.set()

    async def take(self) -> bytes | None:
        """Wait for updates, and return all of them; None at the end."""
        while not self._updates and not self._ended:
            self._arrived.clear()
            await self._arrived.wait()
        if self._ended:
            return None
        updates = b"".join(self._updates)
        self._updates.clear()
        return updates


class LiveStream:
    """Live stream of events to every open page, while `run` runs. Loop thread only."""

    def __init__(self, bus: Bus, state: Callable[[], dict[str, Any]], listening: Callable[[], bool], most: int) -> None:
        """`state`: the JSON of `/api/state`; `listening`: its part without events; `most`: limit of open pages."""
        self._bus = bus
        self._state = state
        self._listening = listening
        self._most = most
        self._viewers: set[_Viewer] = set()
        self._has_viewers = asyncio.Event()
        self._scores: deque[tuple[float, float]] = deque()  # stream time, score
        self._level: LevelMeasured | None = None
        self.dropped = 0  # updates that were dropped for slow browsers

    def __len__(self) -> int:
        """Return the number of open pages."""
        return len(self._viewers)

    @property
    def is_full(self) -> bool:
        """Whether no further page may open."""
        return len(self._viewers) >= self._most

    async def run(self) -> None:
        """Send events to the open pages until cancelled."""
        try:
            while True:
                await self._has_viewers.wait()
                await self._serve_viewers()
        finally:
            for viewer in self._viewers:
                viewer.end()

    async def stream(self, request: web.Request, is_admitted: Callable[[], bool]) -> web.StreamResponse:
        """Stream every event from now on, while the page is open and `is_admitted()`."""
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        viewer = _Viewer()
        self._viewers.add(viewer)
        self._has_viewers.set()
        try:
            await response.write(b"retry: 2000\n\n" + self._state_message(recent=True))
            while True:
                updates = await viewer.take()
                if updates is None or not is_admitted():
                    break
                if viewer.missed:
                    viewer.missed = False
                    updates += self._state_message(recent=False)
                async with asyncio.timeout(WRITE_LIMIT_S):
                    await response.write(updates)
        except (TimeoutError, ConnectionResetError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._viewers.discard(viewer)
        return response

    async def _serve_viewers(self) -> None:
        subscription = self._bus.subscribe("page", only=(*RARE, *OFTEN))
        try:
            await self._send_events(subscription)
        finally:
            self._bus.unsubscribe(subscription)
            self._scores.clear()
            self._level = None

    async def _send_events(self, subscription: Subscription) -> None:
        clock = asyncio.get_running_loop().time
        sent_s, sent_listening = clock(), self._listening()
        while self._viewers:
            events = await self._next_events(subscription)
            update = b"".join(_message(as_json(event)) for event in events)
            await asyncio.sleep(0)  # lets the state view process these events too
            listening = self._listening()
            rare = listening != sent_listening or any(isinstance(event, RARE) for event in events)
            if rare or clock() - sent_s >= _STATE_EVERY_S:
                sent_s, sent_listening = clock(), listening
                update += self._state_message(recent=False)
            for viewer in self._viewers:
                self.dropped += viewer.put(update or BEAT)
            await asyncio.sleep(FLUSH_EVERY_S)
        self._has_viewers.clear()

    async def _next_events(self, subscription: Subscription) -> list[Event]:
        """Return all waiting events; wait at most BEAT_S for the first."""
        events: list[Event] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                events.append(await subscription.get())
        while len(subscription):
            events.append(await subscription.get())
        for event in events:
            self._store(event)
        return events

    def _store(self, event: Event) -> None:
        match event:
            case WindowScored(at_s=at_s, score=score):
                self._scores.append((round(at_s, 2), round(score, 3)))
                while self._scores[0][0] < at_s - _CURVE_S:
                    self._scores.popleft()
            case LevelMeasured():
                self._level = event
            case _:
                pass

    def _state_message(self, *, recent: bool) -> bytes:
        state = self._state()
        if recent:
            level = as_json(self._level) if self._level else None
            state |= {"recent": {"scores": list(self._scores), "level": level}}
        return _message(state, "state")


def _message(fields: dict[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {compact_json(fields)}\n\n".encode()
