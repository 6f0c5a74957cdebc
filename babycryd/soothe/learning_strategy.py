"""PURE. Learning strategy: the ladder, with the sounds that have calmed this baby first.

Thompson sampling with half the spread: for each bout the mean of four draws is taken from the belief about each sound,
and the sounds are tried in that order. A sound that is little known is drawn high from time to time, so it is tried
until it is known. Loudness is never explored.
"""

from functools import cached_property

import numpy as np

from babycryd.soothe.beliefs import beliefs, drawn_order
from babycryd.soothe.ladder_strategy import LadderStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.strategy import Track


class LearningStrategy(LadderStrategy):
    """`SoothingStrategy` that learns from its memory which sound to try first."""

    name = "learning"

    def __init__(
        self,
        settings: LullabySettings,
        tracks: tuple[Track, ...],
        soothing: SoothingSettings | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(settings, tracks, soothing)
        self._seed = seed

    @cached_property
    def _rng(self) -> "np.random.Generator":
        """Generator of the draws, made for the first bout: its module takes 3 MB."""
        return np.random.default_rng(self._seed)

    def order(self, utc_s: float, *, night: bool) -> tuple[str, ...]:
        """Return the sounds in the order that is drawn from the beliefs."""
        return drawn_order(beliefs(self.memory.tries, self.tracks, utc_s, night=night), self._rng)
