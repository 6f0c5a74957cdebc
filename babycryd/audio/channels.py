"""PURE. Choice among the channels of a stream: their mean, or one of them where they cancel each other in it."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.measures import CRY_HZ

Raw = NDArray[np.int16] | NDArray[np.float32]  # (frames, channels), full scale 32768 or 1.0

EVERY_S: Final = 0.25  # from one look to the next, at the start and after a look that speaks against the choice
SELDOM_S: Final = 1.0  # the same otherwise: a look costs more than the conversion of a hop
SURE_LOOKS: Final = 8  # looks in a row for the choice after which they become seldom
LOOK_S: Final = 0.1  # length of sound in a look
LOOKS: Final = 2  # in a row must agree: a single tone can cancel in a mean for a moment
CANCELLED: Final = 1 / 4  # share of the power that would be left of channels that have nothing in common
DEAD: Final = 1 / 100  # share of the loudest channel's power below which the chosen one is given up
FAINTEST: Final = 1e-12  # mean square of the loudest channel: -120 dBFS, below which there is nothing to compare


class ChannelChoice:
    """Choice between the mean of all channels and one channel, made anew every quarter of a second, or every second.

    Two channels that hear the same, one the other way round, as balanced inputs and some digital microphones deliver
    it, leave nothing of a cry in their mean. The loudest channel is taken then, and kept until it falls silent beside
    another one. Levels are compared where a cry has its energy, so that hum and a constant offset do not count.
    """

    def __init__(self, rate_hz: int) -> None:
        self.channel: int | None = None  # counted from 1; None: the mean of all
        self._often, self._seldom = round(EVERY_S * rate_hz), round(SELDOM_S * rate_hz)
        self._every = self._often  # frames
        self._for = 0  # looks in a row that speak for the present choice
        self._look = round(LOOK_S * rate_hz)
        self._taper = np.hanning(self._look).astype(np.float32)
        hz = np.fft.rfftfreq(self._look, 1 / rate_hz)
        self._band = slice(*np.searchsorted(hz, CRY_HZ))
        self._seen = 0  # frames since the last look
        self._pending: list[Raw] = []  # the newest of them
        self._against = 0  # looks in a row that speak against the present choice

    def parts(self, raw: Raw) -> Iterator[tuple[Raw, int | None]]:
        """Yield raw frames (frames, channels) in order, in parts, each with the channel to take, or None for the mean.

        The choices do not depend on how the stream is cut.
        """
        while len(raw):
            left = self._every - self._seen
            part, raw = raw[:left], raw[left:]
            yield part, self.channel
            self._seen += len(part)
            if self._seen > self._every - self._look:
                self._pending.append(part[-self._look :].copy())
            if self._seen == self._every:
                self._judge(np.concatenate(self._pending)[-self._look :])
                self._seen, self._pending = 0, []

    def _judge(self, raw: NDArray[Any]) -> None:
        powers = self._powers(raw)
        loudest = int(np.argmax(powers[:-1]))
        if powers[loudest] < FAINTEST:
            return
        lost = self._is_lost(powers)
        self._against, self._for = (self._against + 1, 0) if lost else (0, self._for + 1)
        self._every = self._seldom if self._for >= SURE_LOOKS else self._often
        if self._against >= LOOKS:
            self.channel, self._against = loudest + 1, 0

    def _is_lost(self, powers: NDArray[np.float64]) -> bool:
        """Return whether the sound of the channels is hardly in the present choice."""
        channels = powers[:-1]
        if self.channel is not None:
            return bool(channels[self.channel - 1] < DEAD * channels.max())
        return bool(powers[-1] < CANCELLED * channels.sum() / len(channels) ** 2)

    def _powers(self, raw: NDArray[Any]) -> NDArray[np.float64]:
        """Return the mean squares in the band of a cry of every channel, and of the mean at last, (channels + 1,)."""
        full_scale = np.float32(32768 if raw.dtype == np.int16 else 1)
        samples = np.clip(raw.T.astype(np.float32, order="C") / full_scale, -1, 1)  # (channels, frames)
        centred = samples - samples.mean(axis=1, keepdims=True)
        # The mean of the spectra is the spectrum of the mean.
        spectra = np.fft.rfft(centred * self._taper)[:, self._band]
        spectra = np.vstack([spectra, spectra.mean(axis=0)])
        scale = 2 / (self._look * float(np.dot(self._taper, self._taper)))
        return np.asarray(scale * (spectra.real**2 + spectra.imag**2).sum(axis=1), np.float64)
