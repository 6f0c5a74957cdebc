"""Metrics of alarms: the vote, recall of cries, false alarms, latency, bootstrap intervals. Pure numpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_S
from babycryd.detect.features import WINDOW_S

Scores = NDArray[np.floating]  # (windows,) 0..1, HOP_S apart
Interval = tuple[float, float]

VOTES, VOTERS = 3, 5  # an alarm is 3 of 5 windows at or over the threshold
LINGER_S = 2.0  # an alarm up to this long after a cry still belongs to it
REFRACTORY_S = 10.0  # alarms closer than this are one


def vote_scores(scores: Scores, votes: int = VOTES, voters: int = VOTERS) -> Scores:
    """Voted scores: for each window, the highest threshold at which it and the windows before it raise an alarm.

    It is the `votes`-th largest of the last `voters` scores; before the first window scores are 0.
    """
    padded = np.concatenate([np.zeros(voters - 1), scores])
    last = np.lib.stride_tricks.sliding_window_view(padded, voters)
    return np.asarray(np.sort(last, axis=1)[:, voters - votes])


def window_ends_s(count: int) -> NDArray[np.float64]:
    """Ends of `count` grid windows, in seconds; a score is known at the end of its window."""
    return np.arange(count, dtype=np.float64) * HOP_S + WINDOW_S


def alarms_s(fires: NDArray[np.bool_], ends_s: NDArray[np.float64]) -> list[float]:
    """Onsets of alarms: firing windows without another one in the REFRACTORY_S before them."""
    begins, last_s = [], -np.inf
    for at_s in ends_s[fires]:
        if at_s - last_s > REFRACTORY_S:
            begins.append(float(at_s))
        last_s = at_s
    return begins


@dataclass(frozen=True, slots=True)
class SceneOutcome:
    """Latencies and false alarms of one scene at one threshold."""

    latencies_s: tuple[float | None, ...]  # of each cry, from its onset; None: missed
    false_alarms_s: tuple[float, ...]
    duration_s: float


def judge_scene(voted: Scores, cries: Sequence[Interval], duration_s: float, threshold: float) -> SceneOutcome:
    """Latencies and false alarms of voted scores (one a grid window) against onsets and offsets of the cries."""
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
    """95 % bootstrap interval of `figure` over groups (babies, recordings, scenes); NaN without groups.

    Single windows are not resampled, because those of one group are not independent.
    """
    if not groups:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    draws = [figure([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(rounds)]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


def share_interval(count: int, of: int) -> Interval:
    """95 % interval of a share, 0..1, by Wilson's score: sensible also where nothing or everything counts."""
    square = 1.96**2
    middle, reach = count + square / 2, 1.96 * np.sqrt(count * (of - count) / of + square / 4)
    return max(0.0, float((middle - reach) / (of + square))), min(1.0, float((middle + reach) / (of + square)))
