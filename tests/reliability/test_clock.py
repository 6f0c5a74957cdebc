"""The wall clock is set back and forth, and summer time ends: nothing is lost, doubled or of negative length."""

import json
from pathlib import Path

import pytest

from tests.broker import Broker
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

pytestmark = pytest.mark.broker
_DAYS = 0.016
_SUMMER_TIME_ENDS = 3 + 3 / 24  # nights after the soak begins, in Berlin
_STEPS = {"clock set": round(8 / _DAYS)}  # by an hour, back and forth


def test_an_hour_back_and_forth_while_the_baby_cries(tmp_path: Path) -> None:
    cries = {}
    for name, faults in (("steady", {}), ("set", _STEPS)):
        folder = tmp_path / name
        folder.mkdir()
        with Broker(options=PERSISTENT) as broker, Ear(broker.client(), "babycryd/nursery/#") as ear:
            config = config_for(folder, broker, folder / "state")
            with FastNursery(config, days=_DAYS, night=_SUMMER_TIME_ENDS - _DAYS / 2, faults=faults) as nursery:
                nursery.finish()
            wait_until_told(ear, nursery.cries)
            begun, ended, again, durations_s = told_once(ear.notes)
            health = [json.loads(payload) for _, topic, payload in ear.notes if topic.endswith("/health")]
        assert max(each["lag_s"] for each in health) < 60  # no hour of it is the clock's
        assert min(each["uptime_s"] for each in health) >= 0
        kept = history_of(folder / "state")
        cries[name] = nursery.cries
        assert len(set(nursery.cries)) == len(nursery.cries)
        assert begun == ended == set(nursery.cries) == kept.keys()
        assert again == 0
        assert damage(folder / "state") == []
        assert min(durations_s) >= 0
        assert all(0 <= duration_s < 60 and ended_utc_s is not None for duration_s, ended_utc_s in kept.values())
    seen(f"8 steps of an hour and the end of summer time: {len(cries['set'])} episodes, steady {len(cries['steady'])}")
    assert len(cries["set"]) == len(cries["steady"])
    assert sorted(cries["set"]) != cries["set"]  # it was set back
