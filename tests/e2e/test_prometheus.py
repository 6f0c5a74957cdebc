"""An operator of many rooms: the shipped rules and files in the real Prometheus and Alertmanager."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.web.auth.passwords import FILE, hash_of
from tests.support.daemon import RunningDaemon, write_config
from tests.support.fakes.alert_service import AlertService
from tests.support.patience import until
from tests.support.planted_secrets import PLANTED
from tests.support.ports import free_port
from tests.support.prometheus import SHIPPED, Prometheus, debian_program
from tests.support.udp_microphone import UdpMicrophone

CONFIG = """
device: {{id: attic}}
state_dir: {folder}
capture: {{url: "udp://127.0.0.1:{microphone}"}}
lullaby: {{enabled: false}}
web: {{port: {page}}}
"""
FRAME_S = 0.1


def checked(*command: str, folder: Path = SHIPPED) -> None:
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_shipped_files_are_understood(tmp_path: Path) -> None:
    for path in SHIPPED.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "babycryd.password").touch()
    checked(debian_program("promtool"), "check", "config", "prometheus.yml", folder=tmp_path)
    checked(debian_program("amtool"), "check-config", "alertmanager.yml")


@pytest.mark.slow
def test_each_rule_alerts_where_it_must_and_nowhere_else() -> None:
    checked(debian_program("promtool"), "test", "rules", "rules_test.yml")


def test_each_alert_has_a_proof() -> None:
    named = {line.split()[-1] for line in (SHIPPED / "rules.yml").read_text().splitlines() if "- alert:" in line}
    proof = (SHIPPED / "rules_test.yml").read_text()
    assert len(named) > 10
    assert {name for name in named if f"alertname: {name}\n" not in proof} == set()


@pytest.mark.slow
async def test_an_operator_hears_of_a_deaf_room_and_that_it_hears_again(tmp_path: Path) -> None:
    microphone, page = free_port(), free_port()
    config = write_config(tmp_path, CONFIG.format(folder=tmp_path, microphone=microphone, page=page))
    (tmp_path / FILE).write_text(hash_of(PLANTED.web_password))
    folder = tmp_path / "prometheus"
    folder.mkdir()
    rooms = {"attic": page, "cellar": free_port()}
    async with AlertService() as service:
        with (
            RunningDaemon(["run", "--config", str(config)]),
            Prometheus(folder, rooms, password=PLANTED.web_password, receiver=service.url) as prometheus,
        ):
            async with sounding(microphone):
                await until(lambda: prometheus.ask("babycryd_listening") == {"attic": 1.0})
                await until(lambda: told(service, "firing") >= {("BabycrydSilent", "cellar")})
                assert ("BabycrydDeaf", "attic") not in told(service, "firing")
            await until(lambda: ("BabycrydDeaf", "attic") in told(service, "firing"))
            async with sounding(microphone):
                await until(lambda: ("BabycrydDeaf", "attic") in told(service, "resolved"))
                assert prometheus.ask("babycryd:rooms") == {"": 2.0}
    assert {each.path for each in service.asked} == {"/pager"}


def told(service: AlertService, status: str) -> set[tuple[str, str]]:
    """Return the alerts that the receiver was told with this status, each with its room."""
    alerts: list[dict[str, Any]] = [alert for message in service.messages for alert in message["alerts"]]
    return {(each["labels"]["alertname"], each["labels"]["room"]) for each in alerts if each["status"] == status}


@asynccontextmanager
async def sounding(port: int) -> AsyncIterator[None]:
    """Send the noise of a quiet room in real time."""
    noise = (np.random.default_rng(3).standard_normal(int(FRAME_S * SAMPLE_RATE_HZ)) * 100).astype(np.int16)
    with UdpMicrophone(port) as microphone:

        async def send() -> None:
            while True:
                microphone.send(*microphone.packets(noise))
                await asyncio.sleep(FRAME_S)

        sender = asyncio.ensure_future(send())
        try:
            yield
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender
