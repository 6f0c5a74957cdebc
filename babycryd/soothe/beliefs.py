"""PURE. What is believed of each sound: a Beta distribution over the share of cries that it calms.

Beta-Bernoulli with a pooled prior: a sound without tries is believed to be as good as all sounds together. A try loses
half its weight in HALF_LIFE_S, so that a baby may grow. Tries of the other time of day count OTHER_TIME.
Thompson sampling: Russo and others, A Tutorial on Thompson Sampling (2018), arXiv:1707.02038.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from babycryd.core.soothing_events import SoothingLearnt, SoundFigures
from babycryd.soothe.sound_memory import Try

HALF_LIFE_S: Final = 14 * 86_400.0
OTHER_TIME: Final = 0.5  # weight of a try by day for a cry at night, and the other way round
PRIOR_TRIES: Final = 2.0  # weight of all sounds together in the belief of one
AVERAGED: Final = 4  # draws: a bout tries three sounds, so its second and third explore without a wide spread
SURE: Final = 0.8  # probability of being the best one from which a sound is named as such
_DRAWS: Final = 2000
_MOST_SOUNDS: Final = 50  # of which figures are computed: the tried ones first


@dataclass(frozen=True, slots=True)
class Belief:
    """Beta distribution of the share of cries, 0..1, that a sound calms."""

    alpha: float  # above 0
    beta: float  # above 0


def beliefs(
    tries: Iterable[Try], sounds: Sequence[str], utc_s: float, *, night: bool | None = None
) -> Mapping[str, Belief]:
    """Return the belief of each sound at a time. `night`: of this time of day; None: of day and night alike."""
    calmed, tried = dict.fromkeys(sounds, 0.0), dict.fromkeys(sounds, 0.0)
    for each in tries:
        if not each.counts or each.sound not in tried or each.sound is None:
            continue
        weight = 0.5 ** (max(0.0, utc_s - each.utc_s) / HALF_LIFE_S)
        if night is not None and each.night != night:
            weight *= OTHER_TIME
        tried[each.sound] += weight
        calmed[each.sound] += weight * (each.outcome == "calm")
    pooled = (1 + sum(calmed.values())) / (2 + sum(tried.values()))
    return {
        sound: Belief(PRIOR_TRIES * pooled + calmed[sound], PRIOR_TRIES * (1 - pooled) + tried[sound] - calmed[sound])
        for sound in sounds
    }


def drawn_order(believed: Mapping[str, Belief], rng: "np.random.Generator") -> tuple[str, ...]:
    """Return the sounds by the mean of AVERAGED draws from each belief, the highest first."""
    draws = {sound: float(rng.beta(each.alpha, each.beta, size=AVERAGED).mean()) for sound, each in believed.items()}
    return tuple(sorted(draws, key=lambda sound: draws[sound], reverse=True))


def learnt(tries: Sequence[Try], sounds: Sequence[str], at_s: float, utc_s: float) -> SoothingLearnt:
    """Return the figures of the sounds at the stream time `at_s`. The same tries give the same figures."""
    counted = [each for each in tries if each.counts]
    known = dict.fromkeys(each.sound for each in reversed(counted) if each.sound in sounds)
    names = [*(each for each in known if each is not None), *(each for each in sounds if each not in known)]
    shares = _shares_best(beliefs(tries, names[:_MOST_SOUNDS], utc_s))
    figures = sorted((_figures(name, counted, share) for name, share in shares.items()), key=_promise)
    best = figures[0].sound if figures and figures[0].p_best > SURE and figures[0].tries else None
    silences = [each.outcome == "calm" for each in counted if each.sound is None]
    return SoothingLearnt(at_s, best, tuple(figures), len(silences), sum(silences))


def _shares_best(believed: Mapping[str, Belief]) -> Mapping[str, float]:
    """Return the probability, 0..1, that each sound is the best one."""
    if len(set(believed.values())) <= 1:  # none is tried yet; numpy.random is loaded later
        return dict.fromkeys(believed, 1 / max(1, len(believed)))
    rng = np.random.default_rng(0)
    draws = np.array([rng.beta(each.alpha, each.beta, _DRAWS) for each in believed.values()])
    best = np.bincount(draws.argmax(axis=0), minlength=len(believed)) / _DRAWS
    return {sound: float(share) for sound, share in zip(believed, best, strict=True)}


def _figures(sound: str, counted: Sequence[Try], p_best: float) -> SoundFigures:
    own = [each for each in counted if each.sound == sound]
    took_s = [each.took_s for each in own if each.outcome == "calm"]
    return SoundFigures(sound, len(own), len(took_s), float(np.median(took_s)) if took_s else None, round(p_best, 3))


def _promise(figures: SoundFigures) -> tuple[float, str]:
    return -figures.p_best, figures.sound
