"""A disk that is full or read-only: the baby is heard, the home is told, and the history is written later."""

from pathlib import Path

import pytest

from tests.support.fast_daemon import FastDaemon, Home, damage, history_of, home_for, seen
from tests.support.patience import wait_until
from tests.support.small_disk import SmallDisk

pytestmark = pytest.mark.broker


def troubles(home: Home) -> list[str | None]:
    return [each["disk"] for each in home.health()]


def test_a_full_disk_costs_nothing_that_there_is_room_for_later(tmp_path: Path) -> None:
    state = tmp_path / "disk" / "state"
    with SmallDisk(tmp_path) as disk, home_for(tmp_path, state) as home:
        with FastDaemon(home.config) as nursery:
            nursery.wait_for_cries(2)
            disk.fill()
            nursery.wait_for_cries(12)
            home.wait_until_told(nursery.ended)
            wait_until(lambda: any(troubles(home)), 60, lambda: nursery.log)  # what it has left in its files is used up
            meanwhile = len(nursery.ended)
            disk.make_room()
            nursery.wait_for_cries(4)
            wait_until(lambda: troubles(home)[-1] is None, 60, lambda: nursery.log)
            nursery.stop()
            home.wait_until_told(nursery.cries)
        kept = history_of(state)
        assert damage(state) == []
        begun, ended, again, _ = home.told_once()
        seen(f"disk full during {meanwhile - 2} of {len(nursery.cries)} episodes, {again} told again")
        assert begun == ended == set(nursery.cries) == kept.keys()
        assert again == 0
        assert "cannot be written" in nursery.log


@pytest.mark.slow
@pytest.mark.parametrize("when", ["from the start", "in the middle"])
def test_a_disk_that_becomes_read_only_costs_nothing_of_the_alarm(tmp_path: Path, when: str) -> None:
    state = tmp_path / "disk" / "state"
    with SmallDisk(tmp_path) as disk, home_for(tmp_path, state) as home:
        if when == "from the start":
            disk.fail()
        with FastDaemon(home.config) as nursery:
            nursery.wait_for_cries(2)
            if when == "in the middle":
                disk.fail()
            nursery.wait_for_cries(6)
            home.broker.publish("babycryd/nursery/volume/set", "40")
            wait_until(lambda: any(troubles(home)), 60, lambda: nursery.log)
            nursery.stop()
        cries = list(nursery.cries)
        disk.repair()
        with FastDaemon(home.config, days=0.01, night=1) as nursery:
            nursery.finish()
        cries += nursery.cries
        home.wait_until_told(cries)
        begun, ended, again, _ = home.told_once()
        kept = history_of(state)
        seen(f"read-only {when}: {len(cries)} episodes, {len(kept)} in the history, {again} told again")
        assert begun == ended == set(cries)
        assert damage(state) == []
        assert set(nursery.cries) <= kept.keys() <= set(cries)
        assert all(ended_utc_s is not None for _, ended_utc_s in kept.values())
