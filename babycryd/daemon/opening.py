"""Opening of an optional component: its builder is tried at the start, and again after a pause while it raises.

A heavy module, which a builder imports, is loaded in a thread as soon as the daemon listens, or is known to be deaf:
the listening does not wait for page and broker, and the component misses no event.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from babycryd.config import ConfigError
from babycryd.core.bus import Bus, Subscription
from babycryd.core.events import Deaf, Event, Hearing
from babycryd.core.supervision import Backoff, Work
from babycryd.system.tls import TlsFileError, load_module

log = logging.getLogger(__name__)

_LISTENS_WITHIN_S: Final = 3.0  # a healthy microphone within one
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


class Opening:
    """Optional component that is closed while its builder raises, for example because its secret cannot be read.

    A failed attempt leaves nothing on the bus; a builder that writes to other parts does so in its last lines. Work
    that is built late gets the events that describe the present. The reason of being closed is logged once and stands
    in `closed`, by name, where health and the page read it.
    """

    def __init__(
        self,
        name: str,
        build: Callable[[], Work | None],
        bus: Bus,
        closed: dict[str, str],
        backoff: Backoff | None = None,
        module: str | None = None,
    ) -> None:
        """Try `build` at once; it returns None where the settings do not want the component.

        `module`: a heavy one that `build` needs; then the component is wanted, and built by `run`.
        """
        self._name = name
        self._build = build
        self._bus = bus
        self._closed = closed
        self._backoff = backoff or Backoff(lowest_s=_FIRST_PAUSE_S, highest_s=_LONGEST_PAUSE_S)
        self._module = module
        # What happens before the module is loaded; the work gets it all
        self._held = bus.subscribe(f"{name} before it begins") if module else None
        self._work = None if module else self._try()
        self.tried = asyncio.Event()  # once, whether the component could be built or not
        if module is None:
            self.tried.set()

    @property
    def is_wanted(self) -> bool:
        """Whether there is such a component, open or closed."""
        return self._work is not None or self._module is not None or self._name in self._closed

    async def run(self) -> None:
        """Build the work as soon as that succeeds, then await its task."""
        if self._module is not None and self._work is None:
            await self._listening()
            with contextlib.suppress(Exception):  # the builder raises it again
                await asyncio.to_thread(load_module, self._module)
            self._work = self._try()
            self.tried.set()
        while self._work is None:
            await asyncio.sleep(self._backoff.pause_s())
            self._work = self._try()
        await self._work.run()

    async def close(self) -> None:
        """Do the last work; nothing where it was never built."""
        if self._work is not None and self._work.close is not None:
            await self._work.close()

    async def _listening(self) -> None:
        """Return as soon as sound comes, or is known not to, or after _LISTENS_WITHIN_S."""
        events = self._bus.subscribe(f"opening of {self._name}", only=(Hearing, Deaf))
        self._bus.catch_up(events)
        try:
            async with asyncio.timeout(_LISTENS_WITHIN_S):
                await events.get()
        except TimeoutError:
            log.debug("%s does not wait for the microphone any longer", self._name)
        finally:
            self._bus.unsubscribe(events)

    def _try(self) -> Work | None:
        before = self._bus.subscriptions
        try:
            work = self._build()
        except Exception as error:  # noqa: BLE001  # told; an optional component must not end the listening
            for each in self._new(before):
                self._bus.unsubscribe(each)
            self._take_held()
            self._tell(error)
            return None
        new, held = self._new(before), self._take_held()
        for each in new:
            if held is None:
                self._bus.catch_up(each)
            else:
                for event in held:
                    each.offer(event)
        if self._closed.pop(self._name, None):
            log.info("%s is open", self._name)
        return work

    def _take_held(self) -> tuple[Event, ...] | None:
        """Return the events that were held, once; None: there are none to be held."""
        if self._held is None:
            return None
        held, self._held = self._held, None
        self._bus.unsubscribe(held)
        return held.waiting

    def _new(self, before: tuple[Subscription, ...]) -> list[Subscription]:
        return [each for each in self._bus.subscriptions if each not in before]

    def _tell(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if isinstance(error, TlsFileError):
            reason += f": {error.remedy}"
        if self._closed.get(self._name) != reason:
            expected = isinstance(error, ConfigError | OSError)  # its text is enough, without a traceback
            log.warning(
                "%s stays closed, and is tried again: %s", self._name, reason, exc_info=None if expected else error
            )
        self._closed[self._name] = reason
