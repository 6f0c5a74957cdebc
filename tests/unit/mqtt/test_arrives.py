"""A confirmation is no delivery: a broker that lets us read only is named, on the page as well."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.mqtt import delivery
from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import USERNAME, Broker
from tests.support.fakes.mqtt3_door import Mqtt3Door
from tests.support.patience import until
from tests.support.publishing import LISTENING, LISTENING_JSON, expect, logged, publishing, settings_for

pytestmark = pytest.mark.broker
NOTHING = "the broker lets us read only: what we publish does not come back"
HOME = "user home\ntopic readwrite #\n"


@pytest.fixture
def acl(tmp_path: Path) -> Path:
    return tmp_path / "acl"


@pytest.fixture
def strict(acl: Path) -> Iterator[Broker]:
    acl.write_text(f"{HOME}user {USERNAME}\ntopic read #\n")
    with Broker(options=[f"acl_file {acl}"]) as running:
        running.add_user("home", "sweet")
        running.reload()
        yield running


def allow(broker: Broker, acl: Path) -> None:
    acl.write_text(f"{HOME}user {USERNAME}\ntopic readwrite #\n")
    broker.reload()


def through(door: Mqtt3Door, broker: Broker) -> MqttSettings:
    return replace(settings_for(broker), port=door.port)


async def test_in_mqtt_3_nothing_that_arrives_is_a_trouble_until_it_does(
    strict: Broker, acl: Path, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "REFUSED_PAUSE_S", 0.5)
    monkeypatch.setattr(delivery, "_ECHO_WITHIN_S", 0.5)
    async with Mqtt3Door(strict.port, "refuses") as door, publishing(through(door, strict)) as running:
        running.bus.publish(LISTENING)
        complaint = await logged(log, NOTHING)
        assert "must let user 'babycryd' write and read below babycryd/nursery/" in complaint
        await until(lambda: (running.publisher.trouble or "").startswith(NOTHING))
        allow(strict, acl)
        await until(lambda: running.publisher.trouble is None)
        with replace(strict.client(), user="home", password="sweet").subscriber("#") as home:  # noqa: S106
            await expect(home, "state", LISTENING_JSON)
    assert sum(NOTHING in line for line in log.messages) == 1
    assert "arrives again" in log.text


async def test_what_the_broker_had_stored_proves_nothing(
    strict: Broker, acl: Path, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_ECHO_WITHIN_S", 0.5)
    home = replace(strict.client(), user="home", password="sweet")  # noqa: S106
    home.publish("babycryd/nursery/status", "online", retain=True)
    async with Mqtt3Door(strict.port, "refuses") as door, publishing(through(door, strict)):
        await logged(log, NOTHING)


async def test_in_mqtt_5_the_refusal_is_a_trouble_until_it_is_mended(
    strict: Broker, acl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "REFUSED_PAUSE_S", 0.5)
    monkeypatch.setattr(delivery, "_ECHO_WITHIN_S", 0.5)
    async with publishing(settings_for(strict)) as running:
        told = "the broker does not let us publish to babycryd/nursery/status (Not authorized)"
        await until(lambda: (running.publisher.trouble or "").startswith(told))
        allow(strict, acl)
        await until(lambda: running.publisher.trouble is None)


async def test_a_broker_that_delivers_is_no_trouble(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    async with publishing(settings_for(broker)) as running:
        await until(running.publisher._delivery._echo.is_set)
        assert running.publisher.trouble is None
    assert NOTHING not in log.text
