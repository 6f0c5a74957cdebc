"""Features, streaming: from hops of samples to the levelled log mel energies that the classifier takes.

Each 10 ms frame is computed once, and only where the classifier scores it. The energies are the
logarithm of `python_speech_features.fbank(signal, 16000, winlen=0.025, winstep=0.01, nfilt=64,
nfft=512, lowfreq=125, highfreq=7500, preemph=0.97, winfunc=numpy.hanning)[0]`, which is its
`logfbank` with a window (the released `logfbank` does not pass one on), with two differences at the
edges: the last, incomplete frame is not padded and emitted but waits for its samples, and the
pre-emphasis of a stream cut anywhere uses the true preceding sample.
The training code imports this file, so that both compute the same features.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.format import FRAME_HOP, HOP_FRAMES, HOP_S, SAMPLE_RATE_HZ

FloatArray = NDArray[np.floating]
Frames = NDArray[np.float32]  # (HOP_FRAMES, N_MELS) from `Leveller`

# Version of what this file computes; a model of another version must not run. A test compares figures with it.
FEATURES = 1

FRAME = 400  # samples: 25 ms
N_FFT = 512
N_MELS = 64
LOW_HZ = 125.0
HIGH_HZ = 7500.0
PREEMPHASIS = 0.97  # python_speech_features' default

WINDOW_FRAMES = 96  # one window: 0.96 s, the shortest sound that gets a score
WINDOW_S = WINDOW_FRAMES * FRAME_HOP / SAMPLE_RATE_HZ
WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * FRAME_HOP + FRAME  # 15600: what 96 complete frames need

# Energy of a band below which 16-bit audio holds only rounding noise (one LSB² / 12 through the
# window and a filter is about 1e-10): energies below it differ by codec, not by sound.
QUIETEST_LOG = float(np.log(1e-10))
LEVEL_S = 1.0  # time constant of the level that is subtracted
LEVEL_SHARE = float(1 - np.exp(-HOP_S / LEVEL_S))
# The only bins that any filter weighs: 125 to 7500 Hz. Leaving out the others saves CPU.
_BINS = slice(int((N_FFT + 1) * LOW_HZ / SAMPLE_RATE_HZ), int((N_FFT + 1) * HIGH_HZ / SAMPLE_RATE_HZ) + 1)
# The classifier looks back 8 hops, its convolutions a little further: after a pause it starts with this many hops.
HISTORY_HOPS = 10
LEAST_HOPS = WINDOW_FRAMES // HOP_FRAMES  # hops after a gap before the first score: one window
_TINY = np.finfo(np.float64).eps  # psf's guard: digital silence becomes log(eps), not -inf


@cache
def _mel_weights() -> FloatArray:
    """Return triangular filters over |spectrum|^2, (bins of _BINS, N_MELS), as psf.get_filterbanks over N_FFT."""
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700.0) for hz in (LOW_HZ, HIGH_HZ))
    edges_hz = 700 * (10 ** (np.linspace(low_mel, high_mel, N_MELS + 2) / 2595.0) - 1)
    edges = np.floor((N_FFT + 1) * edges_hz / SAMPLE_RATE_HZ)
    weights = np.zeros((N_FFT // 2 + 1, N_MELS))
    bins = np.arange(N_FFT // 2 + 1)
    for mel, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        rising = (bins >= left) & (bins < centre)
        falling = (bins >= centre) & (bins < right)
        weights[rising, mel] = (bins[rising] - left) / (centre - left)
        weights[falling, mel] = (right - bins[falling]) / (right - centre)
    return np.ascontiguousarray(weights[_BINS]) / N_FFT


@cache
def _window() -> FloatArray:
    return np.hanning(FRAME)


def _frames_to_log_mel(frames: FloatArray) -> FloatArray:
    """Return the band energies, (n, N_MELS), natural log, of pre-emphasised frames (n, FRAME)."""
    spectrum = np.fft.rfft(frames * _window(), N_FFT)[:, _BINS]
    power = spectrum.real**2 + spectrum.imag**2
    energy = power @ _mel_weights()
    energy[energy == 0.0] = _TINY
    return np.log(energy, out=energy)


class LogMelStream:
    """Stream of log mel frames from consecutive samples; holds fewer than FRAME samples between calls."""

    def __init__(self, previous: float | None = None) -> None:
        """`previous`: the sample before the first one, where the stream was cut out of a longer one."""
        self._previous = previous
        self._tail: FloatArray = np.zeros(0)  # pre-emphasised samples from the next frame's start on

    def push(self, samples: FloatArray) -> FloatArray:
        """Return the newly complete frames (m, N_MELS), natural log, float64, of samples (n,) in [-1, 1]."""
        if len(samples) == 0:
            return np.zeros((0, N_MELS))
        signal: FloatArray = np.asarray(samples, dtype=np.float64)
        # The very first sample of a stream has no predecessor and passes unchanged, as in psf.
        before = 0.0 if self._previous is None else self._previous
        emphasised: FloatArray = signal - PREEMPHASIS * np.concatenate(((before,), signal[:-1]))
        self._previous = float(signal[-1])
        return self._complete(np.concatenate((self._tail, emphasised)))

    def _complete(self, emphasised: FloatArray) -> FloatArray:
        """Return the frames of the tail and the new samples; keep the samples from the next frame's start on."""
        n_frames = max(0, (len(emphasised) - FRAME) // FRAME_HOP + 1)
        self._tail = emphasised[n_frames * FRAME_HOP :].copy()
        if n_frames == 0:
            return np.zeros((0, N_MELS))
        # Overlapping rows of one buffer: ten times faster than sliding_window_view.
        step = emphasised.strides[0]
        frames = np.ndarray((n_frames, FRAME), emphasised.dtype, emphasised, strides=(FRAME_HOP * step, step))
        return _frames_to_log_mel(frames)


def log_mel(samples: FloatArray) -> FloatArray:
    """Return all complete frames (m, N_MELS), natural log, of samples (n,) at 16 kHz."""
    return LogMelStream().push(samples)


class Leveller:
    """Level normalisation: subtracts the level of the last second, so that distance does not matter; the model's input.

    The level is the mean over time and bands of each hop, smoothed with a time constant of LEVEL_S: a recursion of
    one number, so that no earlier frame is computed again. It begins with the first hop.
    """

    def __init__(self) -> None:
        self._level: float | None = None

    def push(self, frames: FloatArray) -> NDArray[np.float32]:
        """Return one hop's frames (HOP_FRAMES, N_MELS), natural log, levelled: float32, near [-2, 2].

        Energies below 16-bit rounding noise are raised to it, so that a codec's digital silence does not stand out.
        """
        lifted = np.maximum(frames, QUIETEST_LOG)
        mean = float(lifted.mean())
        self._level = mean if self._level is None else self._level + LEVEL_SHARE * (mean - self._level)
        lifted -= self._level
        lifted *= 0.25
        return lifted.astype(np.float32)


def levelled(frames: FloatArray) -> NDArray[np.float32]:
    """Return what a `Leveller` makes of the whole hops of many streams (streams, n, N_MELS), for training.

    The result has the shape (streams, n // HOP_FRAMES * HOP_FRAMES, N_MELS), float32.
    """
    streams, n_hops = len(frames), frames.shape[1] // HOP_FRAMES
    hops = frames[:, : n_hops * HOP_FRAMES].reshape(streams, n_hops, HOP_FRAMES, N_MELS)
    lifted = np.maximum(hops, QUIETEST_LOG).astype(np.float32)
    means = lifted.mean(axis=(2, 3), dtype=np.float64)
    level = means[:, 0]
    for index in range(n_hops):
        level = level + LEVEL_SHARE * (means[:, index] - level)
        lifted[:, index] -= level[:, None, None].astype(np.float32)
    lifted *= np.float32(0.25)
    return lifted.reshape(streams, n_hops * HOP_FRAMES, N_MELS)


class ContextStream:
    """Stream of a segment's frames with its context: after a pause it starts with the remembered hops."""

    def __init__(self) -> None:
        self._hops: list[Mono] = []  # the last HISTORY_HOPS - 1, oldest first
        self._stream: LogMelStream | None = None  # while running
        self._leveller = Leveller()

    @property
    def running(self) -> bool:
        """Whether the next hop's frames follow those of the last one."""
        return self._stream is not None

    @property
    def enough(self) -> bool:
        """Whether the sound since the last gap makes a window, so that the last hop's score counts."""
        return len(self._hops) >= LEAST_HOPS

    @property
    def recent(self) -> list[Mono]:
        """The remembered hops, oldest first."""
        return list(self._hops)

    def restart(self) -> None:
        """Start again as after a pause, because the classifier scored other sound in between."""
        self._stream = None

    def skip(self, hop: Mono) -> None:
        """Remember a hop that is not scored; compute nothing."""
        self._remember(hop)
        self._stream = None

    def push(self, hop: Mono) -> list[Frames]:
        """Return the frames that the classifier takes next, with this hop (HOP,) last.

        After a pause those of the remembered hops come first.
        """
        hops = [hop]
        if self._stream is None:
            hops = [*self._hops, hop]
            self._stream, self._leveller = LogMelStream(), Leveller()
        self._remember(hop)
        return [self._leveller.push(_whole_hop(self._stream.push(one))) for one in hops]

    def short_clip(self, rest: Mono) -> list[Frames]:
        """Return the frames of a stream that ended before its first window: its sound, repeated to fill one.

        `rest` are the samples that did not fill a hop. Empty where a window has been possible
        already, or where there is no sound at all.
        """
        sound = np.concatenate([*self._hops, rest])
        if self.enough or len(sound) == 0:
            return []
        filled = log_mel(np.resize(sound, WINDOW_SAMPLES)).reshape(LEAST_HOPS, HOP_FRAMES, N_MELS)
        leveller = Leveller()
        return [leveller.push(hop) for hop in filled]

    def clear(self) -> None:
        """Forget all hops: the next one does not follow them."""
        self._hops.clear()
        self._stream = None

    def _remember(self, hop: Mono) -> None:
        self._hops.append(hop)
        del self._hops[: -(HISTORY_HOPS - 1)]


def _whole_hop(frames: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a hop of HOP_FRAMES frames, its first frame repeated where two are missing.

    A stream's first hop completes two frames fewer, because they overlap its end.
    """
    missing = HOP_FRAMES - len(frames)
    return np.concatenate((np.repeat(frames[:1], missing, axis=0), frames)) if missing else frames
