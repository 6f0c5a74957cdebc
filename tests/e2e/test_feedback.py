"""`babycryd feedback` and the daemon: two processes and one small file."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.feedback.book import EMBEDDING, BookEntry
from babycryd.feedback.home_store import HomeStore, LearntHome
from babycryd.feedback.store import FeedbackStore
from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.ports import free_port


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A state folder, a configuration, and a recording that begins to cry after two seconds and is then long quiet."""
    write_config(tmp_path, f"device: {{id: nursery}}\nstate_dir: {tmp_path / 'state'}\nlullaby: {{enabled: false}}\n")
    night = demo_samples()[22 * SAMPLE_RATE_HZ : 36 * SAMPLE_RATE_HZ]
    quiet = np.resize(demo_samples()[: 8 * SAMPLE_RATE_HZ], 200 * SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "cry.wav", np.concatenate([night, quiet]), SAMPLE_RATE_HZ)
    return tmp_path


def feedback(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "babycryd", "feedback", *arguments, "--config", str(home / "babycryd.yaml")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)


def test_a_mark_reaches_the_running_daemon_and_stays(home: Path) -> None:
    with RunningDaemon(
        ["run", "--config", str(home / "babycryd.yaml"), "--recording", str(home / "cry.wav")]
    ) as daemon:
        daemon.says("the baby cries")
        told: list[subprocess.CompletedProcess[str]] = []

        def marked() -> bool:  # not before the episode is kept
            told.append(feedback(home, "false"))
            return told[-1].returncode == 0

        wait_until(marked, HANG_S, lambda: told)
        assert "marked as a false alarm; marked in all: 1 false alarm, 0 cries" in told[-1].stdout
        daemon.says("learning from 1 mark of")
    kept = json.loads((home / "state" / "feedback.json").read_text())
    assert [row["cry"] for row in kept["episodes"]] == [False]
    listed = feedback(home, "--list").stdout  # its length, or that the daemon was killed before its end
    assert re.search(rf"( s|no end yet)  {kept['episodes'][0]['episode']}  a false alarm\n$", listed), listed
    assert feedback(home, "true").returncode == 0
    assert "a cry" in feedback(home, "--list").stdout


def test_a_script_marks_an_episode_over_http(home: Path) -> None:
    port = free_port()
    with (home / "babycryd.yaml").open("a") as config:
        config.write(f"web: {{port: {port}}}\n")
    recording = str(home / "cry.wav")
    with RunningDaemon(["run", "--config", str(home / "babycryd.yaml"), "--recording", recording]) as daemon:
        daemon.says(f"answering http://127.0.0.1:{port}")
        daemon.says("the baby cries")
        where, json_type = f"http://127.0.0.1:{port}/api/feedback", {"Content-Type": "application/json"}
        request = urllib.request.Request(where, b'{"cry": false}', json_type, method="POST")
        with urllib.request.urlopen(request, timeout=CLOCK_HANG_S) as answer:  # noqa: S310
            told = json.load(answer)
        assert (told["ok"], told["cry"]) == (True, False)
        daemon.says("learning from 1 mark of")
    kept = json.loads((home / "state" / "feedback.json").read_text())
    assert [(row["episode"], row["cry"]) for row in kept["episodes"]] == [(told["episode"], False)]


@pytest.mark.broker
def test_the_home_marks_an_episode_over_mqtt(home: Path) -> None:
    with Broker() as broker, broker.subscriber() as subscriber:
        with (home / "babycryd.yaml").open("a") as config:
            config.write(f"mqtt: {{{broker.login(home)}}}\n")
        recording = str(home / "cry.wav")
        with RunningDaemon(["run", "--config", str(home / "babycryd.yaml"), "--recording", recording]) as daemon:
            begin = json.loads(subscriber.expect_count("/episode", 1)[0])
            broker.publish("babycryd/nursery/feedback/set", '{"cry": false, "transaction": "t-1"}')
            answer = json.loads(subscriber.expect_count("command/response", 1)[0])
            assert answer == {
                "command": "feedback",
                "transaction": "t-1",
                "ok": True,
                "episode": begin["id"],
                "cry": False,
            }
            daemon.says("learning from 1 mark of")
            broker.publish("babycryd/nursery/feedback/set", "perhaps")
            refused = json.loads(subscriber.expect_count("command/response", 2)[1])
            assert (refused["ok"], refused["transaction"]) == (False, None)
            assert "got 'perhaps'" in refused["error"]
    kept = json.loads((home / "state" / "feedback.json").read_text())
    assert [row["cry"] for row in kept["episodes"]] == [False]


def test_mistakes_are_told_and_change_nothing(home: Path) -> None:
    nothing = feedback(home, "true")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "no episode has been heard yet" in nothing.stderr
    assert feedback(home).returncode == feedback(home, "true", "--list").returncode == 2
    assert feedback(home, "perhaps").returncode == 2
    assert feedback(home, "--list").stdout == "no episode has been heard yet\n"
    assert not (home / "state" / "feedback.json").exists()


def test_forgetting_deletes_the_marks_and_what_was_learnt(home: Path) -> None:
    assert feedback(home, "--forget").stdout == "there was nothing to forget\n"
    entry = BookEntry("20261122T031502480Z", (0.5,) * EMBEDDING, "sha", cry=False)
    FeedbackStore(home / "state").add(entry)
    HomeStore(home / "state").write(LearntHome("sha"))
    forgotten = feedback(home, "--forget")
    assert (forgotten.returncode, "are deleted" in forgotten.stdout) == (0, True)
    assert not {"feedback.json", "home.json"} & {each.name for each in (home / "state").iterdir()}
    assert feedback(home, "--list").stdout == "no episode has been heard yet\n"


def test_help_says_what_is_kept() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "babycryd", "feedback", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "120"},
    )
    assert "No sound is kept" in told.stdout
