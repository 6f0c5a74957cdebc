"""False alarms that a home of unknown sounds may expect: rates by family, and how they vary between families. Pure.

A rate averaged over the scenes promises too few false alarms to a home whose cat, toy or laughing sibling the scenes
do not hold. Here a home has sounds of one family, drawn at random from `training.data.distractor_families`. The chance
that a sound of it raises an alarm has a gamma distribution with the family's counts (Jeffreys' prior), so that a family
of few sounds is not taken for harmless. The counts are taken at a lax threshold. They fall exponentially towards
stricter ones, where too few remain to be counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.data.distractor_families import family_of
from training.evaluation.operating_curve import strict_to_lax
from training.evaluation.report import blamed_kind
from training.evaluation.scoring import VotedScene
from training.synthesis.scenes import EVERY_DISTRACTOR_S

LIVELY_PER_HOUR: Final = 3600 / EVERY_DISTRACTOR_S  # sounds in a lively home, as in the scenes
CALM_PER_HOUR: Final = 6.0  # sounds in a calm night: one every ten minutes
PROMISED_PER_HOUR: Final = 1.0  # false alarms in a lively home that PROMISED_SHARE of the homes stay below
PROMISED_SHARE: Final = 0.95
INTERVAL: Final = (0.05, 0.95)  # of the homes
COUNTED_PER_HOUR: Final = 4.0  # false alarms at the threshold at which families are counted
LINE_PER_HOUR: Final = (0.25, 8.0)  # false alarms between which the fall is fitted
DRAWS: Final = 4000
SOON_S: Final = 4.0  # the goal for the 95 % of the latency
SEED: Final = 43


@dataclass(frozen=True, slots=True)
class ExpectedRate:
    """False alarms an hour over homes of one unknown family each."""

    mean: float
    low: float  # of INTERVAL
    high: float


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes drawn at random: their false alarms at one threshold, and the fall towards stricter ones."""

    at: float  # threshold, a logit
    fall: float  # of the logarithm of the rate for each logit; below 0
    chances: NDArray[np.float64]  # (DRAWS,) false alarms for each sound of a home's family, at `at`
    background: NDArray[np.float64]  # (DRAWS,) false alarms an hour without any sound, at `at`

    def rate(self, threshold: float, sounds_per_hour: float) -> ExpectedRate:
        """Expected rate where so many sounds an hour are heard."""
        rates = (self.chances * sounds_per_hour + self.background) * np.exp(self.fall * (threshold - self.at))
        low, high = np.quantile(rates, INTERVAL)
        return ExpectedRate(float(rates.mean()), float(low), float(high))

    def promise(self, per_hour: float = PROMISED_PER_HOUR, share: float = PROMISED_SHARE) -> float:
        """Threshold, a logit, at which this share of the lively homes has at most `per_hour` false alarms."""
        rates = self.chances * LIVELY_PER_HOUR + self.background
        return float(self.at + np.log(per_hour / np.quantile(rates, share)) / self.fall)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A family at the threshold that was chosen without it."""

    family: str
    sounds: int
    threshold: float  # a logit
    per_hour: float  # false alarms expected in a lively home whose sounds are all of this family


@dataclass(frozen=True, slots=True)
class FamilyAlarms:
    """False alarms and cries found at falling thresholds."""

    thresholds: NDArray[np.float64]  # (t,) logits, strictest first
    families: tuple[str, ...]
    sounds: NDArray[np.int64]  # (f,) of each family
    alarms: NDArray[np.int64]  # (t, f)
    background: NDArray[np.int64]  # (t,) near no distractor
    recall: NDArray[np.float64]  # (t,) 0..1
    hours: float

    def homes(self, without: str | None = None) -> Homes:
        """Homes of these families, one of them left out as unknown. Raises ValueError for too few false alarms."""
        kept = np.array([name != without for name in self.families])
        sounds, alarms = self.sounds[kept], self.alarms[:, kept]
        stand_in = self.sounds.sum() / sounds.sum()  # others sounded in place of the family that is left out
        per_hour = (alarms.sum(axis=1) * stand_in + self.background) / self.hours
        line = (per_hour >= LINE_PER_HOUR[0]) & (per_hour <= LINE_PER_HOUR[1])
        if len(np.unique(per_hour[line])) < 3:
            raise ValueError("too few false alarms to fit their fall; judge more hours of scenes")
        fall = np.polyfit(self.thresholds[line], np.log(per_hour[line]), 1)[0]
        at = int(np.flatnonzero(per_hour <= COUNTED_PER_HOUR)[-1])
        rng = np.random.default_rng(SEED)
        of = rng.integers(0, len(sounds), DRAWS)
        chances = rng.gamma(alarms[at, of] + 0.5) / sounds[of]
        background = rng.gamma(self.background[at] + 0.5, size=DRAWS) / self.hours
        return Homes(float(self.thresholds[at]), float(fall), chances, background)

    def at(self, threshold: float) -> int:
        """Index of the laxest threshold that is not below this one; -1 above the highest score."""
        return int((self.thresholds >= threshold).sum()) - 1

    def recall_at(self, threshold: float) -> float:
        """Recall of cries, 0..1."""
        return float(self.recall[self.at(threshold)]) if self.at(threshold) >= 0 else 0.0

    def left_out(self, per_hour: float = PROMISED_PER_HOUR) -> list[LeftOut]:
        """Every family at the threshold that promises `per_hour` without having met it."""
        found = []
        for family, sounds, alarms in zip(self.families, self.sounds, self.alarms.T, strict=True):
            homes = self.homes(without=family)
            threshold = homes.promise(per_hour)
            at_lax = (alarms[self.at(homes.at)] + 0.5) / sounds * LIVELY_PER_HOUR
            expected = float(at_lax * np.exp(homes.fall * (threshold - homes.at)))
            found.append(LeftOut(family, int(sounds), threshold, expected))
        return found


@dataclass(frozen=True, slots=True)
class SceneAlarms:
    """False alarms and cries found by scene at falling thresholds, so that scenes can be drawn again (bootstrap)."""

    thresholds: NDArray[np.float64]  # (t,) logits, strictest first
    families: tuple[str, ...]
    sounds: NDArray[np.int64]  # (scenes, f)
    alarms: NDArray[np.int64]  # (scenes, t, f)
    background: NDArray[np.int64]  # (scenes, t) near no distractor
    hits: NDArray[np.int64]  # (scenes, t)
    soon: NDArray[np.int64]  # (scenes, t) hits within SOON_S from the beginning of the cry
    cries: NDArray[np.int64]  # (scenes,)
    hours: NDArray[np.float64]  # (scenes,)

    def of(self, scenes: Sequence[int]) -> FamilyAlarms:
        """Sums over some scenes, by index, each as often as it stands there; families that none holds are left away."""
        drawn = np.asarray(scenes)
        sounds = self.sounds[drawn].sum(axis=0)
        heard = sounds > 0
        return FamilyAlarms(
            self.thresholds,
            tuple(name for name, is_heard in zip(self.families, heard, strict=True) if is_heard),
            sounds[heard],
            self.alarms[drawn].sum(axis=0)[:, heard],
            self.background[drawn].sum(axis=0),
            self.hits[drawn].sum(axis=0) / self.cries[drawn].sum(),
            float(self.hours[drawn].sum()),
        )


def scene_alarms(scenes: Sequence[VotedScene]) -> SceneAlarms:
    """False alarms of a detector by scene and family; the voted scores of the scenes are logits."""
    kinds = {one.kind for scene in scenes for one in scene.distractors}
    thresholds, families = strict_to_lax(scenes), tuple(sorted({family_of(kind) for kind in kinds}))
    shape = (len(scenes), len(thresholds))
    sounds, alarms = np.zeros((len(scenes), len(families)), np.int64), np.zeros((*shape, len(families)), np.int64)
    background, hits, soon = (np.zeros(shape, np.int64) for _ in range(3))
    for row, scene in enumerate(scenes):
        for one in scene.distractors:
            sounds[row, families.index(family_of(one.kind))] += 1
        for column, threshold in enumerate(map(float, thresholds)):
            outcome = scene.figures_at(threshold)
            for kind in (blamed_kind(scene, at_s) for at_s in outcome.false_alarms_s):
                if kind in kinds:
                    alarms[row, column, families.index(family_of(kind))] += 1
                else:
                    background[row, column] += 1
            late_s = [late for late in outcome.latencies_s if late is not None]
            hits[row, column], soon[row, column] = len(late_s), sum(late <= SOON_S for late in late_s)
    cries, hours = [len(scene.cries) for scene in scenes], [scene.duration_s / 3600 for scene in scenes]
    return SceneAlarms(thresholds, families, sounds, alarms, background, hits, soon, np.array(cries), np.array(hours))


def family_alarms(scenes: Sequence[VotedScene]) -> FamilyAlarms:
    """False alarms of a detector by family; the voted scores of the scenes are logits."""
    return scene_alarms(scenes).of(range(len(scenes)))
