"""PURE. Settings on the page: the protocol of the part that changes them, and the errors that refuse a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from babycryd.core.check_result import CheckResult

SetUp = Literal["done", "skipped"]


@dataclass(frozen=True, slots=True)
class SettingFault:
    """Fault of one value: its key, and the text of `check-config`."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """Recipient of alerts as the page sends it. Address and token are secrets: they are kept and never shown."""

    name: str
    service: str
    address: str
    token: str = ""
    after_min: float = 0.0

    def __repr__(self) -> str:
        """Return the name alone, as a log or a traceback may show this."""
        return f"NewRecipient({self.name!r})"


class SettingsRefusedError(Exception):
    """Values that are not allowed: nothing has changed."""

    def __init__(self, faults: Sequence[SettingFault]) -> None:
        super().__init__("; ".join(f"{each.key}: {each.text}" for each in faults))
        self.faults = tuple(faults)


class StaleSettingsError(Exception):
    """The settings have changed since they were read, by another tab or by an editor: nothing has changed now."""


class ClosedSettingsError(Exception):
    """The settings cannot be kept; the text says why and what helps."""


class PageSettings(Protocol):
    """Settings that the page shows and changes. `revision`: of the settings as they were read."""

    @property
    def first_start(self) -> bool:
        """Whether the page offers the first steps: no person has written a configuration, here or by hand."""
        ...

    async def read(self) -> Mapping[str, Any]:
        """Return everything that the page shows, JSON-ready and without secrets. Raises ClosedSettingsError."""
        ...

    async def change(self, revision: str, values: Mapping[str, Any]) -> None:
        """Keep values by key, and apply what can change while running.

        Raises SettingsRefusedError, StaleSettingsError, ClosedSettingsError.
        """
        ...

    async def add_recipient(self, revision: str, recipient: NewRecipient) -> None:
        """Keep a new recipient of alerts; it gets them after a restart. Raises as `change`."""
        ...

    async def remove_recipient(self, revision: str, name: str) -> None:
        """Remove a recipient that was made on the page, with its secrets. Raises as `change`."""
        ...

    async def test_recipient(self, name: str) -> CheckResult:
        """Send a test message to a recipient, as the configuration has it now; return what its service answered.

        Raises ClosedSettingsError where there is no such recipient.
        """
        ...

    async def set_up(self, outcome: SetUp) -> None:
        """Note that the first steps were taken or skipped, so that the page offers them no more."""
        ...

    def restart(self) -> None:
        """Stop the daemon in its order and start it again. Raises ClosedSettingsError right after a start."""
        ...
