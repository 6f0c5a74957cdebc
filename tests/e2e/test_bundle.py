"""`babycryd doctor --bundle` as an owner runs it: all of it is there, and no secret."""

import os
import re
import socket
import stat
import subprocess
import sys
import tarfile
import threading
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.system.redact import REMOVED, Redactor
from tests.support.broker import make_certificates
from tests.support.daemon import write_config
from tests.support.live_page import page_daemon
from tests.support.patience import CLOCK_HANG_S
from tests.support.ports import free_port

FILES = {
    "CONTENTS.txt",
    "versions.txt",
    "config.txt",
    "doctor.txt",
    "devices.txt",
    "state.txt",
    "service.txt",
    "health.txt",
    "log.txt",
}
SECRETS = ("correct horse", "p/w&d", "zebra-token", "MIIEvAIBADAN", "sourdough", "umbrella", "Bearer-9f3a", "Emma")
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADAN\nBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n"
JOURNAL = f"""#!/bin/sh
cat <<'END'
2026-11-24T21:00:00+0000 babycryd[12]: listening to USB
2026-11-24T21:00:01+0000 babycryd[12]: no MQTT for now: mqtt://babycryd:p/w&d@broker:1883 refused
2026-11-24T21:00:02+0000 babycryd[12]: password: sourdough
2026-11-24T21:00:03+0000 babycryd[12]: {{"api_key": "umbrella"}}
2026-11-24T21:00:04+0000 babycryd[12]: Authorization: Basic {b64encode(b"babycryd:correct horse").decode()}
2026-11-24T21:00:05+0000 babycryd[12]: the broker says correct horse
{KEY}END
"""
CONFIG = """
device: {{id: nursery, room: Emma}}
state_dir: {folder}/state
lullaby: {{device: "mqtt://someone:p/w&d@nonsense"}}
mqtt:
  host: 127.0.0.1
  port: {port}
  username: zebra-token
  password_file: {folder}/password
  tls: true
  cert_file: {folder}/client.pem
  key_file: {folder}/client.key
offload: {{key_file: sourdough}}
web: {{port: {web}}}
"""


def bundle(folder: Path, config: Path, env: Mapping[str, str], *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "babycryd", "doctor", "--config", str(config), "--bundle", *more]
    return subprocess.run(
        command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S
    )


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as queries:
        files = {each.name.removeprefix("babycryd/"): queries.extractfile(each) for each in queries.getmembers()}
        return {name: file.read().decode() for name, file in files.items() if file}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A computer full of secrets."""
    (tmp_path / "password").write_text("correct horse\n")
    (tmp_path / "client.key").write_text(KEY)
    (tmp_path / "client.pem").write_text("not needed")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "controls.json").write_text("{}")
    for name in ("password", "client.key"):
        (tmp_path / name).chmod(0o600)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "journalctl").write_text(JOURNAL)
    (tmp_path / "bin" / "journalctl").chmod(0o755)
    return tmp_path


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    path = f"{home}/bin:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "HOME": str(home), "MQTT_TOKEN": "Bearer-9f3a", "PULSE_SERVER": "/nowhere"}


def test_no_planted_secret_is_in_the_bundle(home: Path, env: dict[str, str]) -> None:
    config = write_config(home, CONFIG.format(folder=home, port=free_port(), web=free_port()))
    done = bundle(home, config, env)
    assert done.returncode == 1, done.stderr  # for there is no broker
    (path,) = home.glob("babycryd-*.tar.gz")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = unpacked(path)
    assert found.keys() == FILES
    assert all(name in done.stdout and name in found["CONTENTS.txt"] for name in FILES - {"CONTENTS.txt"})
    for name, text in found.items():
        for secret in (*SECRETS, b64encode(b"babycryd:correct horse").decode(), str(home)):
            assert secret not in text, f"{secret} in {name}"
    assert "listening to USB" in found["log.txt"]
    assert found["log.txt"].count(REMOVED) == 6
    assert "mqtt.password_file: ~/password" in found["config.txt"]
    assert f"offload.key_file: {REMOVED}: there is no such file" in found["config.txt"]
    assert "mqtt.username: [set]" in found["config.txt"]
    assert "controls.json" in found["state.txt"]
    assert "BAD   microphone" in found["doctor.txt"]
    assert "microphones" in found["devices.txt"]
    assert "numpy " in found["versions.txt"]
    assert "kernel: Linux" in found["versions.txt"]
    assert "no answer" in found["health.txt"]


def test_a_wrong_configuration_is_packed_without_what_it_says(home: Path, env: dict[str, str]) -> None:
    wrong = "mqtt:\n  password: umbrella\n  port: sourdough\n  tls: 'zebra-token'\n"
    done = bundle(home, write_config(home, wrong), env, "report.tar.gz")
    assert done.returncode == 2
    found = unpacked(home / "report.tar.gz")
    assert not any(secret in text for secret in ("umbrella", "sourdough", "zebra-token") for text in found.values())
    assert "mqtt.port (line 3): must be a whole number" in found["config.txt"]
    assert "mqtt.password (line 2): unknown key" in found["config.txt"]


def test_an_existing_file_is_left_alone(home: Path, env: dict[str, str]) -> None:
    (home / "mine.tar.gz").write_text("mine")
    done = bundle(home, write_config(home, "device: {idd: 1}\n"), env, "mine.tar.gz")
    assert done.returncode == 1
    assert "mine.tar.gz: cannot be written (File exists); give another name" in done.stderr
    assert (home / "mine.tar.gz").read_text() == "mine"


def test_any_other_server_at_the_pages_port(home: Path, env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = f"state_dir: {home}/state\nweb: {{port: {server.getsockname()[1]}}}\n"
        stranger = threading.Thread(target=_answer_nonsense, args=[server], daemon=True)
        stranger.start()
        done = bundle(home, write_config(home, text), env, "report.tar.gz")
    assert "Traceback" not in done.stderr
    assert "no answer" in unpacked(home / "report.tar.gz")["health.txt"]


def _answer_nonsense(server: socket.socket) -> None:
    asked, _ = server.accept()
    with asked:
        asked.sendall(b"220 this is no web server\r\n")


def test_the_page_may_speak_https(home: Path, env: dict[str, str]) -> None:
    make_certificates(home)
    served = page_daemon(home, web=f", cert_file: {home}/server.pem, key_file: {home}/server.key", cries=False)
    with served.daemon():
        bundle(home, served.config, env, "report.tar.gz")
    assert re.search(r"https://127.0.0.1:\d+/healthz: (200|503)\n", unpacked(home / "report.tar.gz")["health.txt"])


def test_where_there_is_no_journal_the_bundle_says_so(home: Path, env: dict[str, str]) -> None:
    (home / "bin" / "journalctl").unlink()
    (home / "bin" / "python3").symlink_to(sys.executable)
    bundle(home, write_config(home, "device: {idd: 1}\n"), env | {"PATH": f"{home}/bin"}, "mine.tar.gz")
    found = unpacked(home / "mine.tar.gz")
    assert "there is no journalctl on this computer" in found["log.txt"]
    assert "there is no systemctl on this computer" in found["service.txt"]


@given(st.text(min_size=6), st.sampled_from(["{}", "a {} b", "x={}", '{{"x": "{}"}}', "http://me:{}@host"]))
def test_a_known_secret_never_passes(secret: str, around: str) -> None:
    if secret.strip() and secret.strip() not in around + REMOVED:
        for redact in (Redactor([secret], "/home/me").own, Redactor([secret], "/home/me").any):
            assert secret.strip() not in redact(around.format(secret))


def test_innocent_words_stay() -> None:
    redact = Redactor(["pi"], "/home/me")
    text = "the Raspberry pipe, /home/men, a token ring, passwords are fine; key of C"
    assert redact.any(text) == text
    assert redact.any("pi at /home/me/x") == f"{REMOVED} at ~/x"
