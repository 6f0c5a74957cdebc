"""What `babycryd doctor` says of the recipients, with and without a test message."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.notify.diagnosis import diagnose
from babycryd.notify.message import Home
from babycryd.notify.settings import NotifySettings, ServiceSettings
from tests.support.fakes.alert_service import AlertService
from tests.unit.notify.test_sender import secret


@pytest.fixture
async def service() -> AsyncIterator[AlertService]:
    async with AlertService() as running:
        yield running


async def said(settings: NotifySettings, *, send: bool) -> list[tuple[str, bool | None, str]]:
    results = diagnose(settings, Home("nursery", "Nursery"), secret, send=send)
    return [(each.what, each.good, each.text) async for each in results]


async def test_without_recipients_it_says_where_alerts_show() -> None:
    ((what, good, text),) = await said(NotifySettings(), send=True)
    assert (what, good) == ("alerts", None)
    assert "page and over MQTT" in text


async def test_a_test_is_sent_only_where_it_is_asked(service: AlertService) -> None:
    settings = NotifySettings(services=(ServiceSettings("phone", url=service.url),))
    ((what, good, text),) = await said(settings, send=False)
    assert (what, good) == ("alerts: phone", None)
    assert "doctor --notify" in text
    assert service.messages == []
    assert (await said(settings, send=True))[0][1] is True
    assert [each["title"] for each in service.messages] == ["Test"]


async def test_each_recipient_is_tested_though_one_fails(service: AlertService, tmp_path: Path) -> None:
    service.faults.extend(["401", ""])
    good = ServiceSettings("phone", url=service.url)
    settings = NotifySettings(
        services=(good, replace(good, name="tablet"), replace(good, name="tv", service="apprise"))
    )
    results = {what: (well, text) for what, well, text in await said(settings, send=True)}
    assert results["alerts: phone"][0] is False
    assert "are address and token right?" in results["alerts: phone"][1]
    assert results["alerts: tablet"][0] is True
    assert results["alerts: tv"][0] is False
    assert not [text for _, text in results.values() if "planted" in text]
