"""The page itself: a handful of files, the same for everybody. What is not among them is not there."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import web

from babycryd.i18n import LANGUAGES, texts
from babycryd.web.responses import dumps, file_response

_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
OF_THE_PAGE: Final = ("language", "page.", "length.", "night.")


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    kind: str
    tag: str


class StaticFiles:
    """Read when first asked for, then kept: less than 150 kB."""

    def __init__(self) -> None:
        folder = resources.files("babycryd.web") / "static"
        self._names = {each.name for each in folder.iterdir()}
        self._folder = folder
        self._read: dict[str, _File] = {}

    @property
    def paths(self) -> list[str]:
        """All there is, `/` included."""
        return ["/", *(f"/{name}" for name in sorted(self._names)), *(f"/words/{each}.json" for each in LANGUAGES)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        found = self._read.get(path)
        if found is None:
            found = self._read[path] = self._load(path)
        headers = {
            "Cache_Control": "no-cache",
            "ETag": found.tag,
        }  # asked for again each time: an update is seen at once
        if request.headers.get("If-None-Match") == found.tag:
            return web.Response(status=304, headers={"ETag": found.tag, "Cache-Control": "no-cache"})
        return file_response(found.content, found.kind, **headers)

    def _load(self, path: str) -> _File:
        """`path` is one of `paths`: the router lets nothing else come here."""
        if path.startswith("/words/"):
            catalogue = texts(path.removeprefix("/words/").removesuffix(".json"))
            shown = {key: text for key, text in catalogue.items() if key.startswith(OF_THE_PAGE)}
            content, kind = dumps(shown).encode(), "application/json"
        else:
            name = path.removeprefix("/") or "index.html"
            content, kind = (self._folder / name).read_bytes(), _KINDS[name[name.rindex(".") :]]
        return _File(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
