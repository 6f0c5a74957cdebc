"""Component that serves the live page, with the queries of the page."""

import os
from functools import partial
from typing import TYPE_CHECKING, Final

from babycryd.config import ConfigError, Settings, device_id
from babycryd.config.access import page_password, password_path
from babycryd.core.check_result import CheckResult
from babycryd.core.records import Nights
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core
from babycryd.model_channel.status import check as model_check
from babycryd.monitoring.checks import ServiceChecks
from babycryd.soothe.library import VOICES
from babycryd.soothe.voices import VoiceFolder
from babycryd.system.files import is_there
from babycryd.system.tls import server_context
from babycryd.web.context import WebContext

if TYPE_CHECKING:
    from babycryd.clips.queries import ClipQueries

_LOGIN: Final = "login"  # among the closed parts in `health`: the page answers, and refuses every login


def page_module(settings: Settings) -> str | None:
    """Return the heavy module of the web server, unless it was switched off."""
    return "babycryd.web.server" if settings.web.enabled else None


def build_page(settings: Settings, core: Core) -> Work | None:
    """Build the web server, unless it was switched off. Raises ConfigError, TlsFileError."""
    if not settings.web.enabled:
        return None
    from babycryd.web.server import WebServer

    if settings.web.cert_file:
        # The server would wait without a word in `health`
        server_context("web", settings.web.cert_file, settings.web.key_file)
    read_hash = partial(_read_hash, settings, core.status.closed) if _is_locked(settings) else None
    server = WebServer(settings.web, page_context(settings, core), core.folder, read_hash)
    core.on_reload.append(server.reload)
    return Work(server.run)


def _read_hash(settings: Settings, closed: dict[str, str]) -> str:
    """Return the hash of the page's password; where there is none, note why in `closed`. Raises ValueError."""
    try:
        found, why = page_password(settings, os.environ), "there is no password any more"
    except ConfigError as error:
        found, why = None, str(error)
    if found is None:
        closed[_LOGIN] = why
        raise ValueError(why)
    closed.pop(_LOGIN, None)
    return found


def _is_locked(settings: Settings) -> bool:
    """Return whether the page asks for a password: also where its file is there and cannot be used.

    Raises ConfigError where a password is needed and there is none.
    """
    if settings.web.password_file or is_there(password_path(settings, os.environ)):
        return True
    return page_password(settings, os.environ) is not None


def page_context(settings: Settings, core: Core) -> WebContext:
    """Return the parts of the daemon that page and control socket use."""
    return WebContext(
        device=device_id(settings),
        room=settings.device.room,
        bus=core.bus,
        dispatch=core.dispatcher.dispatch,
        liveness=core.engine.liveness,
        now_s=lambda: core.engine.now_s,
        tracks=lambda: core.soothing.tracks,
        results=partial(_results, settings, core),
        push=core.alerts.recipients.push,  # built before the page
        acknowledge_with=core.alerts.acknowledge_with,
        lost=core.lost,
        outbox=core.status.outbox_counts,
        nights=_nights(settings, core),
        clips=_clip_queries(settings, core),
        meter=core.loudness,
        live_sound=core.broadcast,
        settings=core.page_settings,
        overview=lambda: core.status.overview,
        voices=VoiceFolder(core.folder / VOICES, lambda: core.soothing.tracks, core.library.refresh),
    )


def _results(settings: Settings, core: Core) -> list[CheckResult]:
    """Return the checks of the services, disk and clock; a part that is not wanted is neither good nor bad."""
    status, alerts = core.status, core.alerts
    return ServiceChecks(
        broker=status.broker_trouble if settings.mqtt.host else None,
        cloud=status.cloud_trouble if settings.offload.enabled else None,
        alerts=(lambda: alerts.trouble) if alerts.recipients.all() else None,
        disk=status.disk,
        folder=core.folder,
        broker_answers=status.broker_answers,
        parts=lambda: status.closed,
        model=lambda: None if (model := status.model_health()) is None else model_check(model),
    )()


def _nights(settings: Settings, core: Core) -> Nights | None:
    if not settings.history.enabled:
        return None
    from babycryd.history.store import HistoryReader
    from babycryd.report.nights import NightQueries

    return NightQueries(HistoryReader(core.folder), settings.report, pictures=core.pictures)


def _clip_queries(settings: Settings, core: Core) -> "ClipQueries | None":
    """Return the stored clips; also where clips are switched off now, so that old ones can be deleted."""
    from babycryd.clips.queries import ClipQueries
    from babycryd.clips.store import FOLDER

    wanted = settings.clips.enabled or (core.folder / FOLDER).exists()
    return ClipQueries(core.folder, core.pictures) if wanted else None
