"""Track decoder: reads pieces of a sound file as mono 16 kHz; runs in a worker process, as any decoder may crash."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.system.isolated_process import give_way, limit_memory
from babycryd.system.worker_process import Functions

PIECE_S: Final = 30  # s: 960 kB of 16-bit samples
PIECE: Final = PIECE_S * SAMPLE_RATE_HZ  # samples
_BORDER_S: Final = 0.2  # decoded before and after a piece, so that the resampler leaves no edge
_MOST_BYTES: Final = 256 << 20  # of memory that the process may write to
_OOM_SCORE: Final = 1000  # a computer without memory can do without it
_NICE: Final = 5


def functions() -> Functions:
    """Return what a worker process decodes tracks with."""
    limit_memory(_MOST_BYTES)
    give_way(_OOM_SCORE, _NICE)
    return {"length": length, "piece": piece}


def length(file: str) -> int:
    """Return the length of a file in samples of 16 kHz. Raises RuntimeError and OSError where it cannot be read."""
    with Path(file).open("rb") as opened, _sound(opened) as sound:
        return round(int(sound.frames) * SAMPLE_RATE_HZ / int(sound.samplerate))


def piece(file: str, number: int) -> bytes:
    """Return piece `number`, counted from 0: PIECE samples of 16 bits, fewer at the end. Raises as `length`."""
    import soxr

    with Path(file).open("rb") as opened, _sound(opened) as sound:
        rate_hz = sound.samplerate
        border = round(_BORDER_S * rate_hz) if number else 0
        start = number * PIECE_S * rate_hz - border
        if start >= sound.frames:
            return b""
        sound.seek(start)
        frames = sound.read(border + round((PIECE_S + _BORDER_S) * rate_hz), dtype="float32", always_2d=True)
    mono = soxr.resample(frames.mean(axis=1), rate_hz, SAMPLE_RATE_HZ)
    skipped = round(border * SAMPLE_RATE_HZ / rate_hz)
    samples = np.clip(mono[skipped : skipped + PIECE], -1, 1)
    return np.asarray(np.rint(samples * 32767), "<i2").tobytes()


def _sound(opened: Any) -> Any:
    import soundfile

    return soundfile.SoundFile(opened)
