"""A server at work on a real port, and a fake device behind it that notes the commands it gets."""

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

from babycryd.core.bus import Bus
from babycryd.core.check_result import CheckResult
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, CommandResult, Feedback
from babycryd.core.events import Event
from babycryd.core.home_rooms import Overview
from babycryd.core.live_sound import LiveSound
from babycryd.core.liveness import Liveness
from babycryd.core.page_settings import PageSettings
from babycryd.core.push import PushSubscriptions
from babycryd.core.records import Clips, Nights
from babycryd.core.sounds import LoudnessMeter, Voices
from babycryd.system.worker_process import WorkerProcess
from babycryd.web.auth.passwords import hash_of
from babycryd.web.context import WebContext
from babycryd.web.server import WebServer
from babycryd.web.settings import WebSettings
from tests.support.patience import CLOCK_HANG_S, patient, until
from tests.support.ports import free_port

JSON = {"Content-Type": "application/json"}
PASSWORD = "correct horse"  # noqa: S105  # of a server that lives for one test
HASH = hash_of(PASSWORD)
HEARS = Liveness(None, 0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    content: Any
    headers: HTTPMessage
    raw: bytes


@dataclass(slots=True)
class ServedDevice:
    """The device behind the server: gives it what it shows, and notes the commands that it passes on."""

    port: int = field(default_factory=free_port)
    bus: Bus = field(default_factory=Bus)
    executed: list[Command] = field(default_factory=list)
    liveness: Liveness = HEARS
    hash: str = HASH
    tracks: tuple[str, ...] = ("brahms", "<img src=x onerror=alert(1)>", "twinkle")
    nights: Nights | None = None
    clips: Clips | None = None
    pictures: WorkerProcess | None = None  # draws for nights and clips; ended with the server
    push: PushSubscriptions | None = None
    episodes: tuple[str, ...] = ()  # that can be marked, besides e1
    tokens: set[str] = field(default_factory=set)  # that acknowledge an alert, once each
    meter: LoudnessMeter | None = None
    voices: Voices | None = None
    live_sound: LiveSound | None = None
    settings: PageSettings | None = None
    overview: Overview | None = None
    server: WebServer | None = None
    outbox: tuple[int, int] | None = (5, 2)  # messages that wait for the broker, and that were dropped
    device_id: str = "nursery"
    room: str = "<script>alert(1)</script>"
    results: tuple[CheckResult, ...] = (
        CheckResult("broker", good=False, text="refused"),
        CheckResult("disk", good=True, text=""),
    )

    async def dispatch(self, command: Command) -> CommandResult:
        """As the desk does, where one episode is known."""
        if isinstance(command, Feedback):
            if command.episode not in (None, "e1", *self.episodes):
                raise CommandError(f"no episode {command.episode!r}")
            self.executed.append(command)
            return {"episode": command.episode or "e1", "cry": command.cry}
        self.executed.append(command)
        return {}

    def read_hash(self) -> str:
        """Raises ValueError where there is none, as the daemon's does."""
        if not self.hash:
            raise ValueError("no hash")
        return self.hash

    def context(self) -> WebContext:
        return WebContext(
            device=self.device_id,
            room=self.room,
            bus=self.bus,
            dispatch=self.dispatch,
            liveness=lambda: self.liveness,
            now_s=time.monotonic,
            tracks=lambda: self.tracks,
            results=lambda: self.results,
            lost=lambda: {"audio blocks": 3},
            outbox=lambda: self.outbox,
            nights=self.nights,
            clips=self.clips,
            push=self.push,
            acknowledge_with=self.acknowledge_with,
            meter=self.meter,
            voices=self.voices,
            live_sound=self.live_sound,
            settings=self.settings,
            overview=lambda: self.overview,
        )

    def acknowledge_with(self, token: str) -> bool:
        known = token in self.tokens
        self.tokens.discard(token)
        return known

    async def tell(self, *events: Event) -> None:
        """Publishes events; returns once every part of the server has taken them."""
        for event in events:
            self.bus.publish(event)
        await until(lambda: not any(map(len, self.bus.subscriptions)))

    async def ask(
        self, path: str, fields: object = None, *, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> Answer:
        """GET, or POST where there are fields (or bytes as they are)."""
        body = fields if isinstance(fields, bytes) else b"" if fields is None else json.dumps(fields).encode()
        sent = dict(JSON if headers is None and fields is not None else {}) | dict(headers or {})
        return await asyncio.to_thread(self._ask, method or ("GET" if fields is None else "POST"), path, body, sent)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CLOCK_HANG_S)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            raw = answer.read()
            kind = answer.headers.get("Content-Type", "")
            content = json.loads(raw) if kind.startswith("application/json") and raw else raw
            return Answer(answer.status, content, answer.headers, raw)
        finally:
            connection.close()


@asynccontextmanager
async def serving(
    folder: Path, settings: WebSettings | None = None, device: ServedDevice | None = None, *, locked: bool = False
) -> AsyncIterator[ServedDevice]:
    device = device or ServedDevice()
    chosen = replace(settings or WebSettings(), port=device.port)
    device.server = WebServer(chosen, device.context(), folder, device.read_hash if locked else None)
    task = asyncio.create_task(device.server.run())
    try:
        async with patient():
            while True:
                try:
                    await device.ask("/healthz")
                    break
                except OSError:
                    await asyncio.sleep(0.02)
        yield device
    finally:
        task.cancel()
        await asyncio.wait([task])
        if device.pictures is not None:
            await device.pictures.close()
