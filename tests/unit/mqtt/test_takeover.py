"""Two daemons with one id: each is told, and they do not fight over it."""

import asyncio
from dataclasses import replace

import pytest

from babycryd.mqtt.settings import MqttSettings
from babycryd.mqtt.takeover import IN_A_ROW, SHORT_S, TakeoverWatch
from tests.support.broker import Broker
from tests.support.fakes.goodbye import Goodbye
from tests.support.fakes.mqtt3_door import Manner, Mqtt3Door
from tests.support.patience import until
from tests.support.publishing import logged, publishing, settings_for


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_broker_that_says_so_is_believed_at_once(*, at_once: bool, log: pytest.LogCaptureFixture) -> None:
    async with Goodbye(0x8E, at_once=at_once) as broker, publishing(MqttSettings("127.0.0.1", broker.port)):
        complaint = await logged(log, "no MQTT for now")
        told = f"another client signs in at 127.0.0.1:{broker.port} as 'babycryd-nursery'"
        assert f"{told}: give each babycryd its own device.id" in complaint
        await asyncio.sleep(1.5)
        assert broker.logins == 1


@pytest.mark.broker
@pytest.mark.parametrize("manner", ["lets all in", "refuses"])  # mosquitto 2.0.11 does not say it in MQTT 5 either
async def test_the_rhythm_of_the_hang_ups_betrays_the_second_daemon_and_one_gives_way(
    manner: Manner, broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.takeover.SHORT_S", 3600.0)  # a busy machine reconnects in its own time
    async with Mqtt3Door(broker.port, manner) as door:
        mqtt = replace(settings_for(broker), port=door.port)
        async with publishing(mqtt) as first, publishing(mqtt) as second:
            both = (first.publisher, second.publisher)
            await until(lambda: any("another client" in (each.trouble or "") for each in both))
            await until(lambda: any(each.trouble is None for each in both))
            await asyncio.sleep(2.0)  # in which a war would go on
            assert sum(each.trouble is None for each in both) == 1
    assert broker.log.read_text().count("as babycryd-nursery (p") <= 2 * IN_A_ROW + 1
    assert "it seems, for the broker hung up three times right after the login" in log.text


def test_only_short_connections_in_a_row_are_a_rhythm() -> None:
    watch = TakeoverWatch()
    assert [watch.likely(0.5, hung_up=True) for _ in range(IN_A_ROW)] == [False] * (IN_A_ROW - 1) + [True]
    assert watch.likely(0.5, hung_up=True)
    assert not watch.likely(SHORT_S + 1, hung_up=True)
    assert not watch.likely(0.5, hung_up=True)
    assert not watch.likely(0.5, hung_up=False)
    assert not watch.likely(0.5, hung_up=True)


@pytest.mark.broker
async def test_a_broker_that_is_restarted_again_and_again_is_no_second_client(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.connection._LONGEST_PAUSE_S", 2.0)
    async with publishing(settings_for(broker)) as running:
        for _ in range(IN_A_ROW + 1):
            await until(lambda: running.publisher.trouble is None)
            await asyncio.to_thread(broker.kill)
            await until(lambda: "connection refused" in (running.publisher.trouble or ""))
            await asyncio.to_thread(broker.start)
        await until(lambda: running.publisher.trouble is None)
    assert "another client" not in log.text
