"""A channel whose secret cannot be read stays closed and says why; the cry is heard and the lullaby plays."""

import base64
import http.client
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.web.auth.passwords import hash_of
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.ports import free_port

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
capture: {{file: {folder}/cry.wav, loop: true}}
lullaby: {{enabled: false}}
mqtt: {{host: 127.0.0.1, port: {broker_port}, username: a, password_file: {folder}/password}}
offload: {{enabled: true, bucket: bbb, key_file: {folder}/key.json}}
web: {{port: {port}}}
"""
KEY = {"type": "service_account", "client_email": "a@b.c", "private_key": "none", "token_uri": "http://127.0.0.1:1"}


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def home(tmp_path: Path, port: int) -> Path:
    night = demo_samples()[20 * SAMPLE_RATE_HZ : 40 * SAMPLE_RATE_HZ]
    soundfile.write(tmp_path / "cry.wav", night, SAMPLE_RATE_HZ)
    write_config(tmp_path, CONFIG.format(folder=tmp_path, port=port, broker_port=free_port()))
    (tmp_path / "state").mkdir()
    for name in ("password", "key.json"):
        (tmp_path / name).write_text("secret" if name == "password" else json.dumps(KEY))
        (tmp_path / name).chmod(0o600)
    return tmp_path


def state(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/state", timeout=CLOCK_HANG_S) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def check(port: int, what: str) -> str:
    found = next(each for each in state(port)["checks"] if each["what"] == what)
    return f"{found['good']}: {found['text']}"


def empty(path: Path) -> None:
    path.write_bytes(b"")


def with_a_mark(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("fault", [Path.unlink, empty, with_a_mark, a_folder])
def test_a_cry_is_heard_while_broker_and_cloud_are_closed(home: Path, port: int, fault: Callable[[Path], None]) -> None:
    for name in ("password", "key.json"):
        fault(home / name)
    with RunningDaemon(["run", "--config", str(home / "babycryd.yaml")]) as daemon:
        daemon.says("mqtt stays closed, and is tried again: .*/password: mqtt_password: ", within_s=HANG_S)
        daemon.says("offload stays closed, and is tried again: .*/key.json: offload_key: ", within_s=HANG_S)
        daemon.says("the baby cries", within_s=HANG_S)
        daemon.says("answering", within_s=HANG_S)
        wait_until(lambda: state(port)["health"], HANG_S, lambda: daemon.lines)
        assert f"False: {home}/password: mqtt_password: " in check(port, "broker")
        assert f"False: {home}/key.json: offload_key: " in check(port, "cloud")
        assert [name for name, _ in state(port)["health"]["closed"]] == ["offload", "mqtt"]
        assert daemon.stop() == 0
    assert sum("mqtt stays closed" in line for line in daemon.lines) == 1


def test_a_channel_opens_by_itself_once_its_secret_is_there(home: Path, port: int) -> None:
    (home / "password").unlink()
    with RunningDaemon(["run", "--config", str(home / "babycryd.yaml")]) as daemon:
        daemon.says("mqtt stays closed", within_s=HANG_S)
        (home / "password").write_text("secret")
        daemon.says("mqtt is open", within_s=HANG_S)
        daemon.says("answering", within_s=HANG_S)
        wait_until(lambda: "mqtt_password" not in check(port, "broker"), HANG_S, lambda: check(port, "broker"))
        assert daemon.stop() == 0


def test_a_key_that_is_no_key_keeps_the_cloud_closed_until_it_is_one(home: Path, port: int) -> None:
    key = (home / "key.json").read_text()
    (home / "key.json").write_text(key[: len(key) // 2])
    with RunningDaemon(["run", "--config", str(home / "babycryd.yaml")]) as daemon:
        daemon.says(
            "offload stays closed, and is tried again: .*/key.json: .* is no service account's key", within_s=HANG_S
        )
        daemon.says("answering", within_s=HANG_S)
        wait_until(lambda: "False: " in check(port, "cloud"), HANG_S, lambda: check(port, "cloud"))
        (home / "key.json").write_text(key)
        daemon.says("offload is open", within_s=HANG_S)
        assert daemon.stop() == 0


@pytest.mark.parametrize("content", ["", "no hash\n"])
def test_the_page_refuses_every_login_without_the_hash_of_its_password(home: Path, port: int, content: str) -> None:
    path = home / "state/web-password"
    path.write_text(content)
    with RunningDaemon(["run", "--config", str(home / "babycryd.yaml")]) as daemon:
        daemon.says("every login to the page is refused: .*/web-password: ", within_s=HANG_S)
        daemon.says("the baby cries", within_s=HANG_S)
        daemon.says("answering", within_s=HANG_S)
        assert answer(port, "/healthz")[0] == 200
        assert answer(port, "/api/state")[0] == 401
        status, told = answer(port, "/api/state", "correct horse")
        assert (status, told["advice"]) == (503, "web_password")
        path.write_text(hash_of("correct horse"))
        wait_until(lambda: answer(port, "/api/state", "correct horse")[0] == 200, HANG_S, lambda: daemon.lines)
        assert daemon.stop() == 0


def answer(port: int, path: str, password: str = "") -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    sent = base64.b64encode(f"me:{password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CLOCK_HANG_S)
    connection.request("GET", path, headers={"Authorization": f"Basic {sent}"} if password else {})
    told = connection.getresponse()
    content = json.load(told)
    connection.close()
    return told.status, content
