"""The features against their oracle, python_speech_features, and however the stream is cut."""

import numpy as np
import python_speech_features as psf
from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.format import FRAME_HOP, HOP_FRAMES, SAMPLE_RATE_HZ
from babycryd.detect.features import (
    FEATURES,
    FRAME,
    HIGH_HZ,
    LOW_HZ,
    N_FFT,
    N_MELS,
    PREEMPHASIS,
    FloatArray,
    Leveller,
    LogMelStream,
    levelled,
    log_mel,
)


def oracle(signal: FloatArray) -> FloatArray:
    energies, _ = psf.fbank(
        signal,
        SAMPLE_RATE_HZ,
        winlen=FRAME / SAMPLE_RATE_HZ,
        winstep=FRAME_HOP / SAMPLE_RATE_HZ,
        nfilt=N_MELS,
        nfft=N_FFT,
        lowfreq=LOW_HZ,
        highfreq=HIGH_HZ,
        preemph=PREEMPHASIS,
        winfunc=np.hanning,
    )
    logarithm: FloatArray = np.log(energies)
    return logarithm


def sound(n_samples: int, seed: int = 0) -> FloatArray:
    """Noise with a gliding tone, so that bands differ by many decibels."""
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    noise = np.random.default_rng(seed).standard_normal(n_samples)
    tone: FloatArray = 0.3 * np.sin(2 * np.pi * (300 + 400 * time_s) * time_s) + 0.001 * noise
    return tone


def test_agrees_with_python_speech_features() -> None:
    signal = sound(3 * SAMPLE_RATE_HZ)
    ours = log_mel(signal)
    assert len(ours) == (len(signal) - FRAME) // FRAME_HOP + 1
    np.testing.assert_allclose(ours, oracle(signal)[: len(ours)], atol=1e-6, rtol=0)


def test_agrees_on_16_bit_audio_and_on_digital_silence() -> None:
    signal = np.round(sound(SAMPLE_RATE_HZ) * 32767) / 32768
    signal[4000:9000] = 0.0
    ours = log_mel(signal)
    assert np.isfinite(ours).all()
    np.testing.assert_allclose(ours, oracle(signal)[: len(ours)], atol=1e-6, rtol=0)


def through(signal: FloatArray) -> FloatArray:
    """What the model sees of whole hops of a signal."""
    frames, leveller = log_mel(signal), Leveller()
    whole = len(frames) // HOP_FRAMES * HOP_FRAMES
    return np.concatenate([leveller.push(hop) for hop in frames[:whole].reshape(-1, HOP_FRAMES, N_MELS)])


def test_digital_silence_is_flat_to_the_model() -> None:
    seen = through(np.zeros(SAMPLE_RATE_HZ))
    assert seen.dtype == np.float32
    assert np.abs(seen).max() < 1e-6


def test_distance_does_not_matter_to_the_model() -> None:
    signal = sound(SAMPLE_RATE_HZ) + 0.1 * np.random.default_rng(1).standard_normal(SAMPLE_RATE_HZ)
    np.testing.assert_allclose(through(signal), through(signal * 0.3), atol=1e-4)


def test_many_streams_at_once_are_levelled_like_each_alone() -> None:
    signals = [sound(2 * SAMPLE_RATE_HZ, seed) * scale for seed, scale in ((0, 1.0), (1, 1e-3))]
    together = levelled(np.stack([log_mel(signal) for signal in signals]))
    for one, signal in zip(together, signals, strict=True):
        np.testing.assert_allclose(one, through(signal), atol=1e-5)


def test_the_level_follows_within_seconds() -> None:
    signal = np.random.default_rng(2).standard_normal(12 * SAMPLE_RATE_HZ) * 0.3
    signal[: 6 * SAMPLE_RATE_HZ] *= 0.01
    seen = through(signal).mean(axis=1)
    assert abs(seen[550:590].mean()) < 0.05
    assert seen[610:620].mean() > 0.3
    assert abs(seen[1150:].mean()) < 0.05


@given(cuts=st.lists(st.integers(0, 3000), max_size=40), seed=st.integers(0, 3))
def test_blocks_of_any_size_give_the_same_frames(cuts: list[int], seed: int) -> None:
    signal = sound(sum(cuts), seed)
    stream = LogMelStream()
    frames = [stream.push(block) for block in np.split(signal, np.cumsum(cuts))]
    np.testing.assert_allclose(np.concatenate(frames), log_mel(signal), atol=1e-9, rtol=0)


def test_a_stream_cut_out_of_a_longer_one_gives_its_frames() -> None:
    signal = sound(8000)
    start = 10 * FRAME_HOP
    cut = LogMelStream(previous=float(signal[start - 1])).push(signal[start:])
    np.testing.assert_allclose(cut, log_mel(signal)[10:], atol=1e-9, rtol=0)


def test_other_features_have_another_version() -> None:
    """A model of the channel is refused where the version differs, so it must change with the figures below."""
    signal = np.random.default_rng(5).normal(0, 0.1, SAMPLE_RATE_HZ)
    signal += np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
    figures = levelled(log_mel(signal)[None])[0]
    sums = [round(float(each), 1) for each in (figures.sum(), np.abs(figures).sum(), figures[5, 3], figures[-1, -1])]
    assert (FEATURES, figures.shape, sums) == (1, (96, N_MELS), [-31.2, 3403.3, -0.9, 0.7])
