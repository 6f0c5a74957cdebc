"""Recipients of the alerts: the services of the settings, and the browsers that asked for Web Push."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babycryd.notify.policy import Recipient
from babycryd.notify.sender import HttpSender, ReadSecret, Sender
from babycryd.notify.services import SERVICES
from babycryd.notify.settings import NotifySettings, ServiceSettings
from babycryd.notify.web_push import PushBook


@dataclass(slots=True)
class Recipients:
    """Recipients and the way to each."""

    services: tuple[tuple[Recipient, Sender], ...] = ()
    push: PushBook | None = None  # None: no Web Push

    def all(self) -> Sequence[Recipient]:
        """Return every recipient there is now."""
        return [*(each for each, _ in self.services), *map(Recipient, self._browsers())]

    def sender(self, name: str) -> Sender | None:
        """Return the way to a recipient; None where it is gone."""
        return {each.name: sender for each, sender in self.services}.get(name) or self._browsers().get(name)

    def _browsers(self) -> Mapping[str, Sender]:
        return self.push.senders() if self.push else {}


def services_of(settings: NotifySettings, read_secret: ReadSecret) -> tuple[tuple[Recipient, Sender], ...]:
    """Return the recipients of the settings."""
    senders = [(each, sender_of(each, settings.page_url, read_secret)) for each in settings.services]
    return tuple((Recipient(each.name, 60 * each.after_min), sender) for each, sender in senders)


def sender_of(settings: ServiceSettings, page_url: str, read_secret: ReadSecret) -> Sender:
    """Return the way to one recipient of the settings."""
    if SERVICES[settings.service].request is not None:
        return HttpSender(settings, page_url, read_secret)
    from babycryd.notify.apprise_sender import AppriseSender

    return AppriseSender(settings, page_url, read_secret)
