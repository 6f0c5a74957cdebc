"""Static files of the page, and its texts. No other file is served."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import web

from babycryd.core.compact_json import compact_json
from babycryd.i18n import LANGUAGES, texts
from babycryd.web.responses import file_response

_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
PAGE_PREFIXES: Final = ("language", "page.", "length.", "night.", "sound.")  # of the keys of its texts
_LANGUAGES: Final = "/words/languages.json"


@dataclass(frozen=True, slots=True)
class _File:
    """A response body, its media type and its ETag."""

    content: bytes
    kind: str
    tag: str


class StaticFiles:
    """Static files, read at the first request and then cached in memory: less than 160 kB."""

    def __init__(self) -> None:
        folder = resources.files("babycryd.web") / "static"
        self._names = {each.name for each in folder.iterdir()}
        self._folder = folder
        self._cache: dict[str, _File] = {}

    @property
    def paths(self) -> list[str]:
        """Every path that is served, `/` included."""
        words = [_LANGUAGES, *(f"/words/{code}.json" for code in LANGUAGES)]
        return ["/", *(f"/{name}" for name in sorted(self._names)), *words]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with the file of the path, or 304 where the browser has it."""
        path = request.path
        found = self._cache.get(path)
        if found is None:
            found = self._cache[path] = self._load(path)
        headers = {
            "Cache_Control": "no-cache",
            "ETag": found.tag,
        }  # revalidated each time, so that an update shows at once
        if request.headers.get("If-None-Match") == found.tag:
            return web.Response(status=304, headers={"ETag": found.tag, "Cache-Control": "no-cache"})
        return file_response(found.content, found.kind, **headers)

    def _load(self, path: str) -> _File:
        """Return the file of `path`, one of `paths`: the router passes no other."""
        if path == _LANGUAGES:
            rules = {code: {"name": each.name, "one_below_two": each.one_below_two} for code, each in LANGUAGES.items()}
            content, kind = compact_json(rules).encode(), "application/json"
        elif path.startswith("/words/"):
            known = texts(path.removeprefix("/words/").removesuffix(".json"))
            shown = {key: text for key, text in known.items() if key.startswith(PAGE_PREFIXES)}
            content, kind = compact_json(shown).encode(), "application/json"
        else:
            name = path.removeprefix("/") or "index.html"
            content, kind = (self._folder / name).read_bytes(), _KINDS[name[name.rindex(".") :]]
        return _File(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
