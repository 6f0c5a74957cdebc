"""PURE. Packets of raw sound over UDP: their format, their order, and what was lost between them.

A packet is twelve bytes of header, little-endian, and 16-bit little-endian mono samples:

    0   4   the letters `BCA1`
    4   4   number of the first sample since the start of the sender, modulo 2**32
    8   4   sample rate, Hz
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"BCA1"
HEADER: Final = struct.Struct("<4sII")
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 192_000
FILLED_S: Final = 0.1  # a shorter gap is filled with silence: a real one begins the detection anew
RESTART_S: Final = 10.0  # a jump by more means that the sender has started anew
HELD: Final = 3  # packets that wait for a missing one

Pcm = NDArray[np.int16]  # (n,)


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """Samples of one packet."""

    first: int  # number of the first sample, 0..2**32-1
    rate_hz: int
    samples: Pcm
    lost: int = 0  # samples missing before these


def parse_packet(data: bytes) -> Packet:
    """Return a packet. Raises ValueError with what is wrong with it."""
    if len(data) < HEADER.size + 2 or data[:4] != MAGIC:
        raise ValueError(f"a packet does not begin with {MAGIC.decode()}, or holds no samples")
    _, first, rate_hz = HEADER.unpack_from(data)
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise ValueError(f"a packet tells of {rate_hz} Hz, which is no sample rate")
    return Packet(first, rate_hz, np.frombuffer(data, "<i2", (len(data) - HEADER.size) // 2, HEADER.size))


class PacketOrder:
    """Order of one sender's packets: puts those back in order that overtook others, and tells what is missing.

    A packet that comes too late, or twice, is dropped. Up to FILLED_S of missing sound are silence; more is `lost`.
    """

    def __init__(self) -> None:
        self.gaps = 0  # times that sound was missing
        self.late = 0  # packets that came too late or twice
        self._next: int | None = None  # number of the sample that is due
        self._held: list[Packet] = []

    def push(self, packet: Packet) -> list[Packet]:
        """Take a packet; return those that are due now, in order, none of them overlapping."""
        ahead = self._ahead(packet)
        if abs(ahead) > RESTART_S * packet.rate_hz:
            self._held, self._next, ahead = [], packet.first, 0
        if ahead < 0:
            self.late += 1
            return []
        self._held.append(packet)
        self._held.sort(key=self._ahead)
        ready = self._due()
        while len(self._held) > HELD:
            ready += [self._after_gap(self._held.pop(0)), *self._due()]
        return ready

    def _ahead(self, packet: Packet) -> int:
        """Return how many samples lie between the one that is due and this packet; below 0: it is late."""
        return 0 if self._next is None else (packet.first - self._next + 2**31) % 2**32 - 2**31

    def _due(self) -> list[Packet]:
        ready = list[Packet]()
        while self._held and self._ahead(self._held[0]) <= 0:
            packet = self._held.pop(0)
            if self._ahead(packet) < 0:
                self.late += 1
            else:
                self._pass(packet)
                ready.append(packet)
        return ready

    def _after_gap(self, packet: Packet) -> Packet:
        self.gaps += 1
        missing = self._ahead(packet)
        self._pass(packet)
        if missing > FILLED_S * packet.rate_hz:
            return Packet(packet.first, packet.rate_hz, packet.samples, lost=missing)
        return Packet(packet.first, packet.rate_hz, np.concatenate([np.zeros(missing, np.int16), packet.samples]))

    def _pass(self, packet: Packet) -> None:
        self._next = (packet.first + len(packet.samples)) % 2**32
