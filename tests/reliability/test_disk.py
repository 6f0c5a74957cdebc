"""A disk that is full, or lets nobody write: the baby is heard, the home is told, and whatever can be kept later is."""

import json
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.mqtt_client import wait_until
from tests.mqtt_ear import Ear
from tests.reliability.fast_nursery import (
    PERSISTENT,
    FastNursery,
    config_for,
    damage,
    history_of,
    seen,
    told_once,
    wait_until_told,
)
from tests.reliability.small_disk import SmallDisk

pytestmark = pytest.mark.broker


def troubles(ear: Ear) -> list[str | None]:
    return [json.loads(payload)["disk"] for _, topic, payload in ear.notes if topic.endswith("/health")]


def test_a_full_disk_costs_nothing_that_there_is_room_for_later(tmp_path: Path) -> None:
    with (
        SmallDisk(tmp_path) as disk,
        Broker(options=PERSISTENT) as broker,
        Ear(broker.client(), "babycryd/nursery/#") as ear,
    ):
        state = disk.path / "state"
        config = config_for(tmp_path, broker, state)
        with FastNursery(config) as nursery:
            nursery.wait_for_cries(2)
            disk.fill()
            nursery.wait_for_cries(12)
            wait_until_told(ear, nursery.ended)
            wait_until(lambda: any(troubles(ear)), 60, lambda: nursery.log)  # what it has left in its files is used up
            meanwhile = len(nursery.ended)
            disk.make_room()
            nursery.wait_for_cries(4)
            wait_until(lambda: troubles(ear)[-1] is None, 60, lambda: nursery.log)
            nursery.stop()
            wait_until_told(ear, nursery.cries)
        kept = history_of(state)
        assert damage(state) == []
        begun, ended, again, _ = told_once(ear.notes)
        seen(f"disk full during {meanwhile - 2} of {len(nursery.cries)} episodes, {again} told again")
        assert begun == ended == set(nursery.cries) == kept.keys()
        assert again == 0
        assert "cannot be written" in nursery.log


@pytest.mark.slow
@pytest.mark.parametrize("when", ["from the start", "in the middle"])
def test_a_disk_that_becomes_read_only_costs_nothing_of_the_alarm(tmp_path: Path, when: str) -> None:
    with (
        SmallDisk(tmp_path) as disk,
        Broker(options=PERSISTENT) as broker,
        Ear(broker.client(), "babycryd/nursery/#") as ear,
    ):
        state = disk.path / "state"
        config = config_for(tmp_path, broker, state)
        if when == "from the start":
            disk.fail()
        with FastNursery(config) as nursery:
            nursery.wait_for_cries(2)
            if when == "in the middle":
                disk.fail()
            nursery.wait_for_cries(6)
            broker.publish("babycryd/nursery/volume/set", "40")
            wait_until(lambda: any(troubles(ear)), 60, lambda: nursery.log)
            nursery.stop()
        cries = list(nursery.cries)
        disk.repair()
        with FastNursery(config, days=0.01, night=1) as nursery:
            nursery.finish()
        cries += nursery.cries
        wait_until_told(ear, cries)
        begun, ended, again, _ = told_once(ear.notes)
        kept = history_of(state)
        seen(f"read-only {when}: {len(cries)} episodes, {len(kept)} in the history, {again} told again")
        assert begun == ended == set(cries)
        assert damage(state) == []
        assert set(nursery.cries) <= kept.keys() <= set(cries)
        assert all(ended_utc_s is not None for _, ended_utc_s in kept.values())
