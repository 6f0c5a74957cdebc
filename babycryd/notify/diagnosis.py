"""Diagnosis of the recipients for `babycryd doctor`: whether their secrets can be read, and with a test message."""

import time
from collections.abc import AsyncIterator

from babycryd.core.check_result import CheckResult
from babycryd.notify.message import Home, message_of
from babycryd.notify.notice import Notice, notice_id
from babycryd.notify.recipients import sender_of
from babycryd.notify.sender import ReadSecret, account_of
from babycryd.notify.settings import NotifySettings, ServiceSettings


async def diagnose(
    settings: NotifySettings, home: Home, read_secret: ReadSecret, *, send: bool
) -> AsyncIterator[CheckResult]:
    """Check each recipient of the settings. `send`: give it a test message, which it shows."""
    if not settings.services:
        yield CheckResult("alerts", good=None, text="notify.services is empty: alerts show on the page and over MQTT")
    for each in settings.services:
        name = f"alerts: {each.name}"
        try:
            account_of(each, settings.page_url, read_secret)
        except ValueError as error:
            yield CheckResult(name, good=False, text=str(error))
            continue
        if send:
            yield await tested(name, each, home, settings.page_url, read_secret)
        else:
            yield CheckResult(name, good=None, text="its secrets can be read; babycryd doctor --notify sends a test")


async def tested(
    name: str, settings: ServiceSettings, home: Home, page_url: str, read_secret: ReadSecret
) -> CheckResult:
    """Give a recipient a test message; return what the service answered, without secrets, under `name`."""
    utc_s = time.time()
    alert = f"test-{utc_s:.0f}"
    notice = Notice(notice_id(alert, "first", 1, settings.name), alert, settings.name, "test", "first", utc_s, utc_s)
    message = message_of(notice, home, utc_s, over=False)
    outcome = await sender_of(settings, page_url, read_secret).send(message)
    if outcome.kind == "accepted":
        return CheckResult(name, good=True, text=f"{settings.service} has accepted the test: does the phone show it?")
    return CheckResult(name, good=False, text=f"{settings.service} has not accepted the test: {outcome.why}")
