"""Raw sound over UDP, from a small microphone of the tests."""

import asyncio
from collections.abc import Sequence

import numpy as np

from babycryd.capture.chosen_source import source_of
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import Source
from tests.support.patience import HANG_S, patient
from tests.support.ports import free_port
from tests.support.udp_microphone import PACKET_SAMPLES, UdpMicrophone
from tests.unit.capture.test_network import RATE_HZ, SAMPLES, heard


async def send_until_open(source: Source, packets: Sequence[bytes], microphone: UdpMicrophone) -> None:
    """Sends the first packet again and again until the source has it, then the others."""
    opening = asyncio.ensure_future(source.open())
    while not opening.done():
        microphone.send(packets[0])
        await asyncio.sleep(0.01)
    await opening
    microphone.send(*packets[1:])


async def test_raw_samples_over_udp_in_any_order_with_a_loss_and_strangers() -> None:
    port = free_port()
    source = source_of(CaptureSettings(url=f"udp://0.0.0.0:{port}"), lambda: None)
    with UdpMicrophone(port) as microphone, UdpMicrophone(port) as noise:
        packets = microphone.packets(SAMPLES[: 2 * RATE_HZ])
        order = [0, 2, 1, *range(3, 40), *range(41, 60)]  # packet 40 is lost
        noise.send(b"hello", b"BCA1")
        async with patient():
            await send_until_open(source, [packets[number] for number in order], microphone)
        sound = await heard(source, 60 * PACKET_SAMPLES)
    await source.close(HANG_S)
    wanted = SAMPLES[: 60 * PACKET_SAMPLES].astype(np.float32) / 32_768
    wanted[40 * PACKET_SAMPLES : 41 * PACKET_SAMPLES] = 0
    assert np.array_equal(sound[: len(wanted)], wanted)
    assert source.overflows == 1
    assert source.dropped_blocks == 0


async def test_another_rate_over_udp_is_converted() -> None:
    port = free_port()
    source = source_of(CaptureSettings(url=f"udp://127.0.0.1:{port}"), lambda: None)
    with UdpMicrophone(port, rate_hz=48_000, first=2**32 - 1_000) as microphone:
        async with patient():
            await send_until_open(source, microphone.packets(SAMPLES[: 2 * RATE_HZ]), microphone)
        sound = await heard(source, 2 * RATE_HZ // 3 - 1_000)
    await source.close(HANG_S)
    assert source.overflows == 0
    assert abs(len(sound) - 2 * RATE_HZ / 3) <= 1_000
