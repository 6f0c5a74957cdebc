"""Calibration finds the line behind made-up scores; the threshold keeps the wanted false alarms."""

import json

import numpy as np
import pytest

from babycryd.detect.settings import DetectionSettings
from training.data.paths import MODELS
from training.evaluation.scoring import VotedScene, false_alarms_per_hour
from training.release.calibrate import (
    LabelledHops,
    calibration,
    expected_error,
    platt_scaling,
    prior_weights,
    reliability,
    sigmoid,
    unambiguous_hops,
)
from training.release.export import choose_threshold, describe
from training.synthesis.scenes import CryEvent, Scene


def made_up(seed: int, slope: float = 2.0, shift: float = -1.0) -> LabelledHops:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, 20_000)
    return LabelledHops(logits, rng.uniform(size=len(logits)) < sigmoid(slope * logits + shift))


def test_the_line_behind_made_up_scores_is_found() -> None:
    hops = made_up(0)
    alike = np.full(len(hops.truth), 1 / len(hops.truth))
    assert platt_scaling(hops.logits, hops.truth, alike) == pytest.approx((2.0, -1.0), abs=0.1)


def test_rarer_cries_move_the_line_by_their_odds() -> None:
    hops, prior = made_up(0), 0.02
    share = float(hops.truth.mean())
    moved = np.log(prior / (1 - prior)) - np.log(share / (1 - share))
    found = platt_scaling(hops.logits, hops.truth, prior_weights(hops.truth, prior))
    assert found == pytest.approx((2.0, -1.0 + moved), abs=0.2)
    assert prior_weights(hops.truth, prior)[hops.truth].sum() == pytest.approx(prior)


def test_calibrated_scores_mean_what_they_say_and_uncalibrated_ones_did_not() -> None:
    pytest.importorskip("sklearn", reason="the comparison with isotonic regression needs the training extra")
    found = calibration([made_up(1), made_up(2)])
    assert found["expected_error"]["after"] < 0.01
    assert found["expected_error"]["before"] > 0.1
    assert found["log_loss"]["Platt"] < found["log_loss"]["none"]


def test_reliability_counts_by_tenths() -> None:
    scores, truth = np.array([0.05, 0.07, 0.95, 1.0]), np.array([False, True, True, True])
    table = reliability(scores, truth, np.full(4, 0.25))
    assert [row["hops"] for row in table] == [2, 2]
    assert [row["cries"] for row in table] == [0.5, 1.0]
    assert expected_error(table) == pytest.approx((2 * 0.44 + 2 * 0.025) / 4)


CRY = CryEvent(onset_s=24.0, offset_s=36.0, snr_db=10, group="g", over_lullaby=False)


def test_edges_of_a_cry_say_nothing() -> None:
    scene = Scene(np.zeros(60 * 16000, np.float32), (CRY,), (), "fan", "plain", lullaby=False)
    hops = unambiguous_hops(np.linspace(0.1, 0.9, 240), scene)
    assert 45 <= hops.truth.sum() <= 50
    assert len(hops.truth) < 240 - 8


def test_the_threshold_has_two_digits_and_keeps_the_wanted_false_alarms() -> None:
    voted = np.full(900, 0.05)
    voted[100:150] = 0.93  # the cry
    voted[400:410] = 0.6123  # a cat
    heard = [VotedScene(voted, (CRY,), (), 216.0)]
    threshold = choose_threshold(heard, 0.5)
    assert 0.61 < threshold <= 0.93
    assert threshold == round(threshold, 2)
    assert false_alarms_per_hour(heard, threshold) == 0


def test_the_daemon_uses_the_threshold_that_was_chosen_for_the_model() -> None:
    described = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    assert DetectionSettings().threshold == described["threshold"]
    assert DetectionSettings().vote.needed == described["votes"]["needed"]
    assert DetectionSettings().vote.windows == described["votes"]["windows"]


def test_the_description_names_families_only_where_some_were_learnt() -> None:
    assert "families" not in describe(b"", 0.5, {})
    assert describe(b"", 0.5, {}, {"fuss": [0.5, -1.0]})["families"]["weights"] == {"fuss": [0.5, -1.0]}
