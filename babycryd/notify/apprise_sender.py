"""Sender for everything that Apprise knows, in a process for each message: the library is large, and may block."""

from typing import Final

from babycryd.notify.message import Message
from babycryd.notify.sender import Outcome, ReadSecret, account_of
from babycryd.notify.settings import ServiceSettings
from babycryd.system.isolated_call import IsolatedCallError
from babycryd.system.worker_process import WorkerProcess

LIMIT_S: Final = 40.0  # the first call imports the library
_FUNCTION: Final = f"{__name__}:send_with_apprise"


class AppriseSender:
    """Sender that hands Apprise's URL to the process over a pipe, so that it stands in no command line."""

    def __init__(self, settings: ServiceSettings, page_url: str, read_secret: ReadSecret) -> None:
        self._settings = settings
        self._page_url = page_url
        self._read_secret = read_secret
        self._process = WorkerProcess()

    async def send(self, message: Message) -> Outcome:
        """See `Sender.send`. Apprise does not say why a try failed."""
        text = f"{message.text}\n{self._page_url}".rstrip()
        try:
            url = account_of(self._settings, self._page_url, self._read_secret).address
            arrived = await self._process.call(_FUNCTION, url, message.title, text, limit_s=LIMIT_S)
        except ValueError as error:
            return Outcome("refused", str(error))
        except IsolatedCallError as error:
            if error.kind == "ModuleNotFoundError":
                return Outcome("refused", "Apprise is not installed: pip install 'babycryd[apprise]'")
            return Outcome("failed", f"Apprise failed ({error.kind or error})")  # its own text may quote the URL
        finally:
            await self._process.close()
        return Outcome("accepted") if arrived else Outcome("failed", "Apprise could not send it")

    async def has(self, message: Message, minutes: float) -> bool | None:  # noqa: ARG002  # as of `Sender.has`
        """Return None: Apprise cannot ask."""
        return None


def send_with_apprise(url: str, title: str, text: str) -> bool:
    """Send a message with Apprise; return whether it says that it arrived. Runs in the other process."""
    import apprise

    sender = apprise.Apprise()
    return bool(sender.add(url)) and bool(sender.notify(body=text, title=title))
