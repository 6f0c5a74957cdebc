"""Alerts of the real daemon: from a recorded cry to a service, through refusals and a kill; and no secret comes out."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import QUIET, short_night
from tests.support.daemon import RunningDaemon, write_config
from tests.support.fakes.alert_service import AlertService
from tests.support.in_thread import in_thread
from tests.support.patience import CLOCK_HANG_S, wait_until
from tests.support.ports import free_port

pytestmark = pytest.mark.slow  # a minute: each daemon hears a cry in real time

PLANTED = {"topic": "planted-5c1e-topic", "token": "planted-88ab-token"}
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
detection: {{episode: {{quiet_s: 3, minimum_s: 1}}}}
lullaby: {{enabled: false}}
web: {{port: {port}}}
log: {{level: debug}}
notify:
  crying_s: 1
  repeat_min: 60
  page_url: http://127.0.0.1:{port}
  services: [{{name: phone, url: {url}, address_file: {folder}/topic, token_file: {folder}/token}}]
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A daemon's configuration with a cry to hear, and the service that its alerts go to."""

    folder: Path
    config: Path
    port: int
    service: AlertService

    def daemon(self) -> RunningDaemon:
        recording = str(self.folder / "cry.wav")
        return RunningDaemon(["run", "--config", str(self.config), "--recording", recording], QUIET)

    def doctor(self, *words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "babycryd", "doctor", *words, "--config", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)
        return done.returncode, done.stdout + done.stderr

    def post(self, path: str, fields: object) -> int:
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, json.dumps(fields).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=CLOCK_HANG_S) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    @property
    def titles(self) -> Counter[str]:
        return Counter(each["title"] for each in self.service.messages)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    for name, secret in PLANTED.items():
        (tmp_path / name).write_text(f"{secret}\n")
        (tmp_path / name).chmod(0o600)
    short_night(tmp_path / "cry.wav", before_s=4.0, after_s=300.0)
    port = free_port()
    with in_thread(AlertService()) as (service, _):
        config = write_config(tmp_path, CONFIG.format(folder=tmp_path, port=port, url=service.url))
        yield Home(tmp_path, config, port, service)


def leaks(*texts: str) -> list[str]:
    return [secret for secret in PLANTED.values() for text in texts if secret in text]


def test_a_cry_is_told_once_though_the_service_refuses_and_the_daemon_is_killed(home: Home) -> None:
    home.service.faults.extend(["500", "lost", *["503"] * 100])
    with home.daemon() as daemon:
        daemon.says("an alert does not reach phone")
        wait_until(lambda: home.titles["The baby is crying"], 60, lambda: daemon.lines)
        command_line = Path(f"/proc/{daemon.process.pid}/cmdline").read_text()
        daemon.process.kill()  # before the service can be asked whether it has the message
    home.service.faults.clear()
    with home.daemon() as second:
        second.says("answering http")
        second.says("alert: crying, told")
        wait_until(lambda: home.titles["Calm again"] >= 1, 60, lambda: (second.lines, home.titles))
        told = [each for each in home.service.messages if each["title"] == "The baby is crying"]
    assert len(told) == 2  # one of each run: the first was not told again
    assert leaks("\n".join(daemon.lines + second.lines), command_line) == []


def test_the_button_of_the_message_acknowledges(home: Home) -> None:
    with home.daemon() as daemon:
        daemon.says("alert: crying, told")
        wait_until(lambda: home.titles["The baby is crying"], 60, lambda: daemon.lines)
        (button,) = home.service.messages[0]["actions"]
        assert button["url"] == f"http://127.0.0.1:{home.port}/api/alert/token"
        fields = json.loads(button["body"])
        statuses = [home.post("/api/alert/token", {"token": "guessed"}), home.post("/api/alert/token", fields)]
        said = "\n".join(daemon.lines)
        if "alert: quiet" not in said:  # the baby has not calmed meanwhile, as on a very slow machine
            assert statuses == [409, 200]
            daemon.says("alert: crying, acknowledged")
        assert home.post("/api/alert/token", fields) == 409
        assert fields["token"] not in "\n".join(daemon.lines)


def test_doctor_sends_a_test_where_it_is_asked(home: Home) -> None:
    _, quiet = home.doctor()
    assert re.search(r"-   alerts: phone +its secrets can be read", quiet)
    assert home.service.messages == []
    _, said = home.doctor("--notify")
    assert "ntfy has accepted the test" in said
    assert home.titles == {"Test": 1}
    home.service.faults.append("401")
    _, refused = home.doctor("--notify")
    assert "BAD   alerts: phone" in refused
    assert "are address and token right?" in refused
    (home.folder / "topic").unlink()
    _, missing = home.doctor()
    assert "BAD   alerts: phone" in missing
    assert leaks(quiet, said, refused, missing) == []
