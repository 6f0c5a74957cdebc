"""What is listened to: every sample once and in order, nothing old, and a signal where the microphone is away."""

import numpy as np

from babycryd.audio.block import BLOCK, AudioBlock, Mono
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.audio.ring import RingBuffer
from babycryd.listen_in.live_hops import LiveHops


class Room:
    """A ring of three seconds, filled block by block; each sample is its number."""

    def __init__(self) -> None:
        self.ring = RingBuffer(3.0)
        self.next = 0

    def hear(self, blocks: int, *, lost: int = 0) -> None:
        """Add blocks, after `lost` that never came."""
        self.next += lost * BLOCK
        for _ in range(blocks):
            samples = np.arange(self.next, self.next + BLOCK, dtype=np.float32)
            self.ring.append(AudioBlock(samples, self.next / SAMPLE_RATE_HZ, 0.0))
            self.next += BLOCK


def joined(hops: LiveHops, now_s: float) -> Mono:
    taken = hops.take(now_s)
    assert all(not each.is_signal for each in taken)
    return np.concatenate([each.samples for each in taken]) if taken else np.zeros(0, np.float32)


def test_every_sample_comes_once_and_in_order() -> None:
    room = Room()
    room.hear(4)  # one hop and a block: a listener begins with the hop that is not complete
    hops = LiveHops(room.ring, 0.0)
    heard = []
    for number in range(10):
        room.hear(1)
        heard.append(joined(hops, 0.08 * number))
    sound = np.concatenate(heard)
    assert np.array_equal(sound, np.arange(HOP, HOP + len(sound)))
    assert len(sound) == 3 * HOP


def test_what_is_older_than_a_second_is_skipped() -> None:
    room = Room()
    room.hear(3)
    hops = LiveHops(room.ring, 0.0)
    room.hear(25)
    sound = joined(hops, 2.0)
    assert sound[0] == 28 * BLOCK - SAMPLE_RATE_HZ
    assert len(sound) == 4 * HOP


def test_a_gap_is_skipped() -> None:
    room = Room()
    room.hear(3)
    hops = LiveHops(room.ring, 0.0)
    room.hear(3, lost=200)  # longer than the ring
    assert np.array_equal(joined(hops, 16.0), np.arange(203 * BLOCK, 206 * BLOCK))


def test_a_lost_microphone_is_two_beeps_every_ten_seconds() -> None:
    room = Room()
    room.hear(3)
    hops = LiveHops(room.ring, 100.0)
    assert hops.take(101.0) == []
    lost = [hop for step in range(100) for hop in hops.take(101.5 + HOP_S * step)]
    assert all(each.is_signal for each in lost)
    assert [number for number, each in enumerate(lost) if each.samples.any()] == [0, 2, 40, 42, 80, 82]
    assert 0.04 < max(np.abs(each.samples).max() for each in lost) < 0.06
    room.hear(6)
    assert len(joined(hops, 130.0)) == HOP * 2
    assert hops.take(131.0) == []
