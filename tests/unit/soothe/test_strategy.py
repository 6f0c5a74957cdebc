"""The registry of soothing strategies."""

from datetime import time
from pathlib import Path

import pytest

from babycryd.core.events import CryStarted
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.strategies import STRATEGIES
from babycryd.soothe.strategy import Play, SoothingStrategy, Track, strategy_of

TRACKS = (Track("a", Path("a.wav")), Track("b", Path("b.wav")))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_soothes_a_cry_and_stops_when_asked(name: str) -> None:
    strategy: SoothingStrategy = strategy_of(LullabySettings(), TRACKS, SoothingSettings(strategy=name))
    assert strategy.tracks == ("a", "b")
    (begun,) = strategy.update(CryStarted(1.0, 1.0, "id", 0.9), 1.0, time(12))
    assert isinstance(begun, Play)
    (ended,) = strategy.stop(2.0)
    assert not isinstance(ended, Play)


def test_a_strategy_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="hum"):
        strategy_of(LullabySettings(), TRACKS, SoothingSettings(strategy="hum"))
