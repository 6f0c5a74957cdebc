"""Supervision of tasks: an optional task is run again whenever it fails, a vital one may never end."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final

log = logging.getLogger(__name__)

Run = Callable[[], Awaitable[object]]

CANCEL_LIMIT_S: Final = 1.0  # for one task to end after it was cancelled


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the daemon that is started and stopped: its task, its last work, and what ends before it."""

    name: str  # also of its task
    run: Run | None = None  # None: it has no task
    close: Run | None = None  # its last work, within a time limit of its own
    vital: bool = False  # the daemon ends with it; a component that is not vital is run again
    stop_after: tuple[str, ...] = ()  # components that end before it; missing ones are ignored
    ends_itself: bool = False  # `close` lets `run` end: the task is not cancelled before


@dataclass(frozen=True, slots=True)
class Work:
    """What an optional component does: its task, and its last work within a time limit of its own."""

    run: Run
    close: Run | None = None


class VitalTaskEnded(Exception):  # noqa: N818 - the task itself raised nothing
    """A task that the daemon cannot do without has returned."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} ended although it must run as long as the daemon does")
        self.name = name


class Backoff:
    """Pauses between attempts: doubling from `lowest_s` to `highest_s`, each shortened at random.

    A pause loses at most `jitter` of its length, 0..1. An attempt that lasted `stable_s` counts as a success: the next
    pause is a short one again. `uniform(low, high)` draws the chance.
    """

    def __init__(
        self,
        *,
        lowest_s: float = 0.5,
        highest_s: float = 60.0,
        stable_s: float = 30.0,
        jitter: float = 0.5,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._lowest_s = lowest_s
        self._highest_s = highest_s
        self._stable_s = stable_s
        self._jitter = jitter
        self._uniform = uniform
        self._next_s = lowest_s

    def pause_s(self, lasted_s: float = 0.0) -> float:
        """Return how long to wait after an attempt that lasted `lasted_s`."""
        if lasted_s >= self._stable_s:
            self.reset()
        whole_s, self._next_s = self._next_s, min(self._highest_s, 2 * self._next_s)
        return self._uniform(whole_s * (1 - self._jitter), whole_s)

    def reset(self) -> None:
        """Make the next pause the shortest one again."""
        self._next_s = self._lowest_s


async def keep_running(
    name: str,
    run: Run,
    *,
    stable_s: float = 30.0,
    restarts: Counter[str] | None = None,
    uniform: Callable[[float, float], float] = random.uniform,
) -> None:
    """Await `run()` until it returns; whenever it raises, log it, pause (0.5 to 60 s) and run it again.

    It raises no `Exception`, so an optional task never ends its siblings; cancellation passes.
    Each restart is counted in `restarts[name]`.
    """
    backoff = Backoff(stable_s=stable_s, uniform=uniform)
    clock = asyncio.get_running_loop().time
    while True:
        started_s = clock()
        try:
            await run()
        except Exception as error:  # a failure of an optional task must not end the lullaby
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


async def supervise(component: Component) -> None:
    """Await the task of a component as a vital or an optional one; return at once where it has none."""
    if component.run is not None:
        await (vital if component.vital else keep_running)(component.name, component.run)


def stop_order(components: Iterable[Component]) -> list[Component]:
    """Return the components that end one after the other, first to last; the others need no order.

    The others have no `stop_after`, and no `stop_after` names them. Raises graphlib.CycleError.
    """
    there = {each.name: each for each in components}
    names = TopologicalSorter({each.name: each.stop_after for each in there.values() if each.stop_after})
    return [there[name] for name in names.static_order() if name in there]


async def stop_all(components: Sequence[Component], tasks: Mapping[str, asyncio.Task[None]]) -> None:
    """End all components: the ordered ones in their order, then the others at once. `tasks`: by component."""
    ordered = stop_order(components)
    for component in ordered:
        await stop(component, tasks.get(component.name))
    others = (each for each in components if each not in ordered)
    await asyncio.gather(*(stop(each, tasks.get(each.name)) for each in others))
    for task in tasks.values():  # one that ends itself may not have begun
        task.cancel()


async def stop(component: Component, task: asyncio.Task[None] | None) -> None:
    """End a component: its task within CANCEL_LIMIT_S, then `close`. `task`: the one that supervises it."""
    if task is not None and not component.ends_itself:
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_LIMIT_S)
    if component.close is not None:
        await component.close()
    await asyncio.sleep(0)  # the other tasks take the events that it published last
