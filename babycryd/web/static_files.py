"""Static files of the page, and its texts. No other file is served."""

import base64
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from babycryd.core.compact_json import compact_json
from babycryd.i18n import LANGUAGES, choose, texts
from babycryd.web.responses import POLICY, file_response

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
_PAGE: Final = ("/", "/rooms")  # the page; its second path begins with the view of all rooms
_WORKER: Final = "/worker.js"
_PARTS: Final = (  # what stands for a file in the page's source, and in the page that is served, around the file itself
    ('<script src="theme.js"></script>', "theme.js", "<script>{}</script>"),
    ('<link rel="stylesheet" href="style.css">', "style.css", "<style>{}</style>"),
    ('<script type="module" src="app.js"></script>', "app.js", '<script type="module">{}</script>'),
)
_UNCACHED: Final = (  # of the files: not needed by a page without a network
    "/index.html",
    _WORKER,
    "/icon-512.png",
    *(f"/{name}" for _, name, _ in _PARTS),
)
_SETTINGS: Final = "settings-"  # begins the names of the texts that the page loads when its settings open


@dataclass(frozen=True, slots=True)
class _File:
    """A response body, its media type and its ETag."""

    content: bytes
    kind: str
    tag: str
    packed: bytes  # by gzip; empty for what gains nothing
    policy: str = POLICY


class StaticFiles:
    """Static files, read at the first request and then cached in memory."""

    def __init__(self) -> None:
        self.admits: Callable[[web.Request], bool] = lambda _: False  # whether a request has a session, or needs none
        folder = Path(__file__).with_name("static")
        self._names = {each.name for each in folder.iterdir()}
        self._folder = folder
        self._cache: dict[tuple[str, str, bool], _File] = {}  # by path; of the page by language and admission too

    @property
    def paths(self) -> list[str]:
        """Every path that is served, `/` included."""
        words = [_LANGUAGES, *(f"/words/{kind}{code}.json" for kind in ("", _SETTINGS) for code in LANGUAGES)]
        return [*_PAGE, *(f"/{name}" for name in sorted(self._names)), *words]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with the file of the path, or 304 where the browser has it."""
        is_page = request.path in _PAGE
        key = request.path, _language(request) if is_page else "", is_page and self.admits(request)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._load(*key)
        # Revalidated each time, so that an update shows at once
        headers = {"Cache_Control": "no-cache", "ETag": found.tag, "Vary": "Accept-Language, Accept-Encoding, Cookie"}
        headers["Content_Security_Policy"] = found.policy
        if request.headers.get("If-None-Match") == found.tag:
            return web.Response(status=304, headers={"ETag": found.tag, "Cache-Control": "no-cache"})
        if found.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            return file_response(found.packed, found.kind, Content_Encoding="gzip", **headers)
        return file_response(found.content, found.kind, **headers)

    def _load(self, path: str, language: str, admitted: bool) -> _File:  # noqa: FBT001  # a part of the key
        """Return the file of `path`, one of `paths`: the router passes no other. `language`: of the page itself."""
        policy = POLICY
        if path == _LANGUAGES:
            content, kind = compact_json(_languages()).encode(), "application/json"
        elif path.startswith("/words/"):
            content, kind = (
                compact_json(_texts(path.removeprefix("/words/").removesuffix(".json"))).encode(),
                "application/json",
            )
        else:
            name = "index.html" if path in _PAGE else path.removeprefix("/")
            content, kind = (self._folder / name).read_bytes(), _KINDS[name[name.rindex(".") :]]
        if path in _PAGE:
            told = b'<meta name="admitted">\n' if admitted else b""
            content = content.replace(b"</head>", told + _words(language) + b"</head>", 1)
            content, policy = self._with_parts(content)
        if path == _WORKER:
            content = content.replace(b"const PAGE = [];", f"const PAGE = {compact_json(self._cached())};".encode(), 1)
        packed = b"" if kind == "image/png" else gzip.compress(content, mtime=0)
        return _File(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"', packed, policy)

    def _cached(self) -> list[str]:
        """Return the paths that the service worker keeps, as the page names them."""
        return [path.removeprefix("/") or "./" for path in self.paths if path not in _UNCACHED]

    def _with_parts(self, page: bytes) -> tuple[bytes, str]:
        """Put theme, style sheet and `app.js` into the page, which saves three requests; return it and its policy."""
        policy = POLICY
        for link, name, element in _PARTS:
            part = (self._folder / name).read_text()
            page = page.replace(link.encode(), element.format(part).encode(), 1)
            directive = "style-src" if name.endswith(".css") else "script-src"
            policy = policy.replace(f"{directive} 'self'", f"{directive} 'self' {_hash(part.encode())}")
        return page, policy


def _hash(part: bytes) -> str:
    """Return the source of a Content-Security-Policy that allows this inline part of the page, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(part).digest()).decode()}'"


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
