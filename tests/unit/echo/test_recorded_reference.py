"""Reference beside a recording: samples by place, taken as they are asked for."""

from collections.abc import Iterator

import numpy as np

from babycryd.audio.block import Mono
from babycryd.echo.recorded_reference import KEPT, RecordedReference


def test_samples_are_read_as_far_as_needed_and_are_silent_outside() -> None:
    taken = []

    def pieces() -> Iterator[Mono]:
        for number in range(6):
            taken.append(number)
            yield np.full(100_000, number + 1, np.float32)

    reference = RecordedReference(pieces())
    assert reference.played(-500, 400) is None
    played = reference.played(-2, 5)
    assert played is not None
    assert played.samples.tolist() == [0, 0, 1, 1, 1]
    assert taken == [0]
    late = reference.played(599_998, 4)
    assert late is not None
    assert late.samples.tolist() == [6, 6, 0, 0]
    assert reference.played(600_000, 10) is None
    back = reference.played(599_999 - KEPT + 200, 1)
    assert back is not None
    assert back.samples[0] > 0
    assert late.start == played.start
