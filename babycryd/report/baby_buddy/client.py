"""Client of Baby Buddy's REST API: one request at a time, with a token, and what its answers mean.

Source: github.com/babybuddy/babybuddy, api/ (Django REST framework with TokenAuthentication).
"""

import asyncio
import json
import ssl
from typing import TYPE_CHECKING, Any, Final

from babycryd.core.printable import printable
from babycryd.report.baby_buddy.entries import Entry
from babycryd.system.tls import context_for

if TYPE_CHECKING:
    import aiohttp

_LIMIT_S: Final = 15.0  # for one request, the connection included
_LARGEST_ANSWER: Final = 1_000_000  # bytes
_PAGE: Final = 100  # entries that are looked at for one that is there already
_OVERLAPS: Final = "intersects"  # in its words for a sleep where another one is


class BabyBuddyError(Exception):
    """Baby Buddy cannot be used now; the text says why, without the token."""


class RefusedEntryError(Exception):
    """Baby Buddy never accepts this entry; the text is its own."""


class BabyBuddyClient:
    """Client of one server. Every method raises BabyBuddyError."""

    def __init__(self, url: str, token: str, tls: ssl.SSLContext | None = None) -> None:
        self._api = f"{url.rstrip('/')}/api"
        self._token = token
        self._tls = tls

    async def only_child(self) -> int:
        """Return the id of the only child there. Raises BabyBuddyError, also where there are more or none."""
        children = await self._listed("children/")
        if len(children) != 1:
            known = ", ".join(f"{each.get('id')} is {each.get('first_name')}" for each in children) or "there is none"
            raise BabyBuddyError(f"set baby_buddy.child: {printable(known, 200)}")
        return int(children[0]["id"])

    async def create(self, entry: Entry) -> bool:
        """Create an entry; return False where it is there already. Raises RefusedEntryError, too."""
        if entry.kind == "notes" and await self._has_note(entry):
            return False
        status, answer = await self._request("POST", f"{entry.kind}/", entry.fields)
        if status in (200, 201):
            return True
        said = printable(json.dumps(answer, ensure_ascii=False), 300)
        if status == 400 and entry.kind == "sleep" and _OVERLAPS in said:
            return False
        if status == 400:
            raise RefusedEntryError(said)
        raise BabyBuddyError(_why(status))

    async def _has_note(self, entry: Entry) -> bool:
        notes = await self._listed(f"notes/?child={entry.fields['child']}&limit={_PAGE}")
        return any(each.get("note") == entry.fields["note"] for each in notes)

    async def _listed(self, path: str) -> list[dict[str, Any]]:
        status, answer = await self._request("GET", path)
        if status != 200:
            raise BabyBuddyError(_why(status))
        found = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise BabyBuddyError("something else answers in its place: is the url right, or a login page in between?")
        return [each for each in found if isinstance(each, dict)]

    async def _request(self, method: str, path: str, fields: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return status and JSON of an answer; None for JSON where it is none."""
        import aiohttp

        headers = {"Authorization": f"Token {self._token}", "Accept": "application/json", "User-Agent": "babycryd"}
        connector = aiohttp.TCPConnector(ssl=context_for(self._api, self._tls), force_close=True)
        try:
            async with (
                asyncio.timeout(_LIMIT_S),
                aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.request(
                    method, f"{self._api}/{path}", json=fields, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return answer.status, await _json(answer)
        except TimeoutError as error:
            raise BabyBuddyError(f"no answer within {_LIMIT_S:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise BabyBuddyError(f"it cannot be reached ({type(error).__name__})") from error


async def _json(answer: "aiohttp.ClientResponse") -> Any:
    content = await answer.content.read(_LARGEST_ANSWER)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _why(status: int) -> str:
    if status in (401, 403):
        return f"it answers {status}: is the token right, and may its user add entries?"
    if status == 404:
        return "it answers 404: is baby_buddy.url right?"
    if 300 <= status < 400:
        return f"it redirects (status {status}): is baby_buddy.url right, with https where it wants that?"
    return f"it answers {status}"
