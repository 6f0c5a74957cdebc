"""Clusters of real brokers lose a node while rooms cry: nothing is lost or out of order, and what they lack is said."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from babycryd.mqtt.diagnosis import diagnose
from babycryd.mqtt.error_texts import OLDER_LACKS
from babycryd.mqtt.settings import MqttSettings
from benchmarks.clusters import measure
from tests.support.broker import PASSWORD, USERNAME
from tests.support.clusters import BridgedMosquitto, Cluster, NatsCluster, RabbitCluster
from tests.support.patience import HANG_S, wait_until

pytestmark = pytest.mark.slow

ROOMS, NIGHT_S = 30, 45.0
KINDS: dict[str, tuple[Callable[[], Cluster], int | None]] = {
    "nats": (NatsCluster, None),
    "rabbitmq": (RabbitCluster, None),
    "the office's mosquitto": (BridgedMosquitto, 1),
    "the rooms' mosquitto": (BridgedMosquitto, 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_episode_comes_in_order_although_a_node_is_killed(kind: str) -> None:
    make, victim = KINDS[kind]
    with make() as cluster:
        outcome = measure(cluster, ROOMS, 1, NIGHT_S, victim)
    assert outcome.missing == []
    assert outcome.out_of_order == []
    assert len(outcome.late_s) == ROOMS * 2 * 3
    if victim != 1:  # no room is connected to the office's broker
        assert any(troubled.rooms for troubled in outcome.troubled), "no owner was told"


@pytest.mark.parametrize("make", [NatsCluster, RabbitCluster], ids=["nats", "rabbitmq"])
def test_what_a_cluster_without_mqtt_5_lacks_is_said_and_its_retained_messages_are_where_the_page_says(
    make: type[Cluster],
) -> None:
    with make() as cluster:
        mqtt = MqttSettings(cluster.addresses[0], cluster.port, USERNAME)
        steps = asyncio.run(_examined(mqtt))
        login = steps["broker: login"]  # a busy RabbitMQ ends the connection before its refusal is sent
        assert re.search(rf"in MQTT 3\.1\.1 \(in MQTT 5 it (refused|hung up)\): {re.escape(OLDER_LACKS)}", login), login
        assert steps["broker: publish"] == "the test message came back"
        publisher = cluster.client(0).paho("publisher", older=True)
        publisher.connect(mqtt.host, mqtt.port)
        publisher.loop_start()
        publisher.publish("babycryd/nursery/state", "kept", qos=1, retain=True).wait_for_publish(HANG_S)
        everywhere = make is NatsCluster
        wait_until(lambda: _retained(cluster, 0, "babycryd/nursery/state"), HANG_S, lambda: cluster.log(0))
        assert _retained(cluster, 1, "babycryd/nursery/state") == everywhere
        assert _retained(cluster, 0, "babycryd/+/state") == everywhere
        publisher.loop_stop()
        publisher.disconnect()


async def _examined(mqtt: MqttSettings) -> dict[str, str]:
    async with asyncio.timeout(2 * HANG_S):
        return {each.what: each.text async for each in diagnose(replace(mqtt, timeout_s=30.0), PASSWORD, "nursery")}


def _retained(cluster: Cluster, number: int, topic: str) -> bool:
    """Whether a new subscriber is given a retained message, before one that is sent after its subscription."""
    heard: list[bytes] = []
    client = cluster.client(number).paho(f"ear-{time.time()}", older=True)

    def connected(*_: Any) -> None:
        client.subscribe(topic, 1)

    def subscribed(*_: Any) -> None:
        client.publish(topic.replace("+", "nursery"), "marker", qos=1)

    client.on_connect, client.on_subscribe = connected, subscribed
    client.on_message = lambda _client, _data, message: heard.append(bytes(message.payload))
    client.connect(cluster.addresses[number], cluster.port)
    client.loop_start()
    wait_until(lambda: b"marker" in heard, HANG_S, lambda: heard)
    client.loop_stop()
    client.disconnect()
    return heard[0] == b"kept"
