"""Static files of the page, and its texts. No other file is served."""

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from aiohttp import web

from babycryd.core.compact_json import compact_json
from babycryd.i18n import LANGUAGES, choose, texts
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
_SETTINGS: Final = "settings-"  # begins the names of the texts that the page loads when its settings open


@dataclass(frozen=True, slots=True)
class _File:
    """A response body, its media type and its ETag."""

    content: bytes
    kind: str
    tag: str
    packed: bytes  # by gzip; empty for what gains nothing


class StaticFiles:
    """Static files, read at the first request and then cached in memory: less than 200 kB."""

    def __init__(self) -> None:
        folder = resources.files("babycryd.web") / "static"
        self._names = {each.name for each in folder.iterdir()}
        self._folder = folder
        self._cache: dict[tuple[str, str], _File] = {}  # by path, and the language of the page

    @property
    def paths(self) -> list[str]:
        """Every path that is served, `/` included."""
        words = [_LANGUAGES, *(f"/words/{kind}{code}.json" for kind in ("", _SETTINGS) for code in LANGUAGES)]
        return ["/", *(f"/{name}" for name in sorted(self._names)), *words]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with the file of the path, or 304 where the browser has it."""
        key = request.path, _language(request) if request.path == "/" else ""
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._load(*key)
        # Revalidated each time, so that an update shows at once
        headers = {"Cache_Control": "no-cache", "ETag": found.tag, "Vary": "Accept-Language, Accept-Encoding"}
        if request.headers.get("If-None-Match") == found.tag:
            return web.Response(status=304, headers={"ETag": found.tag, "Cache-Control": "no-cache"})
        if found.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            return file_response(found.packed, found.kind, Content_Encoding="gzip", **headers)
        return file_response(found.content, found.kind, **headers)

    def _load(self, path: str, language: str) -> _File:
        """Return the file of `path`, one of `paths`: the router passes no other. `language`: of the page itself."""
        if path == _LANGUAGES:
            content, kind = compact_json(_languages()).encode(), "application/json"
        elif path.startswith("/words/"):
            content, kind = (
                compact_json(_texts(path.removeprefix("/words/").removesuffix(".json"))).encode(),
                "application/json",
            )
        else:
            name = path.removeprefix("/") or "index.html"
            content, kind = (self._folder / name).read_bytes(), _KINDS[name[name.rindex(".") :]]
        if path == "/":
            content = content.replace(b"</head>", _words(language) + b"</head>", 1)
        packed = b"" if kind == "image/png" else gzip.compress(content, mtime=0)
        return _File(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"', packed)


def _language(request: web.Request) -> str:
    return choose(request.headers.get("Accept-Language", ""))


def _languages() -> dict[str, Any]:
    return {code: {"name": each.name, "one_below_two": each.one_below_two} for code, each in LANGUAGES.items()}


def _texts(name: str) -> dict[str, str]:
    """Return the texts of a language, `de`, or those of the settings in it, `settings-de`."""
    prefixes = ("settings.",) if name.startswith(_SETTINGS) else PAGE_PREFIXES
    found = texts(name.removeprefix(_SETTINGS))
    return {key: text for key, text in found.items() if key.startswith(prefixes)}


def _words(language: str) -> bytes:
    """Return the texts as a part of the page, which saves two requests before it can speak. No script: JSON."""
    sent = compact_json({"language": language, "languages": _languages(), "texts": _texts(language)})
    harmless = sent.replace("<", "\\u003c")  # no text ends the element
    return f'<script type="application/json" id="words">{harmless}</script>\n'.encode()
