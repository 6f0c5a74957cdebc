"""The component of the alerts: its recipients, and what the page says of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.config import Settings
from babycryd.core.bus import Bus
from babycryd.daemon import page
from babycryd.daemon.alerts import build_alerts
from babycryd.daemon.vital_parts import Hardware, build_core
from babycryd.notify.settings import NotifySettings, ServiceSettings
from tests.support.fakes.player import FakePlayer
from tests.support.fakes.quiet_room import QuietRoom


@pytest.mark.parametrize(("services", "good"), [((), None), ((ServiceSettings("phone"),), True)])
def test_without_recipients_alerts_are_neither_good_nor_bad(
    services: tuple[ServiceSettings, ...],
    good: bool | None,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    settings = replace(Settings(state_dir=str(tmp_path)), notify=NotifySettings(services=services))
    core = build_core(settings, Bus(), lambda: None, Hardware(QuietRoom(), FakePlayer()))
    build_alerts(settings, core)
    assert [each.name for each in core.alerts.recipients.all()] == [each.name for each in services]
    assert {each.what: each.good for each in page._results(settings, core)}["alerts"] is good
    core.close()


def test_a_bad_web_push_file_and_a_missing_secret_close_nothing(tmp_path: Path) -> None:
    (tmp_path / "push.json").mkdir()
    services = (ServiceSettings("phone", address_file=tmp_path / "gone"),)
    settings = replace(Settings(state_dir=str(tmp_path)), notify=NotifySettings(services=services))
    core = build_core(settings, Bus(), lambda: None, Hardware(QuietRoom(), FakePlayer()))
    build_alerts(settings, core)
    assert core.alerts.trouble is None
    assert core.status.closed == {}
    core.close()
