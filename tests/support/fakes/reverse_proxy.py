"""A reverse proxy such as Home Assistant's ingress: a path in front, its own headers, everything passed on as it comes.

python -m tests.support.fakes.reverse_proxy PORT UPSTREAM PREFIX [HEADER=VALUE ...]
"""

import sys
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, web

from tests.support.fakes.passing_on import pass_on

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length", "host"}


def application(upstream: str, prefix: str, headers: dict[str, str]) -> web.Application:
    async def hand_on(request: web.Request) -> web.StreamResponse:
        session = request.app[_SESSION]
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        sent = kept | {"X-Forwarded-For": request.remote or "", "X-Forwarded-Proto": "http", **headers}
        sent.setdefault("Host", request.headers["Host"])
        url = upstream + request.raw_path.removeprefix(prefix)
        async with session.request(
            request.method, url, headers=sent, data=await request.read(), allow_redirects=False
        ) as told:
            return await pass_on(told, request, _HOP_BY_HOP)

    async def session(app: web.Application) -> AsyncIterator[None]:
        async with ClientSession(timeout=ClientTimeout(total=None), auto_decompress=False) as client:
            app[_SESSION] = client
            yield

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_route("*", prefix + "/{path:.*}", hand_on)
    return app


_SESSION = web.AppKey("session", ClientSession)

if __name__ == "__main__":
    port, upstream, prefix, *more = sys.argv[1:]
    web.run_app(
        application(upstream, prefix, dict(each.split("=", 1) for each in more)), host="127.0.0.1", port=int(port)
    )
