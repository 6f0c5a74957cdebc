"""Simulated babies for `benchmarks.soothing`: what calms each of them, when it cries and when a parent steps in.

No figure of a real baby stands behind these numbers but one: about a quarter of young babies settle alone within some
minutes. Everything that chance decides about a bout is drawn before it, so every strategy meets the same bouts.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SOUNDS: Final = ("brahms", "twinkle", "pink-noise", "heartbeat", "rain", "shushing", "humming", "brown-noise")
DAY_S: Final = 86_400.0
BEGIN_UTC_S: Final = 1_790_000_000.0
_HOURS: Final = (22, 3, 14)  # local time of the cries of one day: two at night, one by day


@dataclass(frozen=True, slots=True)
class World:
    """How these babies are."""

    tastes: float = 1.1  # standard deviation between sounds, as a logit; 0: every sound is as good
    time_of_day: float = 0.4  # the same between night and day
    growth: float = 0.08  # change of a taste in a day, the same unit
    base: float = -0.7  # logit of the chance that a sound works in a bout
    delay_s: float = 35.0  # median, until a sound that works has calmed the baby
    needy: float = 0.2  # share of the bouts in which no sound works: hunger, a wet nappy
    alone: float = 0.25  # share of the bouts in which the baby settles alone within minutes
    again: float = 0.1  # share of the calms after which it cries again within two minutes
    upset: float = 0.1  # mean chance that a sound that does not work makes it cry louder
    parent: float = 0.25  # share of the bouts in which a parent comes within five minutes anyway


@dataclass(frozen=True, slots=True)
class Bout:
    """One bout of crying, with all that chance decides about it."""

    utc_s: float
    hour: int  # local time
    works: NDArray[np.bool_]  # (sounds,), for the first crying of the bout, and for the second one
    works_again: NDArray[np.bool_]
    delay_s: NDArray[np.float64]  # (sounds,)
    upsets: NDArray[np.bool_]  # (sounds,)
    alone_s: float  # when it settles alone; inf: never
    parent_s: float  # when a parent comes anyway
    again_s: float  # pause after which it cries again; inf: it does not


class Baby:
    """A baby with tastes of its own; `bouts` yields the bouts of its nights."""

    def __init__(self, world: World, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n = len(SOUNDS)
        self._world, self._rng = world, rng
        self._taste = world.base + world.tastes * rng.normal(size=n)
        self._night = world.time_of_day * rng.normal(size=n)
        self._upset = rng.beta(1, 1 / world.upset - 1, size=n)
        self.days: list[NDArray[np.float64]] = []  # chance of each sound (night and day, sounds), by day

    def bouts(self, nights: int) -> Iterator[Bout]:
        """Yield the bouts of so many days, in order."""
        for day in range(nights):
            self._taste = self._taste + self._world.growth * self._rng.normal(size=len(SOUNDS))
            self.days.append(np.stack([_chance(self._taste + self._night), _chance(self._taste - self._night)]))
            for hour in _HOURS:
                after = hour if hour >= 12 else hour + 24
                yield self._bout(
                    BEGIN_UTC_S + day * DAY_S + after * 3600.0, hour, self.days[-1][0 if hour != 14 else 1]
                )

    def order(self, *, night: bool) -> tuple[str, ...]:
        """Return the sounds by their chance over all days, the best first: what only hindsight knows."""
        means = np.mean([each[0 if night else 1] for each in self.days], axis=0)
        return tuple(SOUNDS[number] for number in np.argsort(-means))

    def _bout(self, utc_s: float, hour: int, chance: NDArray[np.float64]) -> Bout:
        rng, world, n = self._rng, self._world, len(SOUNDS)
        soothable = rng.random() >= world.needy
        first, second = rng.random(n) < chance, rng.random(n) < chance
        return Bout(
            utc_s,
            hour,
            works=first & soothable,
            works_again=second & soothable,
            delay_s=world.delay_s * np.exp(0.6 * rng.normal(size=n)),
            upsets=rng.random(n) < self._upset,
            alone_s=rng.exponential(100.0) if rng.random() < world.alone else math.inf,
            parent_s=rng.uniform(60.0, 300.0) if rng.random() < world.parent else math.inf,
            again_s=rng.uniform(15.0, 110.0) if rng.random() < world.again else math.inf,
        )


def _chance(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-logit))
