"""The live page, and what it may ask."""

import os
from typing import TYPE_CHECKING

from babycryd.config import ConfigError, Settings, device_id
from babycryd.config.access import page_password
from babycryd.core.records import Nights
from babycryd.daemon.core import Core
from babycryd.monitoring.checks import ServiceChecks
from babycryd.web.context import WebContext

if TYPE_CHECKING:
    from babycryd.clips.queries import ClipQueries
    from babycryd.web.server import WebServer


def build_page(settings: Settings, core: Core, checks: ServiceChecks) -> "WebServer | None":
    """Unless it was switched off. Raises ConfigError."""
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

    locked = page_password(settings, os.environ) is not None
    context = _context(settings, core, checks)
    return WebServer(settings.web, context, core.folder, read_hash if locked else None)


def _context(settings: Settings, core: Core, checks: ServiceChecks) -> WebContext:
    return WebContext(
        device=device_id(settings),
        room=settings.device.room,
        bus=core.bus,
        dispatch=core.dispatcher.dispatch,
        proof=core.engine.proof,
        now_s=lambda: core.engine.now_s,
        tracks=lambda: core.soothing.tracks,
        results=checks,
        lost=core.lost,
        nights=_nights(settings, core),
        clips=_clip_queries(settings, core),
    )


def _nights(settings: Settings, core: Core) -> Nights | None:
    if not settings.history.enabled:
        return None
    from babycryd.history.reader import HistoryReader
    from babycryd.report.nights import NightQueries

    return NightQueries(HistoryReader(core.folder), settings.report)


def _clip_queries(settings: Settings, core: Core) -> "ClipQueries | None":
    """Also where clips were switched off: those that there are can still be deleted."""
    from babycryd.clips.queries import ClipQueries
    from babycryd.clips.store import FOLDER

    return ClipQueries(core.folder) if settings.clips.enabled or (core.folder / FOLDER).exists() else None
