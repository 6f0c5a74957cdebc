"""PURE. Table of the services: how a message becomes a request, and which answer means that it was accepted."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from babycryd.notify.message import Message

Need = Literal["url", "address", "token"]
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """Access to a service. Address and token, and so the URLs made of them, are secrets."""

    url: str  # of the server, without a slash at its end
    address: str  # of the recipient: a topic, a user key, a chat
    token: str
    page_url: str = ""  # of the live page, as phones reach it; empty: they do not


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. Its URL may hold a secret."""

    url: str
    fields: Fields | None = None  # sent as JSON, or as a form; None: a GET request
    headers: Mapping[str, str] = field(default_factory=dict)
    form: bool = False
    content: bytes | None = None  # sent as it is, in place of `fields`


@dataclass(frozen=True, slots=True)
class Service:
    """Row of the table: a service that is reached over HTTP, or by a library of its own (`request` is None)."""

    needs: tuple[Need, ...]
    request: Callable[[Account, Message], Request] | None = None
    accepted: Callable[[Fields], bool] = lambda _: True  # takes the JSON object of an answer with a status 2xx
    url: str = ""  # of its public server
    history: Callable[[Account, float], Request] | None = None  # of its messages of the last minutes, one JSON a line


def _ntfy(account: Account, message: Message) -> Request:
    """Source: https://docs.ntfy.sh/publish/#publish-as-json. `sequence_id` lets ntfy >= 2.16 replace, not add."""
    fields: dict[str, Any] = {
        "topic": account.address,
        "title": message.title,
        "message": message.text,
        "priority": {"high": 5, "normal": 3, "low": 2}[message.urgency],
        "tags": ["baby"],
        "sequence_id": message.id,
    }
    if account.page_url:
        fields["click"] = account.page_url
    if account.page_url and message.token:
        fields["actions"] = [_ntfy_button(account, message)]
    return Request(f"{account.url}/", fields, _bearer(account))


def _ntfy_button(account: Account, message: Message) -> Fields:
    return {
        "action": "http",
        "label": message.button,
        "url": f"{account.page_url}/api/alert/token",
        "method": "POST",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"token": message.token}),
        "clear": True,
    }


def _ntfy_history(account: Account, minutes: float) -> Request:
    return Request(f"{account.url}/{account.address}/json?poll=1&since={minutes:.0f}m", None, _bearer(account))


def _pushover(account: Account, message: Message) -> Request:
    """Source: https://pushover.net/api."""
    fields = {
        "token": account.token,
        "user": account.address,
        "title": message.title,
        "message": message.text,
        "priority": {"high": "1", "normal": "0", "low": "-1"}[message.urgency],
        **({"url": account.page_url} if account.page_url else {}),
    }
    return Request(f"{account.url}/1/messages.json", fields, form=True)


def _telegram(account: Account, message: Message) -> Request:
    """Source: https://core.telegram.org/bots/api#sendmessage."""
    link = f"\n{account.page_url}" if account.page_url else ""
    fields = {
        "chat_id": account.address,
        "text": f"{message.title}\n{message.text}{link}",
        "disable_notification": message.urgency == "low",
    }
    return Request(f"{account.url}/bot{account.token}/sendMessage", fields)


def _gotify(account: Account, message: Message) -> Request:
    """Source: https://gotify.net/docs/pushmsg."""
    fields: dict[str, Any] = {
        "title": message.title,
        "message": message.text,
        "priority": {"high": 8, "normal": 5, "low": 2}[message.urgency],
    }
    if account.page_url:
        fields["extras"] = {"client::notification": {"click": {"url": account.page_url}}}
    return Request(f"{account.url}/message", fields, {"X-Gotify-Key": account.token})


def _home_assistant(account: Account, message: Message) -> Request:
    """Source: https://www.home-assistant.io/docs/automation/trigger/#webhook-trigger."""
    return Request(f"{account.url}/api/webhook/{account.address}", message.fields())


def _webhook(account: Account, message: Message) -> Request:
    return Request(account.address, message.fields(), {"Idempotency-Key": message.id, **_bearer(account)})


def _bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.token}"} if account.token else {}


SERVICES: Final[Mapping[str, Service]] = {
    "ntfy": Service(
        ("address",), _ntfy, lambda answer: answer.get("event") == "message", "https://ntfy.sh", _ntfy_history
    ),
    "pushover": Service(
        ("address", "token"), _pushover, lambda answer: answer.get("status") == 1, "https://api.pushover.net"
    ),
    "telegram": Service(
        ("address", "token"), _telegram, lambda answer: answer.get("ok") is True, "https://api.telegram.org"
    ),
    "gotify": Service(("url", "token"), _gotify, lambda answer: "id" in answer),
    "homeassistant": Service(("url", "address"), _home_assistant),  # answers 200 to an unknown webhook, too
    "webhook": Service(("address",), _webhook),
    "apprise": Service(("address",)),
}
