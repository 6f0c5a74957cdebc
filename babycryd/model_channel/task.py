"""Task of the model channel: compares two models while one is tried, and follows the choice of the model."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from babycryd.audio.format import HOP_S
from babycryd.core.bus import Subscription
from babycryd.core.events import ControlsChanged, CryEnded, CryStarted, Event, StateChanged, StateName
from babycryd.core.health_parts import ModelHealth
from babycryd.core.rounds import next_round
from babycryd.detect.tflite import ModelError
from babycryd.model_channel.choice import Choice
from babycryd.model_channel.comparison import Comparison, Difference, Side, Tally, verdict
from babycryd.model_channel.naming import NAMES, name_of
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.shadow import Shadow, ShadowError
from babycryd.model_channel.shadow_tap import ShadowTap
from babycryd.model_channel.status import status
from babycryd.model_channel.store import ModelStore

log = logging.getLogger(__name__)

STEP_S: Final = 1.0
PROVEN_S: Final = 60.0  # of listening: then the start with this model has not failed
_KEEP_EVERY_S: Final = 600.0  # of sound, between writings of the comparison
_DISK_LIMIT_S: Final = 0.4
_MOST_HOPS: Final = 50  # at once
_BUSY: Final[frozenset[StateName]] = frozenset({"crying", "soothing"})  # in which no restart may disturb


class ModelTask:
    """Optional task of the model channel, `run`. Where it fails, the model that decides goes on hearing."""

    EVENTS: tuple[type[Event], ...] = (CryStarted, CryEnded, ControlsChanged, StateChanged)

    def __init__(
        self,
        settings: ModelChannelSettings,
        store: ModelStore,
        began_with: Choice,
        tap: ShadowTap,
        events: Subscription,
        shadow_of: Callable[[Choice], Shadow],
        restart: Callable[[], None],
        now_s: Callable[[], float],
    ) -> None:
        """`began_with`: the choice of this start. `shadow_of` blocks, and raises ModelError; `now_s`: stream time."""
        self._settings = settings
        self._store = store
        self._began_with = self._choice = began_with
        self._tap = tap
        self._events = events
        self._shadow_of = shadow_of
        self._restart = restart
        self._now_s = now_s
        self._state: StateName = "listening"
        self._controls: ControlsChanged | None = None
        self._tried: Choice | None = None  # whose models are compared, or cannot be
        self._shadow: Shadow | None = None
        self._comparison = Comparison()
        self._kept_s = 0.0
        self._told_passed = False

    async def run(self) -> None:
        """Follow the choice until cancelled."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="shadow")
        self._tried = self._shadow = None  # also where it is run again after a failure
        try:
            while not await self._restarts(await self._read_choice()):
                await self._step(self._choice, thread)
                await next_round(STEP_S)
            await asyncio.Event().wait()  # until the daemon has ended
        finally:
            self._tap.listen(listening=False)  # `close` follows, and keeps what was compared
            thread.shutdown(wait=False, cancel_futures=True)

    async def close(self) -> None:
        """Keep the comparison, where the disk takes it at once."""
        if self._tried is not None and self._shadow is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DISK_LIMIT_S):
                    await asyncio.to_thread(self._store.keep_tally, self._tried, self._comparison.tally)

    def status(self, utc_s: float) -> ModelHealth:
        """Return which model decides, and how a new one does, at the time `utc_s`."""
        tally = self._comparison.tally if _same(self._choice, self._tried) else Tally()
        return status(self._choice, tally, self._settings, utc_s)

    async def _read_choice(self) -> Choice:
        self._choice = await asyncio.to_thread(self._store.choice)
        return self._choice

    async def _restarts(self, choice: Choice) -> bool:
        """Begin a restart where another model was chosen, once nothing is disturbed; return whether it was begun."""
        if choice.in_use == self._began_with.in_use or self._state in _BUSY:
            return False
        log.info("starting again with %s", name_of(choice.in_use))
        self._tap.listen(listening=False)
        self._restart()
        return True

    async def _step(self, choice: Choice, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        if choice.starts and self._now_s() > PROVEN_S:
            choice = await asyncio.to_thread(self._store.change, Choice.proven)
        if not _same(choice, self._tried):
            await loop.run_in_executor(thread, self._begin, choice)
        hops, lost = self._tap.take(_MOST_HOPS)
        await self._follow_bus(choice)
        if self._shadow is None:
            return
        try:
            heard = await loop.run_in_executor(thread, self._shadow.hear, hops)
        except ShadowError as error:
            await self._give_up(choice, str(error))
            return
        for each in heard:
            self._comparison.take("candidate" if choice.phase == "trial" else "reference", each)
        if hops:
            await self._judge(choice, self._comparison.settle(hops[-1].at_s, HOP_S * len(hops), lost))

    def _begin(self, choice: Choice) -> None:
        """Begin the comparison of other models, or none; runs in the shadow's thread."""
        self._tap.listen(listening=False)
        self._tried, self._shadow, self._told_passed = choice, None, False
        if choice.phase == "none":
            return
        self._comparison = Comparison(self._store.tally(choice))
        self._kept_s = self._comparison.tally.heard_s
        try:
            self._shadow = self._shadow_of(choice)
        except ModelError as error:
            log.warning("%s cannot hear in the shadow: %s", name_of(choice.shadow), error)
            if choice.phase == "trial":
                why = f"it cannot be loaded: {error}"
                self._store.change(_if_same(choice, lambda now: now.rolled_back(why)))
            return
        if self._controls is not None:
            self._shadow.follow(self._controls)
        self._tap.listen(listening=True)
        log.info("%s hears in the shadow of %s", name_of(choice.shadow), name_of(choice.in_use))

    async def _follow_bus(self, choice: Choice) -> None:
        side: Side = "reference" if choice.phase == "trial" else "candidate"
        while len(self._events):
            match await self._events.get():
                case (CryStarted() | CryEnded()) as event if self._shadow is not None:
                    self._comparison.take(side, event)
                case StateChanged(state=state):
                    self._state = state
                case ControlsChanged() as controls:
                    self._controls = controls
                    if self._shadow is not None:
                        self._shadow.follow(controls)
                case _:
                    pass

    async def _judge(self, choice: Choice, new: list[Difference]) -> None:
        for each in new:
            _tell(each)
        tally = self._comparison.tally
        if new or tally.heard_s - self._kept_s >= _KEEP_EVERY_S:
            self._kept_s = tally.heard_s
            await asyncio.to_thread(self._store.keep_tally, choice, tally)
        match verdict(tally, self._settings):
            case "worse":
                counts = f"{tally.only_candidate} against {tally.only_reference}"
                why = f"it raised more alarms in {tally.heard_s / 3600:.1f} h: {counts} that only one model raised"
                await self._change(choice, lambda now: now.rolled_back(why), f"is rolled back: {why}")
            case "passed" if choice.phase == "probation":
                await self._change(choice, Choice.confirmed, "has passed its probation and stays")
            case "passed" if not self._told_passed:
                self._told_passed = True
                log.info("%s has passed its trial; to let it decide: babycryd model switch", name_of(choice.candidate))
            case _:
                pass

    async def _give_up(self, choice: Choice, why: str) -> None:
        """End a comparison whose shadow does not work; a model on trial is dropped."""
        self._shadow = None
        self._tap.listen(listening=False)
        if choice.phase == "trial":
            await self._change(choice, lambda now: now.rolled_back(why), f"is rolled back: {why}")
        else:
            log.warning("%s hears no longer in the shadow: %s", name_of(choice.shadow), why)

    async def _change(self, choice: Choice, step: Callable[[Choice], Choice], told: str) -> None:
        log.warning("%s %s", name_of(choice.candidate), told)
        await asyncio.to_thread(self._store.change, _if_same(choice, step))


def _tell(difference: Difference) -> None:
    at = datetime.fromtimestamp(difference.utc_s).astimezone().strftime("%H:%M:%S")
    log.info("a cry at %s, for %.0f s, was heard by %s only", at, difference.duration_s, NAMES[difference.only])


def _same(one: Choice, other: Choice | None) -> bool:
    """Return whether both choices try the same models."""
    if other is None:
        return False
    return (one.in_use, one.candidate, one.previous) == (other.in_use, other.candidate, other.previous)


def _if_same(choice: Choice, step: Callable[[Choice], Choice]) -> Callable[[Choice], Choice]:
    """Return a step that changes nothing where the owner has meanwhile chosen otherwise."""
    return lambda now: step(now) if _same(choice, now) else now
