"""Secrets are planted wherever an owner puts them, and looked for in everything that comes out."""

import http.cookiejar
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import CLOCK_HANG_S
from tests.support.planted_secrets import PLANTED, found_in
from tests.support.ports import free_port

pytestmark = pytest.mark.broker

USER = "nursery"
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
lullaby: {{enabled: false}}
mqtt: {{host: 127.0.0.1, port: {port}, username: nursery, password_file: {folder}/password}}
offload: {{enabled: true, bucket: ours, key_file: {folder}/key.json, cpu_budget: 0.05, max_lag_s: 0.1}}
web: {{port: {web_port}}}
log: {{level: debug}}
"""
PAGES = ("/", "/healthz", "/metrics", "/api/state", "/api/episodes", "/nothing")


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    broker.add_user(USER, PLANTED.mqtt_password)
    with broker:
        yield broker


@pytest.fixture
def home(tmp_path: Path, broker: Broker) -> Path:
    for name, secret in (("password", PLANTED.mqtt_password), ("key.json", PLANTED.key_json())):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o644)  # a mistake, of which the daemon speaks
    write_config(tmp_path, CONFIG.format(folder=tmp_path, port=broker.port, web_port=free_port()))
    night = demo_samples()[22 * SAMPLE_RATE_HZ : 34 * SAMPLE_RATE_HZ]
    soundfile.write(tmp_path / "cry.wav", night, SAMPLE_RATE_HZ)
    return tmp_path


def command(home: Path, *words: str, said: str = "") -> str:
    """Everything it says."""
    options = ["--config", str(home / "babycryd.yaml")] if words[0] != "check-config" else [str(home / "babycryd.yaml")]
    done = subprocess.run(
        [sys.executable, "-m", "babycryd", *words, *options],
        input=said, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S, env=_environment(home),
    )  # fmt: skip
    return done.stdout + done.stderr


def _environment(home: Path) -> dict[str, str]:
    """The environment with a storage that does not answer, so that offload logs many errors."""
    return os.environ | {"HOME": str(home), "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{free_port()}"}


def pages(port: int) -> dict[str, str]:
    """What the page answers to a stranger, to a wrong password, and to its owner."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def ask(path: str, **sent: str) -> str:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", json.dumps(sent).encode() if sent else None, headers
        )
        try:
            with browser.open(request, timeout=CLOCK_HANG_S) as answer:
                return str(answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")

    answers = {f"{page}, a stranger": ask(page) for page in PAGES}
    answers["a wrong password"] = ask("/api/login", password=f"{PLANTED.web_password}-of-yesterday")
    answers["the right one"] = ask("/api/login", password=PLANTED.web_password)
    assert len(jar) > 0, answers["the right one"]
    return answers | {page: ask(page) for page in PAGES}


def test_a_night_gives_nothing_away(home: Path, broker: Broker) -> None:
    config = home / "babycryd.yaml"
    quiet = np.resize(demo_samples()[: 8 * SAMPLE_RATE_HZ], 200 * SAMPLE_RATE_HZ)  # it goes on until all has been asked
    night = np.concatenate([soundfile.read(home / "cry.wav")[0], quiet])
    soundfile.write(home / "night.wav", night, SAMPLE_RATE_HZ)
    assert "kept in" in command(home, "passwd", said=PLANTED.web_password)
    web_port = int(config.read_text().partition("web: {port: ")[2].partition("}")[0])
    arguments = ["run", "--config", str(config), "--recording", str(home / "night.wav"), "--log-format", "json"]
    with broker.subscriber() as subscriber, RunningDaemon(arguments, _environment(home)) as daemon:
        daemon.says("every user of this computer can read this secret")
        daemon.says("the baby cries")
        broker.restart()  # the connection is lost and found
        answers = pages(web_port)
        daemon.says("the baby is calm")
        subscriber.expect_count("nursery/health", 1)
        assert daemon.stop() == 0
    state = (home / "state").rglob("*")
    outputs = {
        "log": "\n".join(daemon.lines),
        "MQTT": "\n".join(f"{each.topic} {each.payload}" for each in subscriber.heard),
        **answers,
        **{path.name: path.read_bytes().decode(errors="replace") for path in state if path.is_file()},
    }
    assert "nursery/health" in outputs["MQTT"]
    assert answers
    assert found_in(outputs) == []


def test_commands_and_mistakes_give_nothing_away(home: Path, broker: Broker) -> None:
    outputs = {"doctor": command(home, "doctor"), "check": command(home, "check-config")}
    outputs["unpublish"] = command(home, "mqtt", "unpublish")
    assert "BAD" in outputs["doctor"]
    (home / "key.json").write_text(PLANTED.key_json()[:-20])  # no JSON any more
    (home / "password").write_text(PLANTED.mqtt_password + "-of-yesterday\n")
    outputs["doctor, wrong password"] = command(home, "doctor")
    outputs["unpublish, wrong password"] = command(home, "mqtt", "unpublish")
    (home / "password").write_bytes(PLANTED.mqtt_password.encode() + b"\xff")
    outputs["doctor, not UTF-8"] = command(home, "doctor")
    outputs["run, not UTF-8"] = command(home, "run", "--recording", str(home / "cry.wav"))
    config = home / "babycryd.yaml"  # a secret where it does not belong
    config.write_text(config.read_text().replace("username: nursery", f"password: {PLANTED.mqtt_password}"))
    outputs["a password in the configuration"] = command(home, "check-config")
    assert "unknown key" in outputs["a password in the configuration"]
    assert "not UTF-8" in outputs["run, not UTF-8"]
    assert found_in(outputs) == []
