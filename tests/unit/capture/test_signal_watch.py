import math

import numpy as np
import pytest

from babycryd.audio.block import BLOCK, BLOCK_S, Mono
from babycryd.capture.signal_watch import SignalWatch

RANDOM = np.random.default_rng(4)
ZEROS = np.zeros(BLOCK, np.float32)


def noise(level: float = 0.01, samples: int = BLOCK) -> Mono:
    return (level * RANDOM.standard_normal(samples)).astype(np.float32)


class Playing:
    """A watch, and the time that passes as it is given blocks."""

    def __init__(self, after: SignalWatch | None = None, zeros_s: float = 4.0) -> None:
        self.now_s = 10.0
        self.watch = SignalWatch("USB", self.now_s, stall_s=2.0, zeros_s=zeros_s, after=after)

    def block(self, samples: Mono, *, lasts_s: float = BLOCK_S) -> str | None:
        self.now_s += lasts_s
        self.believed = self.watch.update(self.now_s, samples)
        return self.watch.check(self.now_s)

    def deaf_after_s(self, *blocks: Mono, limit_s: float = 20.0, lasts_s: float = BLOCK_S) -> tuple[float, str]:
        """How long these, again and again, are borne, and the complaint then."""
        began_s, number = self.now_s, 0
        while self.now_s < began_s + limit_s:
            reason = self.block(blocks[number % len(blocks)], lasts_s=lasts_s) or self.watch.hum()
            if reason:
                return self.now_s - began_s, reason
            number += 1
        return math.inf, ""


def test_all_is_well_while_sound_comes() -> None:
    playing = Playing()
    for _ in range(200):
        assert playing.block(noise()) is None
        assert playing.believed
        assert playing.watch.check(playing.now_s + 0.3) is None
    assert playing.watch.trouble is None


def test_a_stall_is_noticed_after_its_time_not_before() -> None:
    playing = Playing()
    playing.block(noise())
    assert playing.watch.check(playing.now_s + 1.9) is None
    assert playing.watch.check(playing.now_s + 2.0) == "no sound for 2 s from USB: is the microphone plugged in?"


def test_a_microphone_that_never_delivers_is_a_stall() -> None:
    assert "plugged in" in str(Playing().watch.check(12.0))


def test_digital_silence_is_noticed_and_one_block_of_sound_ends_it() -> None:
    playing = Playing()
    playing.block(noise())
    deaf_s, reason = playing.deaf_after_s(ZEROS)
    assert 4.0 <= deaf_s < 4.2
    assert reason == "only digital silence for 4 s from USB: is it muted?"
    assert playing.block(noise()) is None
    assert playing.believed


@pytest.mark.parametrize("level", [1.0, 0.3, -1 / 32_768])
def test_a_constant_is_as_deaf_as_zero(level: float) -> None:
    playing = Playing()
    playing.block(noise())
    deaf_s, reason = playing.deaf_after_s(np.full(BLOCK, level, np.float32))
    assert deaf_s < 5
    assert reason == "the same samples again and again from USB: unplug it and plug it in again"


def test_a_buffer_that_comes_again_and_again_is_no_sound_after_reopening_either() -> None:
    playing, stuck = Playing(), noise()
    playing.block(noise())
    deaf_s, reason = playing.deaf_after_s(stuck)
    assert deaf_s < 5
    assert "again and again" in reason
    reopened = Playing(after=playing.watch)
    reopened.block(stuck)
    assert not reopened.believed
    reopened.block(noise())
    assert reopened.believed


def test_zeros_may_be_allowed() -> None:
    assert Playing(zeros_s=math.inf).deaf_after_s(ZEROS, limit_s=100)[0] == math.inf


@pytest.mark.parametrize(("lasts_s", "said"), [(BLOCK_S / 2, "32000"), (BLOCK_S * 2, "8000"), (BLOCK_S * 1.5, "1066")])
def test_a_wrong_rate_is_told_within_five_seconds(lasts_s: float, said: str) -> None:
    playing = Playing()
    deaf_s, reason = playing.deaf_after_s(noise(), noise(), lasts_s=lasts_s)
    assert deaf_s < 5
    assert said in reason
    assert "capture.rate_hz" in reason


@pytest.mark.parametrize("factor", [0.5, 2 / 3, 48 / 44.1 * 1.5, 2.0, 3.0])
def test_a_rate_that_becomes_wrong_is_told_within_four_seconds_whenever_that_is(factor: float) -> None:
    for already in range(60, 120, 5):
        playing = Playing()
        for _ in range(already):
            assert playing.block(noise()) is None
        deaf_s, _ = playing.deaf_after_s(noise(), noise(), lasts_s=BLOCK_S / factor)
        assert deaf_s < 4


def test_a_busy_computer_that_catches_up_is_no_wrong_rate() -> None:
    """Stalls of up to 1.9 s, which end with all that was missed; health is asked four times a second meanwhile."""
    playing, pauses_s = Playing(zeros_s=math.inf), np.random.default_rng(2)
    for _ in range(300):
        stall_s = float(pauses_s.choice([0.1, 0.5, 1.9]) * pauses_s.random())
        for tick in np.arange(0.25, stall_s, 0.25):
            assert playing.watch.check(playing.now_s + tick) is None
        playing.now_s += stall_s
        for _ in range(round(stall_s / BLOCK_S)):
            playing.watch.update(playing.now_s, noise())
        assert playing.watch.check(playing.now_s) is None
        for _ in range(pauses_s.integers(1, 20)):
            assert playing.block(noise()) is None


def test_after_a_wrong_rate_sound_is_believed_only_at_the_right_one() -> None:
    wrong = Playing()
    wrong.deaf_after_s(noise(), noise(), lasts_s=BLOCK_S / 2)
    again = Playing(after=wrong.watch)
    for _ in range(20):
        again.block(noise())
        assert not again.believed
    for _ in range(10):
        again.block(noise())
    assert again.believed


def test_a_computer_that_slept_for_a_while_is_no_wrong_rate() -> None:
    playing = Playing()
    for pause_s in (0.0, 10.0, 0.0, 0.0, 1.5, 0.0):
        playing.now_s += pause_s
        for _ in range(40):
            assert playing.block(noise()) is None or pause_s
    assert playing.block(noise()) is None


def test_a_stall_that_is_caught_up_with_is_no_wrong_rate() -> None:
    playing = Playing()
    for slower, lasts_s in ((1, 2.0), (1.6, 2.0), (0.6, 1.125), (1, 6.0)):
        deaf_s, _ = playing.deaf_after_s(noise(), noise(), lasts_s=slower * BLOCK_S, limit_s=lasts_s)
        assert deaf_s == math.inf


def test_bursts_and_lost_blocks_that_are_counted_are_no_wrong_rate() -> None:
    watch, now_s = SignalWatch("USB", 0.0, stall_s=2.0), 0.0
    for _ in range(100):
        now_s += 0.4
        for lost in (0, 2 * BLOCK, 0):
            watch.update(now_s, noise(), lost=lost)
        assert watch.check(now_s) is None


@pytest.mark.parametrize("base_hz", [50, 60])
def test_hum_alone_is_told_within_five_seconds_and_sound_ends_it(base_hz: int) -> None:
    playing = Playing()
    playing.block(noise())
    time_s = np.arange(200 * BLOCK) / 16_000
    hum = sum(0.1 / n * np.sin(2 * np.pi * base_hz * 1.002 * n * time_s + n) for n in (1, 2, 3, 5, 7))
    hum = hum + 3e-5 * RANDOM.standard_normal(len(time_s))  # the converter's own noise
    blocks = np.asarray(hum, np.float32).reshape(-1, BLOCK)
    deaf_s, reason = playing.deaf_after_s(*blocks)
    assert deaf_s < 5
    assert reason == f"only mains hum ({base_hz} Hz) from USB: is its plug or cable loose?"
    for number in range(26):
        playing.block(blocks[number] + noise(1e-3))
    assert playing.watch.hum() is None


def test_a_microphone_that_clips_is_told_and_is_not_deaf() -> None:
    playing = Playing()
    clipped = [np.clip(noise(1.5), -1, 1) for _ in range(20)]
    assert playing.deaf_after_s(*clipped, limit_s=5.0)[0] == math.inf
    assert "USB clips" in str(playing.watch.trouble)
    for _ in range(round(9 / BLOCK_S)):
        playing.block(noise())
    assert playing.watch.trouble  # one calm second proves nothing
    for _ in range(round(3 / BLOCK_S)):
        playing.block(noise())
    assert playing.watch.trouble is None


def test_a_loud_cry_now_and_then_at_full_scale_is_no_trouble() -> None:
    playing = Playing()
    for number in range(200):
        playing.block(np.clip(noise(0.3), -1, 1) if number % 2 else noise(0.1))
    assert playing.watch.trouble is None


def test_what_a_resampler_holds_back_at_first_is_no_sound_and_no_error() -> None:
    playing = Playing()
    assert playing.block(np.zeros(0, np.float32)) is None
    assert not playing.believed
