"""PURE. A heartbeat as heard from inside."""

import numpy as np

from scripts.lullaby_sounds.ring import RATE_HZ, Random, Signal, add_round, seconds_of, shaped_noise, with_edges


def thump(pitch_hz: float, decay_s: float) -> Signal:
    """Return a heart valve closing, heard through the body: a falling tone and its octave, 0.4 s.

    The octave is what a small loudspeaker can still give.
    """
    time_s = seconds_of(int(0.4 * RATE_HZ))
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.5 * np.exp(-time_s / 0.03))) / RATE_HZ
    return with_edges((np.sin(phase) + 0.5 * np.sin(2 * phase)) * np.exp(-time_s / decay_s), 0.018, 0.05)


def heartbeat(rng: Random) -> Signal:
    """Return lub-dub at 60 a minute over the rush of blood; 32 beats."""

    def blood(frequency_hz: Signal) -> Signal:
        return 1 / (1 + (40.0 / frequency_hz) ** 2) / (1 + (frequency_hz / 220.0) ** 2)

    beats = 32
    rush = shaped_noise(float(beats), blood, rng)
    time_s = seconds_of(len(rush))
    ring = rush / np.std(rush) * (0.10 + 0.08 * np.sin(2 * np.pi * (time_s - 0.05)))
    lub, dub = thump(62.0, 0.065), thump(84.0, 0.045)
    for beat in range(beats):
        strength = rng.uniform(0.92, 1.0)
        add_round(ring, int((beat + 0.10) * RATE_HZ), strength * lub)
        add_round(ring, int((beat + 0.42) * RATE_HZ), 0.6 * strength * dub)
    return np.asarray(ring)
