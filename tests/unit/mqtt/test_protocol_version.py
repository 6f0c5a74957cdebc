"""MQTT 5 is spoken where the broker knows it, else 3.1.1, and the log says why."""

from dataclasses import replace

import pytest

from babycryd.mqtt.diagnosis import diagnose
from babycryd.mqtt.error_texts import OLDER_LACKS
from babycryd.mqtt.settings import MqttSettings
from babycryd.mqtt.takeover import IN_A_ROW
from tests.support.broker import PASSWORD, Broker
from tests.support.fakes.goodbye import Goodbye
from tests.support.fakes.mqtt3_door import Manner, Mqtt3Door
from tests.support.patience import until
from tests.support.publishing import expect, logged, publishing, settings_for

pytestmark = pytest.mark.broker

OLD: list[tuple[Manner, str]] = [
    ("hangs up", "in MQTT 5 it hung up"),
    ("is silent", "in MQTT 5 it did not answer"),
    ("refuses", "in MQTT 5 it refused"),
    ("babbles", "in MQTT 5 its answer was not MQTT"),
]


def through(door: Mqtt3Door, broker: Broker) -> MqttSettings:
    return replace(settings_for(broker, timeout_s=5.0), port=door.port)


@pytest.mark.parametrize(("manner", "told"), OLD)
async def test_a_broker_without_mqtt_5_is_spoken_to_in_mqtt_3(
    manner: Manner, told: str, broker: Broker, log: pytest.LogCaptureFixture
) -> None:
    async with Mqtt3Door(broker.port, manner) as door:
        with broker.subscriber() as home:
            async with publishing(through(door, broker)):
                await expect(home, "status", "online")
                assert await logged(log, f"in MQTT 3.1.1 ({told}): {OLDER_LACKS}")
                assert door.levels == [5, 4]
        steps = [(each.what, each.text) async for each in diagnose(through(door, broker), PASSWORD, "nursery")]
        assert ("broker: login", f"it welcomes user 'babycryd', in MQTT 3.1.1 ({told}): {OLDER_LACKS}") in steps
    assert "no MQTT for now" not in log.text


async def test_what_worked_is_remembered_and_mqtt_5_tried_again_after_a_while(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Mqtt3Door(broker.port, "is silent") as door, publishing(through(door, broker)) as running:
        await until(lambda: running.publisher.trouble is None)
        door.cut()
        await until(lambda: running.publisher.trouble is not None)
        monkeypatch.setattr("babycryd.mqtt.connection._NEWER_AGAIN_S", 0.0)
        await until(lambda: running.publisher.trouble is None)
        assert door.levels == [5, 4, 4]
        door.manner = "lets all in"
        door.cut()
        await until(lambda: door.levels == [5, 4, 4, 5])


async def test_the_silence_of_a_broker_that_knew_mqtt_5_is_no_reason_to_leave_it(broker: Broker) -> None:
    async with Mqtt3Door(broker.port, "lets all in") as door, publishing(through(door, broker)) as running:
        await until(lambda: running.publisher.trouble is None)
        door.manner = "is silent"
        door.cut()
        await until(lambda: len(door.levels) >= 3)
        assert set(door.levels) == {5}


async def test_a_broker_that_hangs_up_on_everything_is_named(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    async with Mqtt3Door(broker.port, "hangs up on all") as door:
        async with publishing(replace(through(door, broker), timeout_s=30.0)) as running:
            complaint = await logged(log, "no MQTT for now")
            assert "did not answer the login, it hung up: is mqtt.port right" in complaint
            await until(lambda: len(door.levels) >= 4)
            assert door.levels[:4] == [5, 4, 5, 4]
            assert running.publisher.trouble is not None
        what, good, text = [
            (each.what, each.good, each.text) async for each in diagnose(through(door, broker), PASSWORD, "nursery")
        ][-1]
    assert (what, good) == ("broker: login", False)
    assert "it hung up" in text


async def test_a_broker_that_babbles_after_the_login_is_no_second_client(log: pytest.LogCaptureFixture) -> None:
    async with Goodbye(0x55) as broker, publishing(MqttSettings("127.0.0.1", broker.port)):
        assert "was lost (Protocol error)" in await logged(log, "no MQTT for now")
        await until(lambda: broker.logins > IN_A_ROW)
    assert "another client" not in log.text


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_reason_of_a_broker_that_ends_the_connection_is_told(
    *, at_once: bool, log: pytest.LogCaptureFixture
) -> None:
    async with Goodbye(0x98, at_once=at_once) as broker, publishing(MqttSettings("127.0.0.1", broker.port)):
        assert "was lost (Administrative action)" in await logged(log, "no MQTT for now")
