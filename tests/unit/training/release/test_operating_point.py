"""Operating point: both detectors at the default and at the promised threshold, and the calibration left out."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from training.evaluation.operating_point_text import operating_point_text
from training.evaluation.scoring import VotedScene
from training.evaluation.second_opinion import HeardScene, scenes_by
from training.evaluation.unknown_families import family_alarms
from training.release.calibrate import sigmoid
from training.release.export import promised_threshold
from training.release.left_out_calibration import left_out_calibration, lotted_hops
from training.release.operating_point import figures_of_both
from training.release.second_opinion import sum_calibration
from training.synthesis.scenes import CryEvent, DistractorEvent

KINDS = ("cat", "dog", "laughing", "speech", "siren", "rooster")


def heard(seed: int, louder: str = "") -> HeardScene:
    """Twelve minutes: two cries, and a sound every twenty seconds, of which one kind may score higher than others."""
    rng, hops = np.random.default_rng(seed), 2996
    first, second = rng.normal(-6, 0.5, hops), np.full(hops, -8.0)
    cries = tuple(CryEvent(at_s, at_s + 8, 20.0, f"baby {seed % 3}", over_lullaby=False) for at_s in (120.0, 420.0))
    for cry in cries:
        inside = slice(round(cry.onset_s / 0.24), round(cry.offset_s / 0.24))
        first[inside], second[inside] = rng.normal(3, 1), rng.normal(1, 2)
    sounds = []
    for number, at_s in enumerate(np.arange(10.0, 700.0, 20.0)):
        if all(abs(at_s - cry.onset_s) > 20 for cry in cries):
            inside, kind = slice(round(at_s / 0.24), round(at_s / 0.24) + 6), KINDS[number % len(KINDS)]
            first[inside], second[inside] = rng.normal(-1.5 + 2 * (kind == louder), 1.5), rng.normal(-4, 2)
            sounds.append(DistractorEvent(float(at_s), 1.5, kind))
    truth = VotedScene(np.zeros(0), cries, tuple(sounds), 720.0, "fan", "plain")
    return HeardScene(truth, first, np.stack([second, second], axis=1))


SCENES = [heard(seed) for seed in range(8)]
LOUD = [heard(seed, "laughing") for seed in range(8)]
THRESHOLD = 0.6


@pytest.fixture(scope="module")
def alike() -> dict[str, dict[str, Any]]:
    """Figures of families that score alike, the sum calibrated on them."""
    return figures_of_both(SCENES, THRESHOLD, sum_calibration(SCENES, THRESHOLD))


@pytest.fixture(scope="module")
def loud() -> dict[str, dict[str, Any]]:
    """Figures where laughter scores higher than all else."""
    return figures_of_both(LOUD, THRESHOLD, {"slope": 1.0, "shift": 0.0})


def test_of_both_stages_the_default_threshold_is_the_promised_one(alike: dict[str, dict[str, Any]]) -> None:
    points = alike["both"]["points"]
    assert points["promised"]["score"] == pytest.approx(THRESHOLD, abs=0.01)
    assert points["default"]["lively"]["high"] == pytest.approx(1.0, abs=0.05)


def test_a_louder_family_makes_the_promise_stricter_and_breaks_it_where_it_was_left_out(
    alike: dict[str, dict[str, Any]], loud: dict[str, dict[str, Any]]
) -> None:
    first, louder = alike["the first stage alone"], loud["the first stage alone"]
    assert louder["points"]["promised"]["score"] > first["points"]["promised"]["score"]
    assert louder["left_out"]["laughter"]["per_hour"] > 3 * louder["left_out"]["cats"]["per_hour"]
    assert louder["left_out"]["laughter"]["per_hour"] > 1


def test_every_figure_is_told(loud: dict[str, dict[str, Any]]) -> None:
    text = operating_point_text(loud)
    assert "| the first stage alone, default 0.60 |" in text
    assert "| both, promised 0." in text
    assert "| laughter |" in text
    assert text.count("log loss") == 2


def test_a_calibration_is_worse_on_a_family_that_it_has_not_met() -> None:
    hops = lotted_hops([one.truth for one in LOUD], [sigmoid(one.first) for one in LOUD])
    assert hops.families == ("alarms", "cats", "dogs", "laughter", "other animals", "speech")
    assert set(hops.lots.tolist()) == set(range(6))
    found = left_out_calibration(hops)
    assert found.log_loss_left_out > found.log_loss_fitted
    assert found.worst_family == "laughter"


def test_the_first_stage_ships_with_a_threshold_that_keeps_the_promise() -> None:
    scenes = [replace(one.truth, voted=sigmoid(one.first)) for one in LOUD]
    threshold = promised_threshold(scenes)
    assert threshold == round(threshold, 2)
    assert threshold >= sigmoid(np.array(family_alarms(scenes_by(lambda one: one.first, LOUD)).homes().promise()))
