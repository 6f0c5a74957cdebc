"""Started and stopped again and again: each time online soon, gone within two seconds, and nothing piles up."""

import os
import random
import statistics
import time
from pathlib import Path

import pytest

from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon
from tests.support.fast_daemon import PERSISTENT, damage, seen
from tests.support.mqtt_subscriber import FastSubscriber
from tests.support.patience import wait_until
from tests.support.recorded_night import QUIET, RecordedNight, config_for

pytestmark = pytest.mark.broker


@pytest.mark.parametrize("times", [4, pytest.param(1000, marks=pytest.mark.slow)])
def test_restarted_so_often(tmp_path: Path, times: int) -> None:
    moments = random.Random(times)  # noqa: S311  # the same each time
    night = RecordedNight.write(tmp_path, cries=1)
    state, temporary = tmp_path / "state", tmp_path / "tmp"
    temporary.mkdir()
    env = QUIET | {"TMPDIR": str(temporary)}
    online_s, stopped_s, files = [], [], set[frozenset[str]]()
    with Broker(options=PERSISTENT) as broker, FastSubscriber(broker.client(), "babycryd/nursery/status") as subscriber:
        config = config_for(tmp_path, broker)
        for number in range(times):
            heard, begun_s = len(subscriber.notes), time.monotonic()
            with RunningDaemon(["run", "--config", str(config), "--recording", str(night.path)], env) as daemon:
                _wait_for(heard + 1, subscriber, daemon)
                online_s.append(time.monotonic() - begun_s)
                time.sleep(moments.uniform(0, 0.5))
                begun_s = time.monotonic()
                assert daemon.stop() == 0, daemon.lines
                stopped_s.append(time.monotonic() - begun_s)
            _wait_for(heard + 2, subscriber, daemon)
            assert [payload for _, _, payload in subscriber.notes[heard:]] == [b"online", b"stopped"], number
            # SQLite's log and its index stay where the disk is too slow to take them in at the end
            files.add(frozenset(path.name.removesuffix("-wal").removesuffix("-shm") for path in state.iterdir()))
            assert os.listdir(temporary) == []  # noqa: PTH208  # names are what there is to show
    assert damage(state) == []
    assert len(files) == 1, files
    seen(
        f"{times} restarts: online after {statistics.median(online_s):.2f} s (most {max(online_s):.2f}), "
        f"stopped after {statistics.median(stopped_s):.2f} s (most {max(stopped_s):.2f})"
    )


def _wait_for(count: int, subscriber: FastSubscriber, daemon: RunningDaemon) -> None:
    wait_until(lambda: len(subscriber.notes) >= count, 15, lambda: "\n".join(daemon.lines))
