"""Tasks under supervision: an optional one is run again whenever it fails, a vital one may never end."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Run = Callable[[], Awaitable[object]]


class VitalTaskEnded(Exception):  # noqa: N818 - it says what happened; nothing was raised by the task itself
    """A task that the daemon cannot do without has returned."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} ended although it must run as long as the daemon does")
        self.name = name


class Backoff:
    """Pauses between attempts: doubling from `lowest_s` to `highest_s`, the upper half of each left to chance.

    An attempt that lasted `stable_s` counts as a success: the next pause is a short one again.
    `uniform(low, high)` draws the chance.
    """

    def __init__(
        self,
        *,
        lowest_s: float = 0.5,
        highest_s: float = 60.0,
        stable_s: float = 30.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._lowest_s = lowest_s
        self._highest_s = highest_s
        self._stable_s = stable_s
        self._uniform = uniform
        self._next_s = lowest_s

    def pause_s(self, lasted_s: float) -> float:
        """How long to wait after an attempt that lasted `lasted_s`."""
        if lasted_s >= self._stable_s:
            self._next_s = self._lowest_s
        whole_s, self._next_s = self._next_s, min(self._highest_s, 2 * self._next_s)
        return self._uniform(whole_s / 2, whole_s)


async def keep_running(
    name: str,
    run: Run,
    *,
    stable_s: float = 30.0,
    restarts: Counter[str] | None = None,
    uniform: Callable[[float, float], float] = random.uniform,
) -> None:
    """Await `run()` until it returns; whenever it raises, log it, pause (0.5 to 60 s) and run it again.

    No `Exception` leaves here, so an optional task never harms its siblings; cancellation passes.
    Each restart is counted in `restarts[name]`.
    """
    backoff = Backoff(stable_s=stable_s, uniform=uniform)
    clock = asyncio.get_running_loop().time
    while True:
        started_s = clock()
        try:
            await run()
        except Exception as error:  # whatever an optional task does, the lullaby goes on
            pause_s = backoff.pause_s(clock() - started_s)
            log.warning("%s failed, again in %.1f s: %s", name, pause_s, error or type(error).__name__, exc_info=error)
        else:
            return
        await asyncio.sleep(pause_s)
        if restarts is not None:
            restarts[name] += 1


async def vital(name: str, run: Run) -> None:
    """Await `run()`, which may not end: raises `VitalTaskEnded` if it returns; its errors and cancellation pass."""
    await run()
    raise VitalTaskEnded(name)
