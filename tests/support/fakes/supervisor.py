"""A small Supervisor of Home Assistant, as its API is documented: the service `mqtt`, and ingress into one app.

python -m tests.support.fakes.supervisor ADDRESS PORT UPSTREAM TOKEN [BROKER]: BROKER is the JSON of the service's data,
none where it is absent. Behind /ingress/TOKEN/ it hands on from ADDRESS, as supervisor/api/ingress.py does: bodies of
POST as a stream.
"""

import json
import sys
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from tests.support.fakes.passing_on import pass_on

_OF_A_HOP = {"content-length", "content-encoding", "transfer-encoding"}
_SESSION = web.AppKey("session", ClientSession)


def application(
    upstream: str, token: str, broker: dict[str, object] | None, address: str = "127.0.0.1"
) -> web.Application:
    async def service(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"result": "error", "message": "no access"}, status=401)
        if broker is None:
            return web.json_response({"result": "error", "message": "Service not enabled"}, status=400)
        return web.json_response({"result": "ok", "data": broker})

    async def ingress(request: web.Request) -> web.StreamResponse:
        url = f"{upstream}/{request.match_info['path']}"
        sent = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_A_HOP]
        forwarded = f"{request.headers.get('X-Forwarded-For')}, {request.remote}"
        headers = dict(sent) | {"X-Forwarded-For": forwarded}
        body = request.content if request.method == "POST" else await request.read()
        async with request.app[_SESSION].request(
            request.method, url, headers=headers, params=request.query, data=body, allow_redirects=False
        ) as told:
            return await pass_on(told, request, _OF_A_HOP)

    async def session(app: web.Application) -> AsyncIterator[None]:
        connector = TCPConnector(local_addr=(address, 0))
        # It unpacks what is packed, and drops the header that says so, as the real one does
        async with ClientSession(connector=connector, timeout=ClientTimeout(total=None)) as client:
            app[_SESSION] = client
            yield

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_get("/services/mqtt", service)
    app.router.add_route("*", f"/ingress/{token}/{{path:.*}}", ingress)
    return app


if __name__ == "__main__":
    address, port, upstream, token, *more = sys.argv[1:]
    app = application(upstream, token, json.loads(more[0]) if more else None, address)
    web.run_app(app, host=address, port=int(port))
