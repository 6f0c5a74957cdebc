"""Component of the alerts: the recipients of the settings, and the task that tells them."""

import os
from functools import partial

from babycryd.config import Settings
from babycryd.config.access import secret_reader
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core
from babycryd.monitoring.checks import disk_check
from babycryd.notify.recipients import services_of
from babycryd.notify.web_push import PushBook


def build_alerts(settings: Settings, core: Core) -> Work:
    """Build the task of the alerts. Each secret is read with each message, so a bad one closes its service only."""
    core.alerts.recipients.services = services_of(settings.notify, secret_reader(os.environ))
    if settings.web.enabled:
        core.alerts.recipients.push = PushBook(core.folder)
    core.alerts.disk = partial(_disk_trouble, core)
    return Work(core.alerts.run, core.alerts.close)


def _disk_trouble(core: Core) -> str | None:
    found = disk_check(core.folder, core.status.disk())
    return None if found.good else found.text
