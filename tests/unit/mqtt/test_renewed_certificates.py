"""SIGHUP: a renewed certificate is used at once, a broken one is not, and nothing else disturbs the connection."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import Broker, make_certificates
from tests.support.patience import until
from tests.support.publishing import logged, publishing, settings_for

pytestmark = pytest.mark.broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker(tls=True, wants_certificates=True) as running:
        yield running


def with_certificate(broker: Broker) -> MqttSettings:
    """The files are copies, which a test may change."""
    for name in ("client.pem", "client.key"):
        shutil.copy(broker.folder / name, broker.folder / f"our-{name}")
    files = {"cert_file": broker.folder / "our-client.pem", "key_file": broker.folder / "our-client.key"}
    return replace(settings_for(broker, tls=True, timeout_s=5.0), **files)  # type: ignore[arg-type]


def logins(broker: Broker) -> int:
    return broker.log.read_text().count("as babycryd-nursery (p")


async def test_a_renewed_certificate_is_used_at_once_and_the_room_stays_online(log: pytest.LogCaptureFixture) -> None:
    with Broker(tls=True) as broker:  # its subscribers show no certificate
        ours = broker.folder / "our-ca.pem"
        shutil.copy(broker.ca_file, ours)
        mqtt = replace(settings_for(broker, tls=True, timeout_s=5.0), ca_file=ours)
        with broker.subscriber("babycryd/nursery/status") as home:
            async with publishing(mqtt) as running:
                await until(lambda: running.publisher.trouble is None)
                await running.publisher.reload()
                await asyncio.sleep(0.5)
                assert logins(broker) == 1
                shutil.copy(broker.ca_file, ours)
                await running.publisher.reload()
                await until(lambda: logins(broker) == 2)
                await until(lambda: home.payloads("/status") == ["online", "online"])
    assert "the certificates of mqtt were renewed" in log.text
    assert "no MQTT for now" not in log.text


async def test_a_renewed_certificate_that_cannot_be_used_is_told_and_the_connection_goes_on(
    broker: Broker, log: pytest.LogCaptureFixture
) -> None:
    mqtt = with_certificate(broker)
    async with publishing(mqtt) as running:
        await until(lambda: running.publisher.trouble is None)
        (broker.folder / "our-client.pem").write_text("half a file")
        await running.publisher.reload()
        assert "keeps its old certificates: cannot use mqtt.cert_file" in log.text
        await asyncio.sleep(0.5)
        assert (logins(broker), running.publisher.trouble) == (1, None)


async def test_after_a_mended_certificate_nothing_waits_for_the_pause(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.core.supervision.Backoff.pause_s", lambda *_: 3600.0)
    mqtt = with_certificate(broker)
    stranger = broker.folder / "stranger"
    stranger.mkdir()
    make_certificates(stranger)
    shutil.copy(stranger / "client.pem", broker.folder / "our-client.pem")
    shutil.copy(stranger / "client.key", broker.folder / "our-client.key")
    async with publishing(mqtt) as running:
        await logged(log, "does not accept our certificate")
        await asyncio.sleep(0.2)
        for name in ("client.pem", "client.key"):
            shutil.copy(broker.folder / name, broker.folder / f"our-{name}")
        await running.publisher.reload()
        await until(lambda: running.publisher.trouble is None)


async def test_a_path_that_no_system_takes_is_told_and_a_reload_raises_nothing(log: pytest.LogCaptureFixture) -> None:
    async with publishing(MqttSettings("127.0.0.1", 1, tls=True, ca_file=Path("ca\0.pem"))) as running:
        assert "embedded null byte" in await logged(log, "no MQTT for now")
        await running.publisher.reload()
