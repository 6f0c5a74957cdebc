"""The task between tap, bus and store: who is compared, and what it does by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from babycryd.audio.block import Hop, Mono
from babycryd.audio.format import HOP, HOP_S
from babycryd.core.bus import Bus
from babycryd.core.events import ControlsChanged, CryEnded, CryStarted, StateChanged
from babycryd.demo.night import DemoNight
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import ModelError, shipped_classifier
from babycryd.model_channel import shadow
from babycryd.model_channel import task as following
from babycryd.model_channel.choice import Choice
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.shadow import Shadow
from babycryd.model_channel.shadow_tap import CAPACITY_HOPS, ShadowTap
from babycryd.model_channel.store import ModelStore
from babycryd.model_channel.task import ModelTask
from tests.support.patience import until

A, SHIPPED = "a" * 64, "c" * 64
NIGHT = DemoNight().samples()


class SaysAlways:
    """A classifier that gives each hop one score."""

    reference: NDArray[np.floating] = np.zeros((1, EMBEDDING))

    def __init__(self, score: float) -> None:
        self._score = score

    def reset(self) -> None:
        pass

    def score(self, frames: NDArray[np.float32]) -> Scored:
        return Scored(self._score, np.zeros(EMBEDDING, np.float32))


class Fails(SaysAlways):
    def score(self, frames: NDArray[np.float32]) -> Scored:
        raise RuntimeError("node 7 failed to invoke")


@dataclass
class Nursery:
    """A tap, a bus and a store, and the pipeline that decides, which hears what the tap lets through."""

    folder: Path
    classifier: Callable[[Choice], object] = lambda _: shipped_classifier()
    settings: ModelChannelSettings = field(default_factory=lambda: ModelChannelSettings(shadow_hours=0.02))
    began_with: Choice = field(default_factory=Choice)
    now_s: float = 0.0
    restarts: int = 0
    built: int = 0

    def __post_init__(self) -> None:
        self.bus, self.tap, self.store = Bus(), ShadowTap(), ModelStore(self.folder)
        self.deciding = Pipeline(DetectionSettings(), shipped_classifier())

    def shadow_of(self, choice: Choice) -> Shadow:
        self.built += 1
        return Shadow(Pipeline(DetectionSettings(), self.classifier(choice)), DetectionSettings())  # type: ignore[arg-type]

    def restart(self) -> None:
        self.restarts += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ModelTask]:
        events = self.bus.subscribe("models", only=ModelTask.EVENTS)
        task = ModelTask(
            self.settings,
            self.store,
            self.began_with,
            self.tap,
            events,
            self.shadow_of,
            self.restart,
            lambda: self.now_s,
        )
        work = asyncio.create_task(task.run())
        try:
            yield task
        finally:
            assert not work.done()
            work.cancel()

    async def hear(self, samples: Mono, times: int = 1) -> None:
        """Lets the room sound; waits until the shadow has heard it."""
        for hop in np.tile(samples, times)[: len(samples) * times // HOP * HOP].reshape(-1, HOP):
            self.now_s = round(self.now_s + HOP_S, 6)
            self.tap.process(Hop(hop, self.now_s, 1_790_000_000.0 + self.now_s, after_gap=False))
            for event in self.deciding.push(hop, self.now_s - HOP_S, 1_790_000_000.0 + self.now_s - HOP_S):
                self.bus.publish(event)
            if self.tap.waiting > CAPACITY_HOPS // 2:
                await self.heard()
        await self.heard()

    async def heard(self) -> None:
        await until(lambda: self.tap.waiting == 0)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STEP_S", 0.005)


def on_trial(nursery: Nursery) -> Choice:
    return nursery.store.change(lambda now: now.offered(A, 1, SHIPPED, again=False))


async def test_the_same_ears_differ_in_nothing_and_pass(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    nursery = Nursery(tmp_path)
    choice = on_trial(nursery)
    async with nursery.running() as task:
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT, times=2)
        await until(lambda: "has passed its trial; to let it decide: babycryd model switch" in caplog.text)
        await task.close()
    tally = nursery.store.tally(choice)
    assert tally.both >= 2
    assert (tally.only_candidate, tally.only_reference, tally.lost_hops) == (0, 0, 0)
    assert nursery.store.choice() == choice
    assert nursery.restarts == 0
    assert caplog.text.count("has passed its trial") == 1


async def test_what_was_compared_is_kept_at_the_end(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    choice = on_trial(nursery)
    async with nursery.running() as task:
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT[: 100 * HOP])
    await until(lambda: not nursery.tap.listening)  # the daemon ends a task before its last work
    await task.close()
    # what the shadow was hearing just then is lost
    assert 50 * HOP_S - 0.01 <= nursery.store.tally(choice).heard_s <= 100 * HOP_S + 0.01


async def test_a_deaf_model_is_told_by_its_differences(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    nursery = Nursery(tmp_path, lambda _: SaysAlways(0.0))
    choice = on_trial(nursery)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT, times=2)
        await until(lambda: nursery.store.tally(choice).only_reference >= 1)
    assert "was heard by the old model only" in caplog.text
    assert nursery.store.choice() == choice


async def test_a_model_that_alarms_more_is_rolled_back_by_itself(tmp_path: Path) -> None:
    settings = ModelChannelSettings(shadow_hours=10, more_alarms=0)
    nursery = Nursery(tmp_path, lambda _: SaysAlways(1.0), settings)
    on_trial(nursery)
    # sounds that are no cry for the shipped model, and one for the other
    noise = np.random.default_rng(3).normal(0, 0.1, HOP * 20).astype(np.float32)
    sounds = np.concatenate([np.zeros(HOP * 60, np.float32) + 1e-4, noise, np.zeros(HOP * 120, np.float32) + 1e-4])
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        await nursery.hear(sounds, times=3)
        await until(lambda: nursery.store.choice().phase == "none")
    choice = nursery.store.choice()
    assert (choice.in_use, choice.refused) == (None, (A,))
    assert "raised more alarms" in choice.why
    assert nursery.restarts == 0  # the model that decides is the same


async def test_on_probation_too_and_then_the_daemon_starts_again(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path, lambda _: SaysAlways(0.0), ModelChannelSettings(shadow_hours=10, more_alarms=0))
    on_trial(nursery)
    nursery.began_with = nursery.store.change(Choice.switched)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT, times=2)  # the model in use hears cries that the one in its shadow does not
        await until(lambda: nursery.restarts == 1)
    choice = nursery.store.choice()
    assert (choice.in_use, choice.refused) == (None, (A,))


async def test_a_probation_without_more_alarms_ends(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    on_trial(nursery)
    nursery.began_with = nursery.store.change(Choice.switched)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT, times=2)
        await until(lambda: nursery.store.choice().phase == "none")
        await until(lambda: not nursery.tap.listening)
    assert nursery.store.choice().in_use == A
    assert nursery.restarts == 0


async def test_a_model_that_fails_in_the_shadow_is_rolled_back_and_nothing_else_happens(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path, lambda _: Fails(0.0))
    on_trial(nursery)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT)
        await until(lambda: nursery.store.choice().refused == (A,))
    assert "node 7 failed to invoke" in nursery.store.choice().why


async def test_a_model_that_gives_no_number_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "SILENT_AFTER_S", 20.0)
    nursery = Nursery(tmp_path, lambda _: SaysAlways(float("nan")))
    on_trial(nursery)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        await nursery.hear(NIGHT, times=1)
        await until(lambda: nursery.store.choice().refused == (A,))
    assert nursery.store.choice().why == "it gives no scores"


async def test_a_model_whose_files_are_gone_is_rolled_back(tmp_path: Path) -> None:
    def gone(_: Choice) -> object:
        raise ModelError("no such file")

    nursery = Nursery(tmp_path, gone)
    on_trial(nursery)
    async with nursery.running():
        await until(lambda: nursery.store.choice().refused == (A,))
        assert not nursery.tap.listening
    assert nursery.built == 1


async def test_a_switch_waits_for_the_end_of_the_crying(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    on_trial(nursery)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        nursery.bus.publish(StateChanged(1.0, "soothing", 0.0))
        await nursery.hear(NIGHT[: 10 * HOP])
        nursery.store.change(Choice.switched)
        await until(lambda: nursery.built == 2)  # the switch was seen, and nothing was disturbed
        assert nursery.restarts == 0
        nursery.bus.publish(StateChanged(2.0, "listening", 0.0))
        await until(lambda: nursery.restarts == 1)


async def test_a_start_is_proven_after_a_minute(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path)
    on_trial(nursery)
    nursery.store.change(Choice.started)
    async with nursery.running():
        await until(lambda: nursery.tap.listening)
        assert nursery.store.choice().starts == 1
        nursery.now_s = 61.0
        await until(lambda: nursery.store.choice().starts == 0)


def test_a_snooze_and_a_threshold_are_those_of_the_home() -> None:
    shadow = Shadow(Pipeline(DetectionSettings(), SaysAlways(0.8)), DetectionSettings())
    noise = np.random.default_rng(3).normal(0, 0.1, HOP * 40).astype(np.float32).reshape(-1, HOP)
    quiet = np.full((60, HOP), 1e-4, np.float32)
    heard = list[CryStarted | CryEnded]()
    at_s = 0.0
    for controls in (
        ControlsChanged(0.0, 50, 0.9, None, 0.0),  # 0.8 is below
        ControlsChanged(0.0, 50, 0.7, 1.0, 5.0),  # snoozing
        ControlsChanged(0.0, 50, 0.7, None, 0.0),
    ):
        shadow.follow(controls)
        for hop in (*quiet, *noise, *quiet):
            at_s = round(at_s + HOP_S, 6)
            heard += shadow.hear([Hop(hop, at_s, at_s, after_gap=False)])
    begins = [each for each in heard if isinstance(each, CryStarted)]
    assert len(begins) == 1
    assert begins[0].at_s > 2 * 160 * HOP_S


def test_a_tap_that_nobody_empties_counts_what_it_loses_and_passes_every_hop_on() -> None:
    class Louder:
        working = True

        def process(self, hop: Hop) -> Hop:
            return Hop(hop.samples * 2, hop.at_s, hop.utc_s, hop.after_gap)

    tap = ShadowTap(Louder())
    assert tap.working
    assert not ShadowTap().working
    hop = Hop(np.ones(HOP, np.float32), 1.0, 1.0, after_gap=False)
    assert tap.process(hop).samples[0] == 2
    assert tap.take(9) == ([], 0)
    tap.listen(listening=True)
    for _ in range(CAPACITY_HOPS + 7):
        assert tap.process(hop).samples[0] == 2
    hops, lost = tap.take(3)
    assert ([each.samples[0] for each in hops], lost) == ([2, 2, 2], 7)
    tap.listen(listening=False)
    assert tap.waiting == 0
