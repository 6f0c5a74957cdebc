"""The settings over HTTP: behind the login, of one revision, and with nothing of a secret in answers and log."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from babycryd.core.check_result import CheckResult
from babycryd.daemon.page_settings import LivePageSettings
from babycryd.editing.editor import ConfigEditor
from tests.support.logging_in import logged_in
from tests.support.serving import ServedDevice, serving

OWNERS = "# ours\ndetection:\n  threshold: 0.8  # the cat\n"
PHONE = {"name": "phone", "service": "telegram", "address": "4711-chat", "token": "tk-9f3"}


class Daemon:
    """What a change sets off."""

    def __init__(self) -> None:
        self.reloads = self.restarts = 0
        self.now_s = 0.0
        self.tested: list[str] = []

    async def send_test(self, name: str) -> CheckResult:
        if name == "nobody":
            raise LookupError(name)
        self.tested.append(name)
        return CheckResult(name, good=name == "phone", text="ntfy has answered")

    async def reload(self) -> None:
        self.reloads += 1

    def restart(self) -> None:
        self.restarts += 1


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
async def device(tmp_path: Path, daemon: Daemon) -> AsyncIterator[ServedDevice]:
    (tmp_path / "babycryd.yaml").write_text(OWNERS)
    editor = ConfigEditor(tmp_path / "babycryd.yaml", tmp_path / "state", lambda: dt.date(2026, 11, 1))
    settings = LivePageSettings(
        editor, daemon.reload, daemon.restart, lambda: ["soothing.strategy"], lambda: daemon.now_s, daemon.send_test
    )
    async with serving(tmp_path, device=ServedDevice(settings=settings)) as served:
        yield served


async def revision(device: ServedDevice) -> str:
    return str((await device.ask("/api/settings")).content["revision"])


async def test_they_are_read_with_their_limits_and_what_they_mean(device: ServedDevice) -> None:
    told = (await device.ask("/api/settings")).content
    threshold = told["values"]["detection.threshold"]
    assert threshold == {
        "value": 0.8,
        "default": 0.77,
        "live": True,
        "low": 0.05,
        "high": 0.99,
        "unit": "score",
        "choices": [],
        "set_by": "file",
        "in_file": 0.8,
    }
    assert (await device.ask("/api/state")).content["settings"]
    assert (told["target"], told["first_start"], told["restart"]) == ("file", False, ["soothing.strategy"])
    assert [each["threshold"] for each in told["sensitivity"]] == [0.5, 0.65, 0.77, 0.85, 0.93]


async def test_a_change_is_kept_applied_and_logged_without_its_value(
    device: ServedDevice, daemon: Daemon, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    body = {"revision": await revision(device), "values": {"lullaby.quiet_hours": "08:00-09:17"}}
    told = await device.ask("/api/settings", body)
    assert (told.status, told.content["values"]["lullaby.quiet_hours"]["value"]) == (200, "08:00-09:17")
    assert told.content["revision"] != body["revision"]
    assert daemon.reloads == 1
    assert (tmp_path / "babycryd.yaml").read_text() == OWNERS + 'lullaby:\n  quiet_hours: "08:00-09:17"\n'
    assert "127.0.0.1 changed settings: lullaby.quiet_hours" in caplog.text
    assert "09:17" not in caplog.text
    again = await device.ask("/api/settings", body)
    assert (again.status, again.content["advice"]) == (409, "settings_changed")
    assert daemon.reloads == 1


async def test_each_fault_is_named_by_its_key(device: ServedDevice, daemon: Daemon) -> None:
    values = {"lullaby.quiet_hours": "25", "detection.threshold": 7}
    told = await device.ask("/api/settings", {"revision": await revision(device), "values": values})
    assert told.status == 422
    assert {each["key"] for each in told.content["faults"]} == set(values)
    assert daemon.reloads == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"revision": 1, "values": {"lullaby.enabled": True}},
        {"revision": "x", "values": []},
        {"revision": "x", "values": {}},
        {"revision": "x", "values": {str(number): 1 for number in range(31)}},
        {"revision": "x", "values": {"a": 1}, "more": 1},
    ],
)
async def test_what_is_no_change_is_refused(body: object, device: ServedDevice) -> None:
    assert (await device.ask("/api/settings", body)).status == 422


async def test_a_recipient_comes_and_goes_and_its_secrets_are_never_told(
    device: ServedDevice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    told = await device.ask("/api/settings/recipient", {"revision": await revision(device), **PHONE})
    assert told.content["recipients"] == [{"name": "phone", "service": "telegram", "after_min": 0.0, "of_page": True}]
    bad = await device.ask(
        "/api/settings/recipient", {"revision": await revision(device), **PHONE, "token": ["tk-9f3"]}
    )
    blank = {**PHONE, "name": "b", "address": "4711-chat x"}
    refused = await device.ask("/api/settings/recipient", {"revision": await revision(device), **blank})
    assert (bad.status, refused.status) == (422, 422)
    for text in (told.raw, bad.raw, refused.raw, (await device.ask("/api/settings")).raw, caplog.text.encode()):
        assert b"tk-9f3" not in text
        assert b"4711-chat" not in text
    body = {"revision": await revision(device), "name": "phone"}
    assert (await device.ask("/api/settings/recipient/remove", body)).content["recipients"] == []


async def test_a_test_message_goes_to_one_recipient_and_not_too_often(device: ServedDevice, daemon: Daemon) -> None:
    path = "/api/settings/recipient/test"
    assert (await device.ask(path, {"name": "phone"})).content == {
        "ok": True,
        "accepted": True,
        "text": "ntfy has answered",
    }
    assert not (await device.ask(path, {"name": "other"})).content["accepted"]
    nobody = await device.ask(path, {"name": "nobody"})
    assert (nobody.status, nobody.content["error"]) == (409, "there is no recipient of this name")
    often = await device.ask(path, {"name": "phone"})
    assert (often.status, 0 < int(often.headers["Retry-After"]) <= 20) == (429, True)
    assert (await device.ask(path, {"address": "x"})).status == 422
    assert daemon.tested == ["phone", "other"]


async def test_the_first_steps_and_a_restart(device: ServedDevice, daemon: Daemon, tmp_path: Path) -> None:
    assert (await device.ask("/api/settings/set-up", {"set_up": "later"})).status == 422
    (tmp_path / "babycryd.yaml").write_text("web: {port: 9}\n")
    assert (await device.ask("/api/settings")).content["first_start"]
    assert (await device.ask("/api/settings/set-up", {"set_up": "skipped"})).status == 200
    assert not (await device.ask("/api/settings")).content["first_start"]
    assert (await device.ask("/api/restart", {"restart": True})).status == 409  # it has only just started
    daemon.now_s = 60.0
    assert (await device.ask("/api/restart", {"restart": False})).status == 422
    assert (await device.ask("/api/restart", {"restart": True})).status == 200
    assert daemon.restarts == 1


async def test_a_daemon_without_settings_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        told = await served.ask("/api/settings")
        assert (told.status, told.content["advice"]) == (409, "settings_closed")
        assert not (await served.ask("/api/state")).content["settings"]


async def test_they_are_behind_the_login_and_want_the_token(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as served:
        assert (await served.ask("/api/settings")).status == 401
        body = {"revision": "x", "values": {"lullaby.enabled": False}}
        assert (await served.ask("/api/settings", body)).status == 401
        page = await logged_in(served)
        headers = {name: value for name, value in page.items() if name != "X-CSRF-Token"}
        for path, fields in (
            ("/api/settings", body),
            ("/api/restart", {"restart": True}),
            ("/api/settings/recipient/test", {"name": "phone"}),
        ):
            assert (await served.ask(path, fields, headers=headers)).status == 403
            assert (await served.ask(path, fields, headers=page)).status == 409
            strange = page | {"Origin": "https://evil.example"}
            assert (await served.ask(path, fields, headers=strange)).status == 403
