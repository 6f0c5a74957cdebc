"""Figures: areas under curves, the vote, event recall, false alarms, latency. Pure numpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import HOP_S, WINDOW_S

Scores = NDArray[np.floating]  # (windows,) 0..1, HOP_S apart
Interval = tuple[float, float]

VOTES, VOTERS = 3, 5  # an alarm is 3 of 5 windows at or over the threshold
LINGER_S = 2.0  # an alarm this soon after a cry still belongs to it
REFRACTORY_S = 10.0  # alarms closer than this are one


def vote_scores(scores: Scores, votes: int = VOTES, voters: int = VOTERS) -> Scores:
    """For each window, the highest threshold at which it and those before would vote for a cry.

    The `votes`-th largest of the last `voters` scores; with fewer heard so far, missing ones are 0.
    """
    padded = np.concatenate([np.zeros(voters - 1), scores])
    last = np.lib.stride_tricks.sliding_window_view(padded, voters)
    return np.asarray(np.sort(last, axis=1)[:, voters - votes])


def window_ends_s(count: int) -> NDArray[np.float64]:
    """When the score of each grid window can be known: the end of its last sample."""
    return np.arange(count, dtype=np.float64) * HOP_S + WINDOW_S


def alarms_s(fires: NDArray[np.bool_], ends_s: NDArray[np.float64]) -> list[float]:
    """When alarms begin: each firing window that has none in the REFRACTORY_S before it."""
    begins, last_s = [], -np.inf
    for at_s in ends_s[fires]:
        if at_s - last_s > REFRACTORY_S:
            begins.append(float(at_s))
        last_s = at_s
    return begins


@dataclass(frozen=True, slots=True)
class SceneOutcome:
    """What one scene's scores amount to at one threshold."""

    latencies_s: tuple[float | None, ...]  # of each cry, from its onset; None where it was missed
    false_alarms_s: tuple[float, ...]
    duration_s: float


def judge_scene(voted: Scores, cries: Sequence[Interval], duration_s: float, threshold: float) -> SceneOutcome:
    """Compare voted scores (one a grid window) with the cries' onsets and offsets."""
    ends_s, fires = window_ends_s(len(voted)), voted >= threshold
    hits = [np.flatnonzero(fires & (ends_s >= on_s) & (ends_s <= off_s + LINGER_S)) for on_s, off_s in cries]
    latencies = tuple(
        float(ends_s[hit[0]] - on_s) if len(hit) else None for hit, (on_s, _) in zip(hits, cries, strict=True)
    )
    near = np.zeros(len(voted), bool)
    for on_s, off_s in cries:
        near |= (ends_s >= on_s) & (ends_s <= off_s + LINGER_S)
    return SceneOutcome(latencies, tuple(alarms_s(fires & ~near, ends_s)), duration_s)


def bootstrap(
    groups: Sequence[Any], figure: Callable[[list[Any]], float], rounds: int = 400, seed: int = 5
) -> Interval:
    """95 % interval of `figure` over resampled groups (babies, recordings, scenes), never over single windows.

    NaN for no groups.
    """
    if not groups:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    draws = [figure([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(rounds)]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)
