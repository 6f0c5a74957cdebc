"""Home Assistant's own ingress: the view of its core, in the root folder that has one, before a fake Supervisor.

The core hands a request on to the Supervisor, with the headers of ingress, and the Supervisor to the app.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.mqtt_client import Client
from tests.support.ports import free_port

TOKEN = "t0ken"  # noqa: S105  # of the app in the path
# Run by Home Assistant's Python: PORT SUPERVISOR
_CORE = """
import asyncio, sys
import aiohttp
from aiohttp import web
from homeassistant.components.hassio import ingress
from homeassistant.components.hassio.ingress import HassIOIngress

compresses = ingress.should_compress  # cores before 2026.2 compress event streams, which hold the events back
ingress.should_compress = lambda kind: kind != "text/event-stream" and compresses(kind)

async def core():
    view = HassIOIngress(sys.argv[2], aiohttp.ClientSession())
    async def hand_on(request):
        return await view._handle(request, **request.match_info)
    app = web.Application()
    app.router.add_route("*", HassIOIngress.url, hand_on)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()

asyncio.run(core())
"""


@contextmanager
def core_ingress(root: Path, upstream: str) -> Iterator[str]:
    """The address of the app at `upstream` behind core and Supervisor, as a browser sees it."""
    supervisor, core = free_port(), free_port()
    program = [sys.executable, "-m", "tests.support.fakes.supervisor"]
    fake = [*program, "127.0.0.1", str(supervisor), upstream.rstrip("/"), TOKEN]
    real = ["chroot", str(root), "/opt/ha/bin/python", "-c", _CORE, str(core), f"127.0.0.1:{supervisor}"]
    with ExitStack() as stack:
        for command, port in ((fake, supervisor), (real, core)):
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.terminate)
            Client("127.0.0.1", port, "", "").wait_for_broker()  # until the port is open
        yield f"http://127.0.0.1:{core}/api/hassio_ingress/{TOKEN}/"
