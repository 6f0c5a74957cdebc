"""A clock that is wrong at the start: what the run heard moves with it, and nothing from before is deleted."""

import json
import sys
import time
from pathlib import Path

import pytest

from babycryd.clips.settings import CONSENT
from babycryd.clips.store import ClipStore
from babycryd.core.records import Episode
from babycryd.history.store import HistoryReader
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon
from tests.support.false_clock import FalseClock
from tests.support.patience import HANG_S, wait_until
from tests.support.recorded_night import QUIET, RecordedNight, config_for, episodes_of

pytestmark = pytest.mark.broker
_CLIPS = f'clips: {{enabled: true, keep_free_mb: 10, consent: "{CONSENT}"}}\n'


def heard(state: Path) -> list[Episode]:
    return HistoryReader(state).episodes(0.0, time.time() + 5000 * 86_400)


def test_cries_from_before_the_clock_was_set_have_the_right_time_everywhere(tmp_path: Path) -> None:
    night = RecordedNight.write(tmp_path, cries=2, then_quiet_s=10)
    clock = FalseClock(tmp_path, "@1970-01-01 00:00:20")
    begun_s = time.time()
    with Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker, more=_CLIPS)
        with RunningDaemon(
            ["run", "--config", str(config), "--recording", str(night.path)], clock.env(QUIET)
        ) as daemon:
            first = daemon.says("the baby is calm")
            second_cry = daemon.says("the baby cries", after=first)
            clock.set("+0")
            daemon.says("the clock was set .* forward")
            daemon.says("the baby is calm", after=second_cry)
            daemon.stop()
        ended_s = time.time()
        second = max(episodes_of(home))
        wait_until(lambda: episodes_of(home)[second][-1]["type"] == "end", HANG_S, lambda: episodes_of(home))
        started_at = episodes_of(home)[second][-1]["started_at"]
    episodes = heard(tmp_path / "state")
    assert len(episodes) == 2
    for episode in episodes:
        assert begun_s < episode.started_utc_s < ended_s, episode
    assert started_at.startswith(time.strftime("%Y-%m-%dT", time.gmtime(episodes[1].started_utc_s)))
    clips = {each.episode: each.started_utc_s + each.lead_in_s for each in ClipStore(tmp_path / "state").clips()}
    assert clips == pytest.approx({each.id: each.started_utc_s for each in episodes}, abs=0.1, rel=0)
    night_now = NightQueries(HistoryReader(tmp_path / "state"), ReportSettings()).since(begun_s)
    assert night_now.text.startswith("Two cries")
    assert "did not run" not in night_now.text


def test_a_wrong_clock_deletes_neither_episodes_nor_clips(tmp_path: Path) -> None:
    night, state = RecordedNight.write(tmp_path, cries=1), tmp_path / "state"
    with Broker() as broker:
        config = config_for(tmp_path, broker, more=_CLIPS)
        command = ["run", "--config", str(config), "--recording", str(night.path)]
        with RunningDaemon(command, QUIET) as daemon:
            daemon.says("the recording is over")
            daemon.says("stopped$")
        episodes, clips = heard(state), ClipStore(state).clips()
        assert (len(episodes), len(clips)) == (1, 1)
        for wrong in ("+20d", "+1100d", "+1100d"):
            sys.stdout.write(f"{wrong}: {(state / 'retention.json').read_text()}\n")  # shown where it fails
            with RunningDaemon(command, FalseClock(tmp_path, wrong).env(QUIET)) as daemon:
                daemon.says(r"the clock is \d+ days ahead")
                daemon.says("listening to")
                daemon.stop()
        assert heard(state)[:1] == episodes
        assert clips[0] in ClipStore(state).clips()
        stored = json.loads((state / "retention.json").read_text())["utc_s"]
        assert stored < time.time() + 600
