"""Reader of a listed room's page: asks for its state again and again, and tells what it cannot read."""

import asyncio
import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babycryd.core.home_rooms import HomeRoom, room_of_state, trouble
from babycryd.overview.settings import ListedRoom
from babycryd.system.tls import TlsFileError, client_context, context_for

if TYPE_CHECKING:
    import aiohttp

_EVERY_S: Final = 5.0
_AFTER_FAILURE_S: Final = 15.0
_AFTER_REFUSAL_S: Final = 60.0  # a page counts wrong passwords
_LIMIT_S: Final = 4.0  # for one answer, the connection included
_LARGEST_ANSWER: Final = 200_000  # bytes; a state has some 5,000

ReadSecret = Callable[[str, Path | None], str | None]  # raises ValueError


class PageReader:
    """Reader of one page. `room` is what its last answer says."""

    def __init__(self, listed: ListedRoom, read_secret: ReadSecret) -> None:
        self.listed = listed
        self._read_secret = read_secret
        self._known = HomeRoom(listed.id, listed.name or listed.id, page=listed.url)
        self.room = self._known
        self.has_tried = False

    async def run(self, is_found: Callable[[], bool]) -> None:
        """Read the page until cancelled; not while the room `is_found` at the broker."""
        while True:
            pause_s = _EVERY_S if is_found() else await self._read()
            self.has_tried = True
            await asyncio.sleep(pause_s * random.uniform(0.9, 1.1))  # noqa: S311  # not a secret

    def forget(self) -> None:
        """Forget the last answer, which will not be the present one when the overview is opened again."""
        self.room, self.has_tried = self._known, False

    async def _read(self) -> float:
        """Read the page once; return the pause before the next time, in seconds."""
        import aiohttp

        try:
            status, fields = await self._ask()
            if status in (401, 403, 429):
                return self._failed("unknown", "room_login", f"it answers {status}", _AFTER_REFUSAL_S)
            if status != 200 or not isinstance(fields, dict):
                return self._failed("unknown", "room_page", f"it answers {status}")
            named = HomeRoom(self.listed.id, self.listed.name, page=self.listed.url)
            room = room_of_state(fields, named)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = f"{error}: {error.remedy}" if isinstance(error, TlsFileError) else type(error).__name__
            return self._failed("gone", "room_page", why)
        except ValueError as error:  # of the secret, or of an answer that is not babycryd's
            return self._failed("unknown", "room_page", str(error))
        self.room = replace(room, name=room.name or room.id)
        return _EVERY_S

    def _failed(self, state: str, advice: str, why: str, pause_s: float = _AFTER_FAILURE_S) -> float:
        known = self._known
        self.room = HomeRoom(known.id, known.name, state, page=known.page, troubles=(trouble(advice, why),))
        return pause_s

    async def _ask(self) -> tuple[int, Any]:
        """Return status and JSON of `/api/state`; None for JSON where it is none."""
        import aiohttp

        listed = self.listed
        password = await asyncio.to_thread(self._read_secret, f"overview_{listed.id}_password", listed.password_file)
        login = base64.b64encode(f"overview:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"} if password else {}
        tls = client_context("overview.rooms", listed.ca_file, None, None) if listed.ca_file else None
        connector = aiohttp.TCPConnector(ssl=context_for(listed.url, tls), force_close=True)
        async with (
            asyncio.timeout(_LIMIT_S),
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=headers) as session,
            session.get(f"{listed.url.rstrip('/')}/api/state", allow_redirects=False) as answer,
        ):
            return answer.status, await _json(answer)


async def _json(answer: "aiohttp.ClientResponse") -> Any:
    content = bytearray()
    async for piece in answer.content.iter_chunked(16_384):
        content += piece
        if len(content) > _LARGEST_ANSWER:
            return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
