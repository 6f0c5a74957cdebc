"""PURE. Made-up nights for the demo's page: cries, the sounds that were tried, and what babycryd did meanwhile.

No baby cried: every figure comes from a random generator. The crying grows less, and one sound calms best.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from babycryd.core.records import Doing, Episode, Lullaby, SoundTried, Stretch

_CALMS: Final = {  # by the name of a shipped sound: share of its tries that calm, and how often it is tried
    "heartbeat": 0.85,
    "rain": 0.4,
    "brahms-lullaby": 0.4,
    "twinkle-twinkle": 0.3,
    **dict.fromkeys(("sung-lullaby", "clair-de-la-lune", "brown-noise", "hummed-lullaby"), 0.2),
    **dict.fromkeys(("schlaf-kindlein-schlaf", "pink-noise", "shushing"), 0.2),
}
_STEP_S: Final = 75.0  # for which a sound is tried
_QUIET_S: Final = 10.0  # after the last sound of crying
_MOST_SOUNDS: Final = 3  # in one cry
_EVENING_H, _MORNING_H = -5.0, 7.5  # hours from midnight between which the baby cries
_GAPS: Final[tuple[tuple[int, float, float, Doing], ...]] = (  # nights ago, hours from midnight, length in hours
    (5, 1.5, 0.5, "snoozed"),
    (2, 3.0, 0.4, "deaf"),
)


@dataclass(frozen=True, slots=True)
class MadeUpNights:
    """Records of nights that never were, oldest first. Times as of `core/records.py`."""

    episodes: tuple[Episode, ...]
    stretches: tuple[Stretch, ...]


def made_up_nights(midnights_utc_s: Sequence[float], until_utc_s: float, seed: int = 0) -> MadeUpNights:
    """Return a night around each midnight, up to `until_utc_s`; the same seed gives the same nights.

    `midnights_utc_s`: oldest first.
    """
    rng = np.random.default_rng(seed)
    episodes: list[Episode] = []
    for number, midnight_utc_s in enumerate(midnights_utc_s):
        share = number / max(1, len(midnights_utc_s) - 1)
        episodes += _night(rng, midnight_utc_s, cries=1 + int(rng.poisson(3.5 - 2.0 * share)))
    over = [each for each in episodes if each.started_utc_s + each.duration_s < until_utc_s]
    return MadeUpNights(tuple(over), tuple(_stretches(midnights_utc_s, until_utc_s)))


def _night(rng: np.random.Generator, midnight_utc_s: float, cries: int) -> Iterator[Episode]:
    """Yield the cries of a night, at least half an hour apart."""
    begins_h = np.sort(rng.uniform(_EVENING_H, _MORNING_H, cries))
    begins_h += 0.5 * np.arange(cries) / max(1, cries)
    last_h = -np.inf
    for begin_h in begins_h:
        if begin_h - last_h >= 0.5:
            yield _cry(rng, midnight_utc_s + 3600 * float(begin_h))
            last_h = begin_h


def _cry(rng: np.random.Generator, started_utc_s: float) -> Episode:
    """Return a cry with up to three sounds, of which the last one calmed it, or none did."""
    utc = datetime.fromtimestamp(started_utc_s, UTC)
    id_ = f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03d}Z"
    sounds, lullabies, at_s, calm = list[SoundTried](), list[Lullaby](), 4.0, False
    shares = np.array(list(_CALMS.values()))
    chosen = rng.choice(list(_CALMS), _MOST_SOUNDS, replace=False, p=shares / shares.sum())
    for step, sound in enumerate(chosen, start=1):
        calm = bool(rng.random() < _CALMS[sound])
        took_s = float(rng.uniform(15, _STEP_S)) if calm else _STEP_S
        sounds.append(SoundTried(id_, step, str(sound), "calm" if calm else "same", took_s))
        begin_utc_s, end_s = started_utc_s + at_s, took_s + (120.0 if calm else 0.0)
        lullabies.append(Lullaby(str(sound), begin_utc_s, begin_utc_s + end_s, "calm" if calm else "next"))
        at_s += took_s
        if calm:
            break
    if not calm:
        at_s += float(rng.uniform(60, 900))  # until a parent came
    duration_s = at_s + _QUIET_S
    return replace(_heard(rng, id_, started_utc_s, duration_s), sounds=tuple(sounds), lullabies=tuple(lullabies))


def _heard(rng: np.random.Generator, id_: str, started_utc_s: float, duration_s: float) -> Episode:
    """Return a cry as the detector would have heard it."""
    n_scores = min(600, round(duration_s))
    scores = np.clip(rng.normal(0.9, 0.08, n_scores), 0, 1)
    return Episode(
        id=id_,
        started_utc_s=started_utc_s,
        duration_s=duration_s,
        confidence=float(rng.uniform(0.8, 0.99)),
        ended_utc_s=started_utc_s + duration_s,
        reason="calm",
        settled_in_s=duration_s - _QUIET_S,
        peak_level_dbfs=float(rng.uniform(-24, -14)),
        mean_level_dbfs=float(rng.uniform(-34, -26)),
        windows=round(duration_s / 0.24),
        positive_windows=round(0.8 * duration_s / 0.24),
        scores=tuple(round(float(each), 3) for each in scores),
        score_step_s=max(1.0, duration_s / max(1, n_scores)),
    )


def _stretches(midnights_utc_s: Sequence[float], until_utc_s: float) -> Iterator[Stretch]:
    """Yield listening from the first evening on, with a pause and a lost microphone in between."""
    at_s = midnights_utc_s[0] - 6 * 3600.0
    for ago, begin_h, length_h, doing in _GAPS:
        begin_s = midnights_utc_s[-ago] + 3600 * begin_h
        yield Stretch(at_s, begin_s, "listening")
        at_s = begin_s + 3600 * length_h
        yield Stretch(begin_s, at_s, doing, "made up: the microphone was unplugged" if doing == "deaf" else None)
    yield Stretch(at_s, until_utc_s, "listening")
