"""kill -9 at random moments: files whole each time, every episode exactly once on MQTT and in the history."""

import hashlib
import random
import time
from itertools import cycle
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from babycryd.core.events import CryStarted, CryUpdated, Event
from babycryd.core.records import Episode
from babycryd.history.retention import RetentionLimits
from babycryd.history.task import HistoryWriter
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.mqtt.outbox_store import FILE as OUTBOX
from babycryd.mqtt.outbox_store import OutboxDatabase
from benchmarks.soak.nursery import BEGIN_UTC_S
from tests.support.fast_daemon import FastDaemon, damage, history_of, home_for, seen, volume_kept
from tests.support.mqtt_client import leave

pytestmark = pytest.mark.broker
_LONGEST_LIFE_S = 2.0  # from the first cry on
_WHILE_STARTING = 0.2  # this share is killed before


@pytest.mark.parametrize("times", [2, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_at_any_moment(tmp_path: Path, times: int) -> None:
    moments = random.Random(times)  # noqa: S311  # the same each time
    state = tmp_path / "state"
    cries, at_the_kill = list[str](), set[str]()
    with home_for(tmp_path, state) as home:
        as_written = hashlib.sha256(home.config.read_bytes()).digest()
        remote = home.broker.client().paho("remote")
        remote.connect(home.broker.host, home.broker.port)
        remote.loop_start()
        for night in range(times):
            with FastDaemon(home.config, night=night) as nursery:
                _live_a_while(nursery, remote, moments)
                nursery.kill()
            cries += nursery.cries
            at_the_kill |= set(nursery.cries[-1:])
            if state.exists():
                assert damage(state) == [], night
                assert volume_kept(state) in {*range(101)}
        with FastDaemon(home.config, days=0.003, night=times) as nursery:
            nursery.finish()
        cries += nursery.cries
        home.wait_until_told(nursery.cries)
        leave(remote)
        assert hashlib.sha256(home.config.read_bytes()).digest() == as_written
        begun, ended, again, durations_s = home.told_once()
    kept = history_of(state)
    missing = set(cries) - begun
    seen(f"{times} kills: {len(cries)} episodes; {len(missing)} too late for any file, {again} messages told again")
    assert len(cries) >= times
    assert missing <= at_the_kill  # an event in the last millisecond cannot be kept
    assert len(missing) <= max(2, times // 20)
    assert begun == ended == kept.keys()  # none stays open, and what one file has missed it has learned from the other
    assert all(ended_utc_s is not None for _, ended_utc_s in kept.values())
    assert (begun | kept.keys()) <= set(cries) | at_the_kill
    assert min(durations_s) >= 0


def test_what_one_file_has_missed_it_learns_from_the_other(tmp_path: Path) -> None:
    state = tmp_path / "state"
    history = HistoryWriter(state, RetentionLimits(400, 50))
    history.keep([Episode("kept", BEGIN_UTC_S - 60, 8.0, 0.9)], BEGIN_UTC_S)
    history.close()
    outbox = OutboxDatabase(state / OUTBOX)
    encoder = EventEncoder("babycryd/nursery")
    cry: list[Event] = [CryStarted(0.0, BEGIN_UTC_S - 30, "told", 0.8), CryUpdated(5.0, "told", 5.0, 0.9)]
    for number, event in enumerate(cry, start=1):
        (message,) = [each for each in encoder.encode(event) if each.durable]
        outbox.add(number, message)
    outbox.remove(1)
    outbox.close()
    with home_for(tmp_path, state) as home:
        for night in range(2):
            with FastDaemon(home.config, days=0.0001, night=night) as nursery:
                nursery.finish()
            home.wait_until_told(["kept", "told"])
        begun, ended, again, _ = home.told_once()
    assert begun == {"kept"}  # of the other one it was told before
    assert ended == {"kept", "told"}
    assert again == 0
    ended_utc_s = {"kept": BEGIN_UTC_S - 52, "told": BEGIN_UTC_S - 25}
    assert {episode: at_s for episode, (_, at_s) in history_of(state).items()} == pytest.approx(ended_utc_s)


def _live_a_while(nursery: FastDaemon, remote: paho.Client, moments: random.Random) -> None:
    """The volume is set all the time, so that controls.json is being written when the kill comes, too."""
    if moments.random() < _WHILE_STARTING:
        time.sleep(moments.uniform(0.2, 1.5))
        return
    lives_s = moments.uniform(0.0, _LONGEST_LIFE_S)
    until_s = None
    for percent in cycle(range(101)):
        remote.publish("babycryd/nursery/volume/set", str(percent), qos=1)
        time.sleep(0.05)
        if until_s is None and nursery.cries:
            until_s = time.monotonic() + lives_s
        if until_s is not None and time.monotonic() > until_s:
            return
