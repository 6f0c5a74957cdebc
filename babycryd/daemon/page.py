"""Component that serves the live page, with the queries of the page."""

import os
from typing import TYPE_CHECKING

from babycryd.config import ConfigError, Settings, device_id
from babycryd.config.access import page_password
from babycryd.core.records import Nights
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core
from babycryd.monitoring.checks import ServiceChecks
from babycryd.system.tls import server_context
from babycryd.web.context import WebContext

if TYPE_CHECKING:
    from babycryd.clips.queries import ClipQueries


def build_page(settings: Settings, core: Core) -> Work | None:
    """Build the web server, unless it was switched off. Raises ConfigError, TlsFileError."""
    if not settings.web.enabled:
        return None
    from babycryd.web.server import WebServer

    def read_hash() -> str:
        try:
            found = page_password(settings, os.environ)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        if found is None:
            raise ValueError("there is no password any more")
        return found

    if settings.web.cert_file:
        server_context(
            "web", settings.web.cert_file, settings.web.key_file
        )  # the server would wait without a word in `health`
    locked = page_password(settings, os.environ) is not None
    server = WebServer(settings.web, _context(settings, core), core.folder, read_hash if locked else None)
    return Work(server.run)


def _context(settings: Settings, core: Core) -> WebContext:
    status = core.status
    broker = status.broker_trouble if settings.mqtt.host else None
    cloud = status.cloud_trouble if settings.offload.enabled else None
    return WebContext(
        device=device_id(settings),
        room=settings.device.room,
        bus=core.bus,
        dispatch=core.dispatcher.dispatch,
        liveness=core.engine.liveness,
        now_s=lambda: core.engine.now_s,
        tracks=lambda: core.soothing.tracks,
        results=ServiceChecks(broker=broker, cloud=cloud, disk=status.disk, folder=core.folder),
        lost=core.lost,
        nights=_nights(settings, core),
        clips=_clip_queries(settings, core),
    )


def _nights(settings: Settings, core: Core) -> Nights | None:
    if not settings.history.enabled:
        return None
    from babycryd.history.store import HistoryReader
    from babycryd.report.nights import NightQueries

    return NightQueries(HistoryReader(core.folder), settings.report)


def _clip_queries(settings: Settings, core: Core) -> "ClipQueries | None":
    """Return the stored clips; also where clips are switched off now, so that old ones can be deleted."""
    from babycryd.clips.queries import ClipQueries
    from babycryd.clips.store import FOLDER

    return ClipQueries(core.folder) if settings.clips.enabled or (core.folder / FOLDER).exists() else None
