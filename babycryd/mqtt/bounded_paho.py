"""paho's client with a bound on what is read: a longer packet ends the connection before it fills the memory."""

from typing import Final

import aiomqtt
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.packettypes import PacketTypes

from babycryd.core.printable import printable

LONGEST_PACKET: Final = 65_536  # bytes of a received one; a command has 2 kB at most
_QOS_2: Final = 0x04  # in the first byte of PUBLISH, section 3.3.1.2; set for QoS 3 too, which there is not


class PacketTooLong(aiomqtt.MqttError):
    """A packet that is too long for us, which we hung up on instead of reading it."""

    def __init__(self, topic: str, length: int) -> None:
        """`topic`: empty for a packet that is no message; `length`: bytes."""
        super().__init__(
            f"a packet of {length} bytes on {printable(topic) or 'no topic'}, and {LONGEST_PACKET} are read"
        )
        self.topic = topic
        self.length = length


class BoundedPaho(PahoClient):
    """paho's client, which hangs up where a packet longer than LONGEST_PACKET begins, once it knows the topic.

    MQTT 5 brokers keep such packets back; others would fill the memory. So would messages of QoS 2, which paho keeps
    until the broker releases them: no subscription of ours allows them, and the first one ends the connection.
    """

    ended_for: aiomqtt.MqttError | None = None  # why we hung up

    def _sock_recv(self, bufsize: int) -> bytes:
        data = super()._sock_recv(min(bufsize, LONGEST_PACKET))
        packet = self._in_packet
        if packet["command"] >> 4 == PacketTypes.PUBLISH and packet["command"] & _QOS_2:
            self.ended_for = aiomqtt.MqttError("it sent a message of QoS 2, and our subscriptions have QoS 1")
            raise ConnectionAbortedError
        if packet["have_remaining"] and packet["remaining_length"] > LONGEST_PACKET:
            topic = _topic_of(packet["command"], bytes(packet["packet"]) + data)
            if topic is not None:
                self.ended_for = PacketTooLong(topic, packet["remaining_length"])
                raise ConnectionAbortedError  # paho closes the connection
        return data


def _topic_of(command: int, begun: bytes) -> str | None:
    """Return the topic of a packet that has begun to arrive, empty where it is no PUBLISH; None: not there yet."""
    if command >> 4 != PacketTypes.PUBLISH:
        return ""
    end = 2 + int.from_bytes(begun[:2], "big")
    return begun[2:end].decode(errors="replace") if len(begun) >= max(2, end) else None
