"""Settings of the alerts, as they stand under `notify:` in the YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Final

from babycryd.core.setting import setting
from babycryd.i18n import DEFAULT, LANGUAGES
from babycryd.notify.services import SERVICES

_NAME: Final = re.compile("[a-z0-9_-]{1,24}")
_URL: Final = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Settings of one recipient: the service that reaches it, its address there, and when it is told."""

    name: str = setting("", "Name of this recipient, of a-z, 0-9, _ and -.", example="phone")
    service: str = setting("ntfy", "Service that carries the alerts.", choices=tuple(SERVICES))
    url: str = setting(
        "",
        "Address of the service's server; empty takes that of ntfy, Pushover or Telegram. Gotify and Home Assistant are"
        " your own.",
        example="https://ntfy.example.org",
    )
    address_file: Path | None = setting(
        None,
        "File whose first line is the address there: ntfy's topic, Pushover's user key, Telegram's chat id, Home"
        " Assistant's webhook id, the URL of a webhook or of Apprise; empty takes the systemd credential"
        " `notify_NAME_address`.",
        secret=True,
        example="/etc/babycryd/ntfy-topic",
    )
    token_file: Path | None = setting(
        None,
        "File whose first line is the token: of ntfy and webhooks if they want one, of the application for Pushover and"
        " Gotify, of the bot for Telegram; empty takes the systemd credential `notify_NAME_token`.",
        secret=True,
        example="/etc/babycryd/ntfy-token",
    )
    ca_file: Path | None = setting(
        None,
        "Certificate (PEM) of the authority that signed the server's; empty: those the system trusts.",
        example="/etc/babycryd/ca.pem",
    )
    after_min: float = setting(
        0.0,
        "Tells this recipient only of an alert unacknowledged for this long.",
        unit="min",
        low=0.0,
        high=120.0,
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be 1 to 24 of a-z, 0-9, _ and -, for example phone"
        needs = SERVICES[self.service].needs
        if self.url and not _URL.fullmatch(self.url):
            yield "url", "must be an address such as https://ntfy.example.org, without user, password and ?"
        if self.url and "url" not in needs and not SERVICES[self.service].url:
            yield "url", f"has no effect with service: {self.service}, whose whole URL stands in address_file"
        if not self.url and "url" in needs:
            yield "url", f"must be the address of your server where service is {self.service}"


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Settings of the alerts: of what, how often, in which language, and to whom."""

    crying_s: float = setting(60.0, "Alerts of crying that lasts longer than this.", unit="s", low=0.0, high=3600.0)
    deaf_min: float = setting(
        3.0, "Alerts when babycryd hears nothing, or too badly, for this long.", unit="min", low=0.1, high=120.0
    )
    repeat_min: float = setting(
        2.0, "Repeats an alert after this pause, until it is acknowledged or over.", unit="min", low=0.5, high=60.0
    )
    repeats: int = setting(30, "Most repetitions of one alert to one recipient.", low=0, high=500)
    disk: bool = setting(True, "Tells the recipients once a day while the disk is nearly full or fails.")
    evening: str = setting(
        "", "Local time at which the recipients are told that babycryd listens; empty: not.", example="20:00"
    )
    digest: bool = setting(True, "Tells the recipients on Mondays, at `report.morning`, how the week was.")
    language: str = setting(DEFAULT, "Language of the alerts.", choices=tuple(LANGUAGES))
    page_url: str = setting(
        "",
        "Address at which the phones reach the live page, for the button in ntfy's messages and the link in the others;"
        " empty: neither.",
        example="https://nursery.example.org",
    )
    services: tuple[ServiceSettings, ...] = setting((), "Recipients of the alerts; none: page and MQTT only.")

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if self.page_url and not _URL.fullmatch(self.page_url):
            yield "page_url", "must be an address such as https://nursery.example.org, without user, password and ?"
        names = [each.name for each in self.services]
        if "" in names:
            yield "services", "must have a name each"
        if twice := sorted({name for name in names if names.count(name) > 1}):
            yield "services", f"must have different names; there is more than one {', '.join(twice)}"
        try:
            _ = self.evening_time
        except ValueError:
            yield "evening", f"'{self.evening}' is no time of day such as 20:00"

    @property
    def evening_time(self) -> time | None:
        """The time of `evening`; None where it is empty. Raises ValueError."""
        return time.fromisoformat(self.evening) if self.evening else None
