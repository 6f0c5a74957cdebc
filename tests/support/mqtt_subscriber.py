"""A subscriber for thousands of messages a second, that no restart of the broker makes forget its subscriptions."""

import threading
import time
from collections.abc import Sequence
from itertools import cycle
from types import TracebackType
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.mqtt_client import Client, leave
from tests.support.patience import HANG_S

_KEEPALIVE_S = 10


class FastSubscriber:
    """`with FastSubscriber(client, "a/+") as subscriber:` notes what it hears and when; keeps its session.

    It takes many more messages a second than a Subscriber.
    """

    def __init__(
        self, client: Client, *topics: str, name: str = "ear", others: Sequence[str] = (), older: bool = False
    ) -> None:
        """Another `name` for each that listens at the same time; a later one of that name goes on with its session.

        `others`: hosts of further nodes, tried in turn. `older`: speaks MQTT 3.1.1.
        """
        self.notes: list[tuple[float, str, bytes]] = []  # UTC seconds, topic, payload; QoS 1
        self._where = (client.host, client.port)
        self._topics = [(topic, 1) for topic in topics]
        self._subscribed = threading.Event()
        self._hosts = cycle([client.host, *others])
        self._older = older
        self._paho = client.paho(name, older=older)
        self._paho.on_disconnect = self._lost
        self._paho.reconnect_delay_set(1, 1)
        self._paho.on_connect = self._connected
        self._paho.on_subscribe = lambda *_: self._subscribed.set()
        self._paho.on_message = self._heard

    def __enter__(self) -> Self:
        if self._older:
            self._paho.connect(next(self._hosts), self._where[1], keepalive=_KEEPALIVE_S)
        else:
            session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            session.SessionExpiryInterval = 600
            self._paho.connect(*self._where, clean_start=False, properties=session)
        self._paho.loop_start()
        assert self._subscribed.wait(HANG_S), "no subscription"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        leave(self._paho)

    def die(self) -> None:
        """Without a word to the broker."""
        self._paho.loop_stop()
        connection = self._paho.socket()
        assert connection is not None
        connection.close()

    def _lost(self, client: paho.Client, *_: object) -> None:
        if self._older:  # the next attempt is at another node
            client.connect_async(next(self._hosts), self._where[1], keepalive=_KEEPALIVE_S)

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.notes.append((time.time(), message.topic, bytes(message.payload)))

    def _connected(self, client: paho.Client, *_: object) -> None:
        client.subscribe(self._topics)
