"""Senders: what each service is asked, and what is known after each way in which a server fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from babycryd.notify import sender as module
from babycryd.notify.message import Home, Message, message_of
from babycryd.notify.notice import Notice
from babycryd.notify.recipients import sender_of
from babycryd.notify.sender import HttpSender, Outcome
from babycryd.notify.settings import ServiceSettings
from tests.support.fakes.alert_service import AlertService
from tests.support.ports import free_port

UTC_S = 1_700_000_000.0
SECRETS = {"address": "planted-address", "token": "planted-token"}
NOTICE = Notice("crying-e1-first-1-phone", "crying-e1", "phone", "crying", "first", UTC_S, UTC_S)
MESSAGE = message_of(NOTICE, Home("nursery", "Nursery"), UTC_S, over=False, token="one-time")  # noqa: S106


@pytest.fixture
async def service() -> AsyncIterator[AlertService]:
    async with AlertService() as running:
        yield running


def secret(name: str, file: Path | None) -> str | None:
    return SECRETS[name.rpartition("_")[2]]


def sender(url: str, service: str = "ntfy", page_url: str = "") -> HttpSender:
    made = sender_of(ServiceSettings("phone", service, url), page_url, secret)
    assert isinstance(made, HttpSender)
    return made


def send(service: AlertService, message: Message = MESSAGE) -> "asyncio.Future[Outcome]":
    return asyncio.ensure_future(sender(service.url).send(message))


async def test_ntfy_gets_a_button_that_needs_no_login(service: AlertService) -> None:
    assert (await sender(service.url, page_url="https://page.example/").send(MESSAGE)).kind == "accepted"
    asked = service.asked[0]
    assert (asked.path, asked.headers["Authorization"]) == ("/", "Bearer planted-token")
    assert asked.fields["topic"] == "planted-address"
    assert (asked.fields["title"], asked.fields["priority"]) == ("The baby is crying", 5)
    (button,) = asked.fields["actions"]
    assert (button["url"], json.loads(button["body"])) == (
        "https://page.example/api/alert/token",
        {"token": "one-time"},
    )


async def test_without_an_address_of_the_page_there_is_no_button(service: AlertService) -> None:
    await sender(service.url).send(MESSAGE)
    assert not {"actions", "click"} & service.asked[0].fields.keys()


@pytest.mark.parametrize(
    ("name", "answer", "path", "holds"),
    [
        ("pushover", {"status": 1}, "/1/messages.json", {"token": "planted-token", "user": "planted-address"}),
        ("telegram", {"ok": True}, "/botplanted-token/sendMessage", {"chat_id": "planted-address"}),
        ("gotify", {"id": 7}, "/message", {"priority": 8}),
        ("homeassistant", {}, "/api/webhook/planted-address", {"id": NOTICE.id, "urgency": "high"}),
    ],
)
async def test_each_service_is_asked_in_its_own_way(
    service: AlertService, name: str, answer: dict[str, Any], path: str, holds: dict[str, Any]
) -> None:
    service.answer = answer
    assert (await sender(service.url, name).send(MESSAGE)).kind == "accepted"
    assert service.asked[0].path == path
    assert holds.items() <= service.asked[0].fields.items()
    assert "crying" in str(service.asked[0].fields)


async def test_a_webhook_gets_a_key_against_duplicates(service: AlertService) -> None:
    settings = ServiceSettings("hook", "webhook")
    address = {"address": f"{service.url}/hook", "token": "planted-token"}
    made = sender_of(settings, "", lambda name, _: address[name.rpartition("_")[2]])
    assert (await made.send(MESSAGE)).kind == "accepted"
    assert service.asked[0].headers["Idempotency-Key"] == NOTICE.id
    assert service.asked[0].fields["began_at"] == "2023-11-14T22:13:20+00:00"
    assert "one-time" not in str(service.asked[0].fields)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("lost", "unclear"),
        ("refuse", "unclear"),
        ("cut", "unclear"),
        ("redirect", "failed"),
        ("page", "failed"),
        ("huge", "failed"),
        ("500", "failed"),
        ("503", "failed"),
        ("502", "unclear"),
        ("504", "unclear"),
        ("408", "failed"),
        ("429", "failed"),
        ("400", "impossible"),
        ("413", "impossible"),
        ("401", "refused"),
        ("404", "refused"),
    ],
)
async def test_each_failure_says_whether_the_message_may_have_arrived(
    service: AlertService, fault: str, kind: str
) -> None:
    service.faults.append(fault)
    outcome = await send(service)
    assert outcome.kind == kind
    assert outcome.why
    assert not [each for each in (*SECRETS.values(), service.url, "secret") if each in outcome.why]
    assert (await send(service)).kind == "accepted"


@pytest.mark.parametrize(("fault", "kind"), [("hang", "unclear"), ("late", "unclear")])
async def test_a_server_that_does_not_answer_is_given_up(
    service: AlertService, monkeypatch: pytest.MonkeyPatch, fault: str, kind: str
) -> None:
    monkeypatch.setattr(module, "LIMIT_S", 0.5)
    service.faults.append(fault)
    outcome = await send(service)
    assert (outcome.kind, outcome.why) == (kind, "no answer within 0.5 s")


async def test_retry_after_is_heeded_within_reason(service: AlertService) -> None:
    service.faults.extend(["429:7", "503:999999", "429:soon"])
    assert [(await send(service)).retry_after_s for _ in range(3)] == [7.0, 900.0, 0.0]


async def test_a_closed_port_has_surely_got_nothing() -> None:
    outcome = await sender(f"http://127.0.0.1:{free_port()}").send(MESSAGE)
    assert outcome == Outcome("failed", "Connection refused")


async def test_a_missing_secret_is_told_by_the_name_of_its_key(service: AlertService) -> None:
    made = sender_of(ServiceSettings("phone", "pushover", service.url), "", lambda *_: None)
    outcome = await made.send(MESSAGE)
    assert (outcome.kind, service.asked) == ("refused", [])
    assert outcome.why == "pushover needs address_file, or the credential notify_phone_address"


async def test_ntfy_says_whether_it_has_a_message(service: AlertService) -> None:
    here = sender(service.url)
    assert await here.has(MESSAGE, 10.0) is False
    await here.send(MESSAGE)
    assert await here.has(MESSAGE, 10.0) is True
    assert service.asked[-1].path == "/planted-address/json?poll=1&since=10m"
    service.readable = False
    assert await here.has(MESSAGE, 10.0) is None
    service.readable = True
    service.faults.extend(["refuse", "refuse"])  # aiohttp makes a GET request twice
    with pytest.raises(LookupError):
        await here.has(MESSAGE, 10.0)


async def test_the_others_cannot_say(service: AlertService) -> None:
    assert await sender(service.url, "gotify").has(MESSAGE, 10.0) is None


async def test_apprise_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sender_of(ServiceSettings("mail", "apprise"), "", secret)
    outcome = await made.send(MESSAGE)
    assert outcome == Outcome("refused", "Apprise is not installed: pip install 'babycryd[apprise]'")
