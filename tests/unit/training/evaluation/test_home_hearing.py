"""Hops of a home that were heard before: replayed, they give the scores and episodes of the pipeline itself."""

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_S
from babycryd.core.events import CryStarted, DetectEvent, WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored, Slot
from babycryd.detect.second_opinion import Opinion, SecondOpinion, Sum
from babycryd.detect.settings import DetectionSettings
from training.evaluation.home_hearing import QUIET_HOP, HeardHops, as_arrays, from_arrays, hear_as_daemon, stacked

KINDS = (WindowScored, CryStarted)


class Hears:
    """Classifier whose score is the loudness of the newest frames."""

    reference = np.zeros((1, EMBEDDING))

    def reset(self) -> None:
        """It keeps nothing."""

    def score(self, frames: NDArray[np.float32]) -> Scored:
        score = float(1 / (1 + np.exp(-frames.mean())))
        return Scored(score, np.full(EMBEDDING, score, np.float32))


class Network:
    """Network whose logit is the mean of its window, and whose embedding is its loudest band."""

    def hear(self, mel: NDArray[np.float32]) -> Opinion:
        return Opinion(float(mel.mean()), np.full(EMBEDDING, mel.max(), np.float32))

    def rest(self) -> None:
        pass


def second() -> SecondOpinion:
    return SecondOpinion(Network(), Sum(1.0, 0.5))


def sound(seed: int) -> NDArray[np.float32]:
    """Thirty seconds: quiet, loud, quiet."""
    level = np.repeat([1e-4, 1e-1, 1e-4], [60 * HOP, 20 * HOP, 45 * HOP])
    return np.asarray(level * np.random.default_rng(seed).normal(0, 1, len(level)), np.float32)


def told(events: list[DetectEvent]) -> list[tuple[str, float, float]]:
    kept = [one for one in events if isinstance(one, KINDS)]
    return [(type(one).__name__, round(one.at_s, 2), round(getattr(one, "score", 0.0), 3)) for one in kept]


def test_replayed_hops_give_the_scores_and_episodes_of_the_pipeline() -> None:
    of_sound = Pipeline(DetectionSettings(), Hears(), second())
    heard, replay = hear_as_daemon(Hears(), second(), sound(1)), Pipeline(DetectionSettings(), Hears())
    expected = [*of_sound.push(sound(1), 0.0, 0.0), *of_sound.finish("stopped")]
    found = list[DetectEvent]()
    for index in range(len(heard.scores)):
        at_s = (index + 1) * HOP_S
        hop = Hop(np.zeros(HOP, np.float32), at_s, at_s, after_gap=index == 0)
        found += replay.follow_hop(Slot(hop, heard.scored(index)))
    assert told(found) == told(expected)
    assert any(isinstance(one, CryStarted) for one in found)
    assert sum(isinstance(one, WindowScored) for one in found) < len(heard.scores)  # the gate was closed at times


def test_what_is_kept_in_a_file_is_what_was_heard() -> None:
    heard = [hear_as_daemon(Hears(), second(), sound(seed)) for seed in (1, 2)]
    for before, after in zip(heard, from_arrays(as_arrays(stacked(heard))), strict=True):
        np.testing.assert_array_equal(after.scores, before.scores)
        np.testing.assert_array_equal(after.both, before.both)
        np.testing.assert_allclose(after.embeddings, before.embeddings, atol=1e-3)
        np.testing.assert_allclose(after.seconds, before.seconds, rtol=1e-3)
        assert before.seconds.any()


def test_a_closed_gate_and_a_quiet_hop_leave_nothing_to_learn() -> None:
    scores = np.array([np.nan, QUIET_HOP / 2, 0.9], np.float32)
    both = np.array([np.nan, np.nan, 0.8], np.float32)
    seconds = np.array([0, 0, 2], np.float32)[:, None].repeat(EMBEDDING, axis=1)
    heard = HeardHops(scores, both, np.ones((3, EMBEDDING), np.float32), seconds)
    assert heard.scored(0) is None
    (kept,) = from_arrays(as_arrays(stacked([heard])))
    quiet, loud = kept.scored(1), kept.scored(2)
    assert quiet is not None
    assert quiet.both is None
    assert not quiet.embedding.any()
    assert quiet.second is None
    assert loud is not None
    assert loud.both == np.float32(0.8)
    assert loud.embedding.all()
    np.testing.assert_array_equal(loud.second, 2.0)
