"""Picture of a clip: drawing it holds the interpreter's lock, so the daemon does it in a process of its own."""

import itertools
from collections.abc import Sequence

import numpy as np

from babycryd.clips.spectrogram import column, columns, drawing, levels, png
from babycryd.clips.writer import lead_in_s
from babycryd.core.records import RecordsError


def picture(path: str, scores: Sequence[float], step_s: float) -> bytes:
    """Return the spectrogram of a clip with the score curve over it, `<svg>`. Raises RecordsError.

    One column is read after the other, so that memory stays bounded.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as sound:
            size = sound.frames / columns(sound.frames)
            edges = [round(number * size) for number in range(columns(sound.frames) + 1)]
            drawn = [column(sound.read(end - at, dtype="float32")) for at, end in itertools.pairwise(edges)]
            length_s, lead_in = sound.frames / sound.samplerate, lead_in_s(sound.comment)
    except soundfile.LibsndfileError as broken:
        raise RecordsError(f"{path} cannot be read: {broken}") from broken
    return drawing(png(levels(np.stack(drawn))), length_s, lead_in, scores, step_s).encode()
