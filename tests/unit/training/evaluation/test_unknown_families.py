"""A threshold that has met every kind promises too much; one that has not met the kind it is judged on does not."""

from collections import Counter

import numpy as np
import pytest

from training.evaluation.scoring import VotedScene, false_alarms_per_hour, recall_at_false_alarms
from training.evaluation.unknown_kinds import OperatingPoint, on_unknown_kinds, operating_points, without
from training.synthesis.scenes import CryEvent, DistractorEvent


def scene(kind: str, height: float, cry: float = 0.95) -> VotedScene:
    """An hour: a cry at a minute that scores `cry`, a distractor of one kind at ten minutes that scores `height`."""
    voted = np.linspace(0, 0.01, 15_000)
    voted[250:290] = cry
    voted[2500:2505] = height
    event = CryEvent(60.0, 70.0, 20.0, "baby", over_lullaby=False)
    return VotedScene(voted, (event,), (DistractorEvent(600.0, 1.5, kind),), 3600.0, "fan", "plain")


KNOWN = [scene("cat", 0.6), scene("dog", 0.3), scene("door", 0.3), scene("bell", 0.3)]


def test_a_kind_that_scores_higher_than_all_others_breaks_the_promise_of_a_threshold_that_has_not_met_it() -> None:
    threshold, _ = recall_at_false_alarms(KNOWN, 0.1)
    assert false_alarms_per_hour(KNOWN, threshold) == 0
    unknown = on_unknown_kinds(KNOWN, 0.1)
    assert unknown.false_alarms_per_hour == pytest.approx(0.25)  # the cat, once in four hours
    assert unknown.thresholds == (0.6, 0.95)
    assert unknown.recall == 1


def test_kinds_that_score_alike_keep_the_promise() -> None:
    alike = [scene(kind, 0.3) for kind in ("cat", "dog", "door", "bell")]
    assert on_unknown_kinds(alike, 0.1).false_alarms_per_hour == 0


def test_a_strict_threshold_costs_recall() -> None:
    faint = [scene("cat", 0.6, cry=0.5), scene("dog", 0.6, cry=0.95)]
    assert on_unknown_kinds(faint, 0.1).recall == pytest.approx(0.5)


def test_points_go_from_strict_to_lax_and_blame_the_kind_that_sounds() -> None:
    points = operating_points(KNOWN)
    thresholds = [point.threshold for point in points]
    assert thresholds == sorted(thresholds, reverse=True)
    at_half = min(points, key=lambda point: abs(point.threshold - 0.5))
    assert at_half.alarms in (Counter(), Counter({"cat": 1}))
    recalls = [point.recall for point in points]
    assert recalls == sorted(recalls)


def test_the_background_counts_with_every_kind_left_out() -> None:
    points = [
        OperatingPoint(0.9, Counter(), 0.2),
        OperatingPoint(0.5, Counter({"fan, or the lullaby": 2, "cat": 5}), 0.8),
    ]
    sounded = Counter({"cat": 10, "dog": 10})
    assert without("cat", points, sounded, 2.0).threshold == 0.5
    assert without("cat", points, sounded, 1.0).threshold == 0.9
    assert without("dog", points, sounded, 11.0).threshold == 0.9  # five cats stand for ten
    assert without("dog", points, sounded, 12.0).threshold == 0.5
