"""A broker of several nodes: the next one is tried where one does not answer or is lost."""

import asyncio
import logging

import pytest

from babycryd.mqtt.settings import MqttSettings
from babycryd.mqtt.takeover import IN_A_ROW, TakeoverWatch
from tests.support.broker import USERNAME
from tests.support.clusters import BridgedMosquitto
from tests.support.patience import until
from tests.support.publishing import expect_episodes, logged, publishing, started


@pytest.mark.broker
async def test_a_node_that_is_lost_is_replaced_by_the_next_and_back(log: pytest.LogCaptureFixture) -> None:
    cluster = await asyncio.to_thread(BridgedMosquitto().__enter__)
    try:
        first, second = cluster.addresses
        mqtt = MqttSettings(second, cluster.port, USERNAME, other_hosts=(first,))
        async with publishing(mqtt) as running:
            await logged(log, f"connected to the MQTT broker at {second}")
            with cluster.client(0).subscriber("babycryd/#") as home:
                cluster.kill(1)
                running.bus.publish(started(1))
                assert await expect_episodes(home, 1) == [("new", "e1")]
            assert f"the connection to {second}:{cluster.port} was lost" in log.text
            assert f"connected to the MQTT broker at {first}" in log.text
            cluster.start(1)
            await asyncio.to_thread(cluster.wait_for, 1)
            cluster.kill(0)
            await until(lambda: log.text.count(f"connected to the MQTT broker at {second}") == 2)
            assert running.publisher.trouble is None
    finally:
        await asyncio.to_thread(cluster.__exit__, None, None, None)


@pytest.mark.broker
async def test_one_that_never_answered_is_left_out(log: pytest.LogCaptureFixture) -> None:
    cluster = await asyncio.to_thread(BridgedMosquitto().__enter__)
    try:
        mqtt = MqttSettings("127.0.0.9", cluster.port, USERNAME, other_hosts=cluster.addresses)
        async with publishing(mqtt):
            await logged(log, f"connected to the MQTT broker at {cluster.addresses[0]}")
        warnings = [each.getMessage() for each in log.records if each.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert warnings[0].startswith(f"no MQTT for now, trying again: nothing answers at 127.0.0.9:{cluster.port}")
    finally:
        await asyncio.to_thread(cluster.__exit__, None, None, None)


def test_nodes_that_hang_up_while_they_choose_a_leader_are_no_second_daemon() -> None:
    watch = TakeoverWatch(nodes=3)
    told = [watch.likely(0.5, hung_up=True) for _ in range(3 * IN_A_ROW)]
    assert told == [False] * (3 * IN_A_ROW - 1) + [True]


@pytest.mark.parametrize(
    ("mqtt", "fault"),
    [
        (MqttSettings("", other_hosts=("b",)), "needs a host as well"),
        (MqttSettings("a", other_hosts=("b c",)), "'b c' is no name"),
        (MqttSettings("a", other_hosts=("mqtt://b",)), "must be a name or address alone: write b"),
    ],
)
def test_a_wrong_list_is_named(mqtt: MqttSettings, fault: str) -> None:
    [(key, told)] = list(mqtt.check())
    assert key == "other_hosts"
    assert fault in told


def test_a_good_list_is_taken() -> None:
    assert list(MqttSettings("a", other_hosts=("b.lan", "10.0.0.2")).check()) == []
