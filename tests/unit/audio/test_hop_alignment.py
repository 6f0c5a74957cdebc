import numpy as np
import pytest

from babycryd.audio.block import AudioBlock, HopCounter
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.audio.hop_alignment import HELD_BACK, MOST_HELD_BACK, HopAlignment
from babycryd.audio.resampling import Converter

RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000)


class Microphone:
    """Blocks of a device as they come, read as a microphone reads them."""

    def __init__(self, rate_hz: int) -> None:
        self.converter = Converter(rate_hz, 1)
        self.hops = HopAlignment(rate_hz)
        self.block = np.zeros((round(HOP_S * rate_hz), 1), np.int16)
        self.end_s = 0.0

    def read(self, blocks: int = 1, *, lost: int = 0) -> AudioBlock:
        samples = self.converter.convert(np.tile(self.block, (blocks, 1)))
        left_out = self.hops.take(blocks, len(samples), after_gap=lost > 0)
        start_s = self.end_s + (lost * HOP_S + left_out / SAMPLE_RATE_HZ if lost else 0)
        read = AudioBlock(samples[left_out:], start_s, 0.0)
        self.end_s = read.end_s
        return read


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("late", [0, 1, 7])
def test_every_block_completes_a_hop_after_a_gap_too(rate_hz: int, late: int) -> None:
    microphone, counter = Microphone(rate_hz), HopCounter()
    counter.completes(microphone.read())
    assert all(counter.completes(microphone.read()) for _ in range(40))
    counter.completes(microphone.read(1 + late, lost=5))
    assert all(counter.completes(microphone.read()) for _ in range(40))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_resampler_holds_back_no_more_than_is_allowed_for(rate_hz: int) -> None:
    converter, came, most = Converter(rate_hz, 1), 0, HELD_BACK.get(rate_hz, MOST_HELD_BACK)
    for blocks in range(1, 100):
        came += len(converter.convert(np.zeros((round(HOP_S * rate_hz), 1), np.int16)))
        assert 0 <= blocks * HOP - came <= most


def test_the_stream_begins_with_a_hop_where_nothing_is_held_back() -> None:
    hops = HopAlignment(SAMPLE_RATE_HZ)
    assert hops.take(1, HOP, after_gap=False) == 0
    assert hops.take(2, 2 * HOP, after_gap=True) == 0


def test_what_a_resampler_holds_back_is_left_out_once() -> None:
    hops = HopAlignment(48_000)
    assert hops.take(1, HOP - 640, after_gap=False) == HOP - 640
    assert hops.take(1, HOP, after_gap=False) == 0
