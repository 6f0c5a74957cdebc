"""Each frame once, and after a pause as if there had been none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from babycryd.audio.format import HOP, HOP_FRAMES
from babycryd.detect.features import HISTORY_HOPS, LEAST_HOPS, N_MELS, ContextStream, levelled, log_mel

Hops = NDArray[np.float32]


def hops(count: int, seed: int = 0) -> Hops:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal((count, HOP))).astype(np.float32)


def test_a_running_stream_gives_one_hop_of_frames_a_hop() -> None:
    stream = ContextStream()
    for hop in hops(5):
        (frames,) = stream.push(hop)
        assert frames.shape == (HOP_FRAMES, N_MELS)
        assert frames.dtype == np.float32
    assert stream.running


def test_they_are_those_of_the_whole_recording() -> None:
    sound, stream = hops(12), ContextStream()
    heard = np.concatenate([stream.push(hop)[0] for hop in sound])
    mel = log_mel(sound.ravel())
    aligned = np.concatenate((mel[:1], mel[:1], mel))[: 12 * HOP_FRAMES]  # two frames complete a hop later
    np.testing.assert_allclose(heard, levelled(aligned[None])[0], atol=1e-5)


def test_after_a_pause_the_remembered_hops_come_first() -> None:
    sound, always, paused = hops(30), ContextStream(), ContextStream()
    for hop in sound[:-1]:
        last = always.push(hop)
        paused.skip(hop)
    assert not paused.running
    last, caught_up = always.push(sound[-1]), paused.push(sound[-1])
    assert len(caught_up) == HISTORY_HOPS
    # The level that is taken away began anew: all bands differ by the same little.
    difference = caught_up[-1] - last[0]
    assert np.ptp(difference) < 1e-4
    assert abs(float(difference.mean())) < 0.05
    assert paused.running


def test_soon_after_a_gap_there_is_less_to_remember_and_no_window_yet() -> None:
    stream = ContextStream()
    for hop in hops(20):
        stream.push(hop)
    assert stream.enough
    stream.clear()
    assert not stream.enough
    assert len(stream.push(hops(1)[0])) == 1
    assert not stream.enough
    for hop in hops(LEAST_HOPS - 1):
        stream.push(hop)
    assert stream.enough


@pytest.mark.parametrize("n_samples", [1, 200, HOP, 3 * HOP + 5])
def test_a_short_clip_is_repeated_to_fill_a_window(n_samples: int) -> None:
    sound, stream = hops(4).ravel()[:n_samples], ContextStream()
    whole = n_samples // HOP * HOP
    for hop in sound[:whole].reshape(-1, HOP):
        stream.push(hop)
    frames = stream.short_clip(sound[whole:])
    assert [one.shape for one in frames] == [(HOP_FRAMES, N_MELS)] * LEAST_HOPS
    assert np.isfinite(frames).all()


def test_no_sound_and_a_long_one_are_no_short_clips() -> None:
    assert ContextStream().short_clip(np.zeros(0, np.float32)) == []
    stream = ContextStream()
    for hop in hops(LEAST_HOPS):
        stream.push(hop)
    assert stream.short_clip(np.ones(100, np.float32)) == []
