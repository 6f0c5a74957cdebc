"""Nights of the real daemon: what it remembers through a kill, records, and tells in the morning."""

import base64
import contextlib
import json
import signal
import time
from pathlib import Path

import pytest

from babycryd.clips.settings import CONSENT
from babycryd.clips.store import FOLDER, ClipStore
from babycryd.clips.writer import RATE_HZ
from babycryd.core.records import Episode, Lullaby, Stretch
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon
from tests.support.patience import HANG_S, exit_code, wait_until
from tests.support.recorded_night import QUIET, RecordedNight, config_for

pytestmark = pytest.mark.broker

MORE = f"""
report: {{language: de}}
clips: {{enabled: true, keep_free_mb: 10, consent: "{CONSENT}"}}
"""


def remember_last_night(state: Path) -> str:
    """One cry in the night that is over; returns its day."""
    queries = NightQueries(HistoryReader(state), ReportSettings())
    day = queries.last_night(over=True)
    end_s = queries.night(day).end_utc_s
    begin_s = end_s - 3 * 3600
    writer = HistoryWriter(state, RetentionLimits(400, 50))
    lullaby = Lullaby("brahms-lullaby", begin_s + 1, begin_s + 500, "calm")
    episode = Episode("20200101T000000000Z", begin_s, 480.0, 0.9, begin_s + 480, "calm", 180.0)
    writer.keep([episode, lullaby, Stretch(end_s - 14 * 3600, end_s + 60, "listening")], time.time())
    writer.close()
    return day.isoformat()


def test_what_a_night_leaves_behind(tmp_path: Path) -> None:
    begun_s = time.time()
    night = RecordedNight.write(tmp_path, cries=2)
    state = tmp_path / "state"
    day = remember_last_night(state)
    with Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker, state=state, more=MORE)
        command = ["run", "--config", str(config), "--recording", str(night.path)]
        with RunningDaemon(command, QUIET) as daemon:
            told = json.loads(home.expect_count("/report", 1)[0])
            picture = home.expect_count("/report/image", 1)[0]
            daemon.says("the baby cries")
            wait_until(lambda: recorded_s(state) > 3, HANG_S, lambda: daemon.lines)
            daemon.stop(signal.SIGKILL)
        with RunningDaemon(command, QUIET) as daemon:
            daemon.says("was cut off; it is kept")
            heard = daemon.says("the baby is calm")
            broker.publish("babycryd/nursery/feedback/set", "false")
            daemon.says("executed a command over MQTT", after=heard)
            daemon.says("the recording is over")
            assert exit_code(daemon.process, HANG_S) == 0
    assert (told["date"], told["cries"], told["crying_minutes"], told["calmed_in_minutes"]) == (day, 1, 8.0, 3.0)
    assert told["text"].startswith(
        "Einmal geweint, 8 Minuten; Brahms’ Wiegenlied beruhigte in 3 Minuten; längste ruhige Zeit"
    )
    assert (told["longest_quiet_minutes"], told["not_listening_minutes"]) == (11 * 60, 0)
    assert base64.b64decode(picture, validate=True).startswith(b"\x89PNG")
    killed, false_alarm, last = HistoryReader(state).episodes(begun_s, time.time())
    assert [each.reason for each in (killed, false_alarm, last)] == ["interrupted", "calm", "calm"]
    assert [each.cry for each in (killed, false_alarm, last)] == [None, False, None]
    assert all(each.positive_windows >= 3 and each.peak_level_dbfs is not None for each in (false_alarm, last))
    clips = {clip.episode: clip for clip in ClipStore(state).clips()}
    assert set(clips) == {killed.id, false_alarm.id, last.id}
    assert clips[killed.id].length_s > 3
    for each in (false_alarm, last):
        assert clips[each.id].length_s == pytest.approx(clips[each.id].lead_in_s + each.duration_s, abs=0.5)
    now_s = time.time()
    span = HistoryReader(state).span(begun_s, now_s, now_s)
    assert sum(each.end_utc_s - each.start_utc_s for each in span.stretches) == pytest.approx(now_s - begun_s, abs=1)
    assert span.stretches[-1].doing in {"listening", "off"}


def recorded_s(state: Path) -> float:
    """How much sound of a cry that is being recorded is in its file."""
    return max((path.stat().st_size for path in (state / FOLDER).glob("*.pcm")), default=0) / (2 * RATE_HZ)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_is_told_and_costs_no_alarm(tmp_path: Path, small_disk: Path) -> None:
    begun_s = time.time()
    night = RecordedNight.write(tmp_path, cries=1)
    (small_disk / "state").mkdir()
    fill(small_disk / "ballast")
    with Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker, state=small_disk / "state")
        with RunningDaemon(["run", "--config", str(config), "--recording", str(night.path)], QUIET) as daemon:
            daemon.says("history: .* cannot be written")
            daemon.says("the baby cries")
            home.expect("/cry", "ON")
            wait_until(
                lambda: any("history.sqlite3 cannot be written" in each for each in home.payloads("/health")),
                HANG_S,
                lambda: home.heard,
            )
            (small_disk / "ballast").unlink()
            daemon.says("the recording is over")
            assert exit_code(daemon.process, HANG_S) == 0
    [episode] = HistoryReader(small_disk / "state").episodes(begun_s, time.time())
    assert episode.reason == "calm"
