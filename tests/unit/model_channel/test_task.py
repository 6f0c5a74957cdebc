"""The task between tap, bus and store: who is compared, what it does by itself, and what it tells of that."""

import time
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import HOP, HOP_S
from babycryd.core.events import StateChanged
from babycryd.demo.night import DemoNight
from babycryd.detect.tflite import ModelError
from babycryd.model_channel import shadow
from babycryd.model_channel import task as following
from babycryd.model_channel.choice import Choice
from babycryd.model_channel.settings import ModelChannelSettings
from tests.support.compared_models import A, Fails, Nursery, SaysAlways, on_trial
from tests.support.patience import until

NIGHT = DemoNight().samples()


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STEP_S", 0.005)


async def test_the_same_ears_differ_in_nothing_and_pass(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    nursery = Nursery(tmp_path)
    choice = on_trial(nursery)
    async with nursery.running() as task:
        await until(lambda: nursery.tap.listening)
        assert task.status(time.time()).state == "trial"
        await nursery.hear(NIGHT, times=2)
        await until(lambda: "has passed its trial; to let it decide: babycryd model switch" in caplog.text)
        assert task.status(time.time()).state == "passed"
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
    async with nursery.running() as task:
        await until(lambda: nursery.tap.listening)
        await nursery.hear(sounds, times=3)
        await until(lambda: task.status(time.time()).state == "rolled_back")
    choice = nursery.store.choice()
    assert (choice.in_use, choice.refused) == (None, (A,))
    assert "raised more alarms" in choice.why
    assert task.status(time.time()).why == choice.why
    assert task.status(time.time() + 8 * 86400).state == "steady"
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
