"""The encoder: whole frames at once, which a listener may join anywhere."""

import io

import numpy as np
import soundfile

from babycryd.audio.block import Mono
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.listen_in.encoder import Mp3Encoder, _frame_lengths

SECONDS = 4
TONE = (0.3 * np.sin(2 * np.pi * 500 / SAMPLE_RATE_HZ * np.arange(SECONDS * SAMPLE_RATE_HZ))).astype(np.float32)


def encoded(sound: Mono) -> list[bytes]:
    encoder = Mp3Encoder()
    pieces = [encoder.encode(sound[at : at + HOP]) for at in range(0, len(sound), HOP)]
    encoder.close()
    return pieces


def decoded(pieces: list[bytes]) -> Mono:
    sound, rate_hz = soundfile.read(io.BytesIO(b"".join(pieces)), dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    return np.asarray(sound, np.float32)


def loudness(sound: Mono) -> float:
    """RMS of the middle, without the edges of the codec."""
    middle = sound[len(sound) // 4 : -len(sound) // 4]
    return float(np.sqrt(np.mean(middle**2)))


def test_the_sound_is_there_after_every_hop() -> None:
    pieces = encoded(TONE)
    assert all(pieces[2:])
    length_s = 576 * len(list(_frame_lengths(bytearray(b"".join(pieces))))) / SAMPLE_RATE_HZ
    assert SECONDS - 0.6 < length_s <= SECONDS
    assert abs(loudness(decoded(pieces)) - 0.3 / np.sqrt(2)) < 0.01


def test_a_listener_may_join_later() -> None:
    sound = decoded(encoded(TONE)[8:])
    assert abs(loudness(sound) - 0.3 / np.sqrt(2)) < 0.01


def test_silence_takes_little() -> None:
    silent = encoded(np.zeros(SECONDS * SAMPLE_RATE_HZ, np.float32))
    assert sum(map(len, silent[4:])) / (SECONDS - 4 * HOP / SAMPLE_RATE_HZ) < 1500  # bytes a second
    assert not decoded(silent).any()


def test_what_is_beyond_full_scale_is_clipped_and_not_wrapped() -> None:
    sound = decoded(encoded(np.full(SAMPLE_RATE_HZ, 4.0, np.float32) * np.sign(TONE[:SAMPLE_RATE_HZ])))
    assert loudness(sound) > 0.8
