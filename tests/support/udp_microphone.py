"""Small microphone of the tests that sends packets of raw sound, as docs/network-microphones.md describes them."""

import socket
import struct
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

PACKET_SAMPLES = 320


class UdpMicrophone:
    """`with UdpMicrophone(port) as microphone:` sends to a port of this computer."""

    def __init__(self, port: int, rate_hz: int = 16_000, first: int = 0) -> None:
        self.sent = first  # samples
        self._to = ("127.0.0.1", port)
        self._rate_hz = rate_hz

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def packets(self, sound: NDArray[np.int16]) -> list[bytes]:
        """Return the next packets, of PACKET_SAMPLES each."""
        made = []
        for at in range(0, len(sound), PACKET_SAMPLES):
            part = sound[at : at + PACKET_SAMPLES]
            made.append(struct.pack("<4sII", b"BCA1", self.sent % 2**32, self._rate_hz) + part.astype("<i2").tobytes())
            self.sent += len(part)
        return made

    def send(self, *packets: bytes) -> None:
        """Send packets in this order."""
        for each in packets:
            self._socket.sendto(each, self._to)
