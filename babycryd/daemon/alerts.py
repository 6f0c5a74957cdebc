"""Component of the alerts: the recipients of the settings, the task that tells them, and a test message to one."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Final

from babycryd.config import Settings, device_id
from babycryd.config.access import secret_reader
from babycryd.core.check_result import CheckResult
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core
from babycryd.monitoring.checks import disk_check
from babycryd.notify.diagnosis import tested
from babycryd.notify.message import Home
from babycryd.notify.recipients import services_of
from babycryd.notify.web_push import PushBook

_TEST_LIMIT_S: Final = 6.0  # for the answer to a test message: the page waits eight


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


async def send_test(read_settings: Callable[[], Settings], name: str) -> CheckResult:
    """Send a test message to a recipient of the configuration as it stands now, also before a restart.

    Raises LookupError where there is none of this name, and ConfigError.
    """
    settings = await asyncio.to_thread(read_settings)
    service = next((each for each in settings.notify.services if each.name == name), None)
    if service is None:
        raise LookupError(name)
    home = Home(device_id(settings), settings.device.room, settings.notify.language)
    try:
        async with asyncio.timeout(_TEST_LIMIT_S):
            return await tested(name, service, home, settings.notify.page_url, secret_reader(os.environ))
    except TimeoutError:
        return CheckResult(name, good=False, text=f"{service.service} has not answered within {_TEST_LIMIT_S:.0f} s")
    except ValueError as error:  # a secret that cannot be read; its text names the file
        return CheckResult(name, good=False, text=str(error))
