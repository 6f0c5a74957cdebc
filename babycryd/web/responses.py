"""HTTP responses: JSON or a file, with strict security headers."""

import io
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from babycryd.core.compact_json import compact_json

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)
REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
SAFE: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=()",
    "Cache-Control": "no-store",
    "Server": "babycryd",
}


def json_response(content: Any, status: int = 200) -> web.Response:
    """Return a JSON response."""
    return web.json_response(content, status=status, headers=dict(SAFE), dumps=compact_json)


def error_response(status: int, why: str, *, advice: str | None = None, **headers: str) -> web.Response:
    """Return the response `{"ok": false, "error": …}`; `advice` names the page's text `page.remedy.…`."""
    answer = json_response({"ok": False, "error": why, **({"advice": advice} if advice else {})}, status)
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def file_response(content: bytes, kind: str, **headers: str) -> web.Response:
    """Return a response with a given media type. It is sent piece by piece, not copied into the connection's buffer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(body=io.BytesIO(content), headers={**SAFE, "Content-Type": kind, **named})
