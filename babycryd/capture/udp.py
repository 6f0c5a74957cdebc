"""Raw sound over UDP, as a small microphone such as an ESP32 sends it, as a source."""

import asyncio
import contextlib
import socket
from typing import Any, Final

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.audio.resampling import Converter
from babycryd.capture.ffmpeg_errors import reason_of
from babycryd.capture.inbox import Inbox
from babycryd.capture.pcm_packet import Packet, PacketOrder, parse_packet
from babycryd.capture.source import CaptureError, Chunk, SourceTraits
from babycryd.capture.stream_url import ANY_ADDRESS, StreamUrl

INBOX_PACKETS: Final = 256  # 8 s of packets of 32 ms: longer than any stall of the loop that is not a fault


class UdpStream:
    """Microphone that sends packets to a port of this computer, as a `Source`; see `pcm_packet.py`.

    Only packets of one sender are taken: of the host in the URL, or with 0.0.0.0 of the first that sends.
    """

    close_hung = False

    def __init__(self, url: StreamUrl, traits: SourceTraits, limit_s: float) -> None:
        """`limit_s`: for the first packet to come."""
        self.name = url.shown
        self.traits = traits
        self._url = url
        self._limit_s = limit_s
        self._port: _Port | None = None
        self._order = PacketOrder()
        self._converter = Converter(SAMPLE_RATE_HZ, 1)
        self._rate_hz = SAMPLE_RATE_HZ
        self._dropped = self._gaps = 0  # before the present opening

    @property
    def dropped_blocks(self) -> int:
        return self._dropped + (self._port.inbox.dropped if self._port else 0)

    @property
    def overflows(self) -> int:
        return self._gaps + self._order.gaps

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._gaps, self._order = self.overflows, PacketOrder()
        try:
            async with asyncio.timeout(self._limit_s):
                family, senders = await _senders(self._url)
                self._port = port = _Port(Inbox(loop, INBOX_PACKETS), senders)
                anywhere = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104  # the owner's wish
                await loop.create_datagram_endpoint(lambda: port, (anywhere, self._url.port or 0), family=family)
                await port.first.wait()
        except TimeoutError:
            raise CaptureError(self._silence()) from None
        except socket.gaierror as error:
            raise CaptureError(reason_of(str(error), self.name)) from error
        except OSError as error:
            taken = f"port {self._url.port} cannot be opened ({error.strerror}): does another program use it?"
            raise CaptureError(taken) from error

    async def read(self, timeout_s: float) -> list[Chunk]:
        if self._port is None:
            raise CaptureError(f"{self.name} is not open")
        packets = [packet for _, packet in await self._port.inbox.take(timeout_s)]
        return [self._chunk(each) for packet in packets for each in self._order.push(packet)]

    async def close(self, limit_s: float) -> None:  # noqa: ARG002  # a socket closes at once
        port, self._dropped = self._port, self.dropped_blocks
        self._port = None
        if port is not None:
            port.close()

    def _chunk(self, packet: Packet) -> Chunk:
        if packet.rate_hz != self._rate_hz:
            self._converter, self._rate_hz = Converter(packet.rate_hz, 1), packet.rate_hz
        lost = round(packet.lost * SAMPLE_RATE_HZ / packet.rate_hz)
        return Chunk(self._converter.convert(packet.samples.reshape(-1, 1)), lost)

    def _silence(self) -> str:
        port = f"nothing comes to port {self._url.port}"
        if self._port is None:
            return f"{self.name} does not answer: see capture.url and your name server"
        if self._port.fault:
            return f"{port} that is sound as docs/network-microphones.md describes it: {self._port.fault}"
        if self._port.foreign:
            return f"{port} from {self._url.host}, but from another sender: see capture.url"
        return f"{port} of this computer: is the microphone switched on, and does it send to this computer's address?"


class _Port(asyncio.DatagramProtocol):
    """Receiver: puts the packets of one sender into the inbox."""

    def __init__(self, inbox: Inbox[Packet], senders: frozenset[str]) -> None:
        """`senders`: addresses whose packets are taken; empty: the first that sends a packet of sound."""
        self.inbox = inbox
        self.first = asyncio.Event()  # a packet of sound has come
        self.fault = ""  # of the last packet that is no sound
        self.foreign = 0  # packets of other senders
        self._senders = senders
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if self._senders and addr[0] not in self._senders:
            self.foreign += 1
            return
        try:
            packet = parse_packet(data)
        except ValueError as error:
            self.fault = str(error)
            return
        self._senders = self._senders or frozenset({addr[0]})
        self.first.set()
        self.inbox.put(packet)

    def close(self) -> None:
        if self._transport is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._transport.close()


async def _senders(url: StreamUrl) -> tuple[socket.AddressFamily, frozenset[str]]:
    """Return the family of the URL's host and its addresses; no address where it stands for any. Raises OSError."""
    if url.host in ANY_ADDRESS:
        return (socket.AF_INET6 if ":" in url.host else socket.AF_INET), frozenset()
    found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_DGRAM)
    family = found[0][0]
    return family, frozenset(str(address[0]) for kind, _, _, _, address in found if kind == family)
