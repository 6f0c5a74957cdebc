"""The wall clock is set back and forth, and summer time ends: nothing is lost, doubled or of negative length."""

from pathlib import Path

import pytest

from tests.support.fast_daemon import FastDaemon, damage, history_of, home_for, seen

pytestmark = pytest.mark.broker
_DAYS = 0.005
_SUMMER_TIME_ENDS = 3 + 3 / 24  # nights after the soak begins, in Berlin
_STEPS = {"clock set": round(8 / _DAYS)}  # by an hour, back and forth


def test_an_hour_back_and_forth_while_the_baby_cries(tmp_path: Path) -> None:
    cries = {}
    for name, faults in (("steady", {}), ("set", _STEPS)):
        folder = tmp_path / name
        folder.mkdir()
        with home_for(folder, folder / "state") as home:
            with FastDaemon(home.config, days=_DAYS, night=_SUMMER_TIME_ENDS - _DAYS / 2, faults=faults) as nursery:
                nursery.finish()
            home.wait_until_told(nursery.cries)
            begun, ended, again, durations_s = home.told_once()
            health = home.health()
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
