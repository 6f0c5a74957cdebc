"""The library through ctypes: a filter that learns, and the error where the library is missing."""

import ctypes

import numpy as np
import pytest

from babycryd.audio.format import HOP
from babycryd.echo.speexdsp import PACKAGE, SpeexError, SpeexFilter
from tests.support.echoes import level_db, noise, speex_filter


def test_the_filter_learns_the_way_and_forgets_it() -> None:
    filter_ = speex_filter()
    rng = np.random.default_rng(6)
    played = noise(rng, 60 * HOP, rms=0.1)
    heard = np.roll(played, 300) * np.float32(0.5)
    parts = [filter_.cancel(heard[at : at + HOP], played[at : at + HOP]) for at in range(0, len(played), HOP)]
    assert parts[-1].shape == (HOP,)
    assert level_db(parts[-1]) < level_db(heard) - 15
    filter_.reset()
    again = filter_.cancel(heard[:HOP], played[:HOP])
    assert level_db(again) > level_db(parts[-1]) + 6


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(SpeexError, match=f"sudo apt install {PACKAGE}"):
        SpeexFilter()
