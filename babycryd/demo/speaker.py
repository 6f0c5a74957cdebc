"""PURE. Speaker of the demo: what the microphone of the synthetic nursery hears of the sound that soothes."""

import numpy as np
from numpy.typing import NDArray

from babycryd.core.echo_reference import EchoReference
from babycryd.demo.sound import SAMPLE_RATE_HZ, samples_in

DELAY_S = 0.12  # a sound card's buffers, and two metres of air
DECAY_S = 0.25  # until the room's echo has fallen by 60 dB
GAIN = 0.7  # with the default volume the sound is nearly as loud as the crying


class HeardSpeaker:
    """Way from the speaker to the microphone: a delay, and a room."""

    def __init__(self, reference: EchoReference, seed: int = 0) -> None:
        self._reference = reference
        self._room = _room(np.random.default_rng(seed))

    def heard(self, first: int, n: int) -> NDArray[np.float32]:
        """Return what is heard from sample `first` of stream time on, (n,); zeros while nothing plays."""
        before = len(self._room) - 1
        played = self._reference.played(first - samples_in(DELAY_S) - before, n + before)
        if played is None:
            return np.zeros(n, np.float32)
        size = 1 << (n + 2 * before).bit_length()
        spectrum = np.fft.rfft(played.samples, size) * np.fft.rfft(self._room, size)
        return np.fft.irfft(spectrum, size)[before : before + n].astype(np.float32)


def _room(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return an impulse response (DECAY_S,): the direct sound, then a tail that falls by 60 dB."""
    length = round(DECAY_S * SAMPLE_RATE_HZ)
    response = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length) * 0.1
    response[0] = 1.0
    return response * GAIN
