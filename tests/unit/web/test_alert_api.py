"""The button of a message and the subscriptions to Web Push, over HTTP."""

from pathlib import Path

from babycryd.core.commands import AcknowledgeAlert
from babycryd.notify.web_push import PushBook
from tests.support.serving import ServedDevice, serving
from tests.unit.notify.test_web_push import Phone

TOKEN_PATH = "/api/alert/token"  # noqa: S105
_NONSENSE: tuple[object, ...] = ([], {}, {"token": 7}, {"token": "a", "b": 1})


async def test_a_token_needs_no_login_and_is_good_once(tmp_path: Path) -> None:
    async with serving(tmp_path, device=ServedDevice(tokens={"t1"}), locked=True) as device:
        assert (await device.ask("/api/alert/ack", {})).status == 401
        assert (await device.ask(TOKEN_PATH, {"token": "guessed"})).status == 409
        assert (await device.ask(TOKEN_PATH, {"token": "t1"})).status == 200
        assert (await device.ask(TOKEN_PATH, {"token": "t1"})).status == 409


async def test_other_sites_cannot_use_a_token(tmp_path: Path) -> None:
    async with serving(tmp_path, device=ServedDevice(tokens={"t1"})) as device:
        headers = {"Content-Type": "application/json", "Origin": "https://evil.example"}
        assert (await device.ask(TOKEN_PATH, {"token": "t1"}, headers=headers)).status == 403
        assert device.tokens == {"t1"}


async def test_guessing_is_slow_and_nonsense_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        assert [(await device.ask(TOKEN_PATH, each)).status for each in _NONSENSE] == [422] * 4
        statuses = [(await device.ask(TOKEN_PATH, {"token": "guess"})).status for _ in range(30)]
        assert statuses[0] == 409
        assert statuses[-1] == 429


async def test_the_command_acknowledges_with_and_without_a_value(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        for fields, status in (({}, 200), ({"value": "ACK"}, 200), ({"value": None}, 200), ({"value": "NO"}, 422)):
            assert (await device.ask("/api/alert/ack", fields)).status == status
        assert device.executed == [AcknowledgeAlert()] * 3
        assert (await device.ask("/api/alert/ack", {"other": 1})).status == 422


async def test_a_browser_subscribes_and_ends_it(tmp_path: Path) -> None:
    book = PushBook(tmp_path)
    subscription = Phone().subscription("https://fcm.googleapis.com/x")
    async with serving(tmp_path, device=ServedDevice(push=book)) as device:
        assert (await device.ask("/api/push")).content == {"key": await book.key()}
        assert (await device.ask("/api/push", subscription)).status == 200
        assert len(book.senders()) == 1
        refused = await device.ask("/api/push", {**subscription, "endpoint": "https://router.local/"})
        assert (refused.status, "push service" in refused.content["error"]) == (422, True)
        assert (await device.ask("/api/push/remove", {"endpoint": subscription["endpoint"]})).status == 200
        assert not book.senders()


async def test_only_the_owner_subscribes(tmp_path: Path) -> None:
    async with serving(tmp_path, device=ServedDevice(push=PushBook(tmp_path)), locked=True) as device:
        assert (await device.ask("/api/push")).status == 401
        assert (await device.ask("/api/push", Phone().subscription("https://fcm.googleapis.com/x"))).status == 401


async def test_without_web_push_there_is_no_key(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        assert (await device.ask("/api/push")).content == {"key": None}
        assert (await device.ask("/api/push/remove", {"endpoint": "x"})).status == 422
