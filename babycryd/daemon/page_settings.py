"""Settings on the page: a change is kept, then applied as a reload does, and what waits for a restart is told."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from babycryd.config import ConfigError, load
from babycryd.core.check_result import CheckResult
from babycryd.core.page_settings import ClosedSettingsError, NewRecipient, SetUp
from babycryd.editing import recipients
from babycryd.editing.editor import ConfigEditor, Texts
from babycryd.editing.first_start import SetUpFile, is_by_hand
from babycryd.editing.view import view_of

_LEAST_RUN_S: Final = 20.0  # before a restart: a client that asks again and again must not keep the daemon deaf


class LivePageSettings:
    """The daemon's part behind the page's settings; it keeps the protocol `PageSettings`."""

    def __init__(
        self,
        editor: ConfigEditor,
        reload: Callable[[], Awaitable[None]],
        restart: Callable[[], None],
        waiting: Callable[[], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
        send_test: Callable[[str], Awaitable[CheckResult]] | None = None,
    ) -> None:
        """`reload` applies the configuration; `waiting` returns the keys that need a restart. Reads small files.

        `send_test` sends a test message to a recipient and raises LookupError where there is none of that name.
        """
        self._editor = editor
        self._reload = reload
        self._restart = restart
        self._waiting = waiting
        self._clock = clock
        self._send_test = send_test
        self._started_s = clock()
        self._set_up = SetUpFile(editor.folder)
        self._writing = asyncio.Lock()
        self._first_start = False
        with contextlib.suppress(ClosedSettingsError, ConfigError):  # the page says why
            self._first_start = self._offers_first_steps(editor.texts())

    @property
    def first_start(self) -> bool:
        """See `PageSettings`."""
        return self._first_start

    async def read(self) -> Mapping[str, Any]:
        """See `PageSettings`."""
        return await asyncio.to_thread(self._view)

    def _view(self) -> dict[str, Any]:
        texts = self._editor.texts()
        view = view_of(self._editor, texts, self._waiting())
        self._first_start = self._offers_first_steps(texts)
        return view | {"first_start": self._first_start}

    def _offers_first_steps(self, texts: Texts) -> bool:
        """Return whether no person has written settings, here or by hand. Raises ConfigError."""
        if texts.page is not None or self._set_up.is_there:
            return False
        return not texts.file or not is_by_hand(load(self._editor.path))

    async def change(self, revision: str, values: Mapping[str, Any]) -> None:
        """See `PageSettings`."""
        async with self._writing:
            await asyncio.to_thread(self._editor.set_values, revision, values)
            await self._reload()

    async def add_recipient(self, revision: str, recipient: NewRecipient) -> None:
        """See `PageSettings`."""
        async with self._writing:
            await asyncio.to_thread(recipients.add, self._editor, revision, recipient)
            await self._reload()

    async def remove_recipient(self, revision: str, name: str) -> None:
        """See `PageSettings`."""
        async with self._writing:
            await asyncio.to_thread(recipients.remove, self._editor, revision, name)
            await self._reload()

    async def test_recipient(self, name: str) -> CheckResult:
        """See `PageSettings`."""
        if self._send_test is None:
            raise ClosedSettingsError("this daemon sends no test messages")
        try:
            return await self._send_test(name)
        except ConfigError as error:
            raise ClosedSettingsError(str(error)) from error
        except LookupError as error:
            raise ClosedSettingsError("there is no recipient of this name") from error

    async def set_up(self, outcome: SetUp) -> None:
        """See `PageSettings`."""
        try:
            await asyncio.to_thread(self._set_up.write, outcome)
            self._first_start = False
        except OSError as error:
            raise ClosedSettingsError(f"{error.filename} cannot be written: {error.strerror}") from error

    def restart(self) -> None:
        """See `PageSettings`."""
        if self._clock() - self._started_s < _LEAST_RUN_S:
            raise ClosedSettingsError(f"babycryd has only just started; wait {_LEAST_RUN_S:.0f} s")
        self._restart()
