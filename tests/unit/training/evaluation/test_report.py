"""The report on scenes made by hand: recall by what, alarms by whom; and the card that is written from it."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.evaluation import model_card
from training.evaluation.comparison import Sides
from training.evaluation.psds import psds
from training.evaluation.report import clip_figures, error_tradeoff, f1, latency_figure, recall_by_snr, scene_figures
from training.evaluation.scoring import ClipScore, CryOutcome, VotedScene, cry_outcomes
from training.synthesis.scenes import CryEvent, DistractorEvent


def scene(*, found: bool, alarm: bool, snr_db: float, bed: str) -> VotedScene:
    """Four minutes: a cry at a minute, a cat at two."""
    voted = np.full(997, 0.01)
    voted[250:290] = 0.9 if found else 0.02
    voted[500:505] = 0.8 if alarm else 0.02
    cry = CryEvent(60.0, 70.0, snr_db, f"baby at {snr_db}", over_lullaby=False)
    cat = DistractorEvent(120.0, 1.5, "cat")
    return VotedScene(voted, (cry,), (cat,), 240.0, bed, "plain")


SCENES = [
    scene(found=True, alarm=False, snr_db=20, bed="fan"),
    scene(found=True, alarm=True, snr_db=7, bed="rain"),
    scene(found=False, alarm=False, snr_db=-3, bed="rain"),
]


def test_recall_is_told_by_snr_and_bed_and_alarms_by_culprit() -> None:
    figures = scene_figures(SCENES, 0.5)
    assert figures["recall"]["value"] == pytest.approx(2 / 3, abs=1e-3)
    assert figures["recall_snr_10_up"]["value"] == figures["recall_snr_0_10"]["value"] == 1
    by_snr = recall_by_snr(cry_outcomes(SCENES, 0.5))
    assert [(one["value"], one["events"]) for one in by_snr.values() if one["events"]] == [(0, 1), (1, 1), (1, 1)]
    assert figures["recall_by_bed"] == {"fan": {"recall": 1.0, "events": 1}, "rain": {"recall": 0.5, "events": 2}}
    assert figures["false_alarms_by"] == {"cat": {"alarms": 1, "sounded": 3}}
    assert figures["false_alarms_per_hour"]["value"] == pytest.approx(5)
    assert figures["latency_median_s"]["value"] == pytest.approx(0.96)


def test_the_latency_has_an_interval_over_babies_that_are_found() -> None:
    def outcome(baby: str, latency_s: float | None) -> CryOutcome:
        return CryOutcome(CryEvent(0.0, 9.0, 10.0, baby, over_lullaby=False), latency_s)

    figure = latency_figure([outcome("a", 1.0), outcome("a", 2.0), outcome("b", 6.0), outcome("c", None)], 50)
    assert (figure["low"], figure["value"], figure["high"]) == (1.5, 2.0, 6.0)
    assert np.isnan(latency_figure([outcome("c", None)], 50)["value"])


def test_the_curve_falls_from_lax_to_strict() -> None:
    curve = error_tradeoff(SCENES)
    recall = [point["recall"] for point in curve]
    assert recall == sorted(recall, reverse=True)
    assert recall[0] == 1


def test_psds_prefers_the_detector_that_finds_without_alarming() -> None:
    pytest.importorskip("sed_scores_eval", reason="PSDS needs the training extra")
    good = [scene(found=True, alarm=False, snr_db=10, bed="fan")] * 3
    bad = [scene(found=False, alarm=True, snr_db=10, bed="fan")] * 3
    assert psds(bad) < 0.2
    assert psds(good) > 0.9


def test_f1_of_a_known_count() -> None:
    assert f1(np.array([True, True, False]), np.array([True, False])) == pytest.approx(2 * 2 / (3 + 2 + 1))
    assert f1(np.array([False]), np.array([False])) == 0


def test_a_block_of_the_card_is_replaced_and_a_missing_one_is_named() -> None:
    text = "before\n<!-- facts -->\nold\n<!-- /facts -->\nafter\n"
    assert model_card.replace_block(text, "facts", "new\n") == "before\n<!-- facts -->\nnew\n<!-- /facts -->\nafter\n"
    with pytest.raises(ValueError, match="figures"):
        model_card.replace_block(text, "figures", "new")


BLOCKS = ("facts", "summary", "families", "snr", "babies", "figures", "breakdown", "daemon", "calibration", "homes")


@pytest.mark.parametrize("first_is", [True, False])
@pytest.mark.parametrize("second_is", [True, False])
def test_the_card_lists_the_sources_of_each_training_only(
    monkeypatch: pytest.MonkeyPatch, *, first_is: bool, second_is: bool
) -> None:
    for name in (
        "facts",
        "summary",
        "by_family",
        "by_snr",
        "by_baby",
        "table",
        "breakdown",
        "daemon",
        "calibration_text",
    ):
        monkeypatch.setattr(model_card, name, lambda *_: "new")
    monkeypatch.setattr(model_card, "load_manifest", list)
    monkeypatch.setattr(model_card, "sources_table", lambda _: "table of now")
    monkeypatch.setattr(model_card, "is_trained_on_manifest", lambda made: made["now"])
    text = "".join(f"<!-- {name} -->\nold\n<!-- /{name} -->\n" for name in (*BLOCKS, *model_card.SOURCES))
    sides: Sides = {"unseen-val": {"ours": {"daemon": {}}}}
    first, second = ({"made_by": {"calibration": {}, "now": now}} for now in (first_is, second_is))
    card = model_card.fill_card(text, {"cry.json": first, "second.json": second}, sides, {"homes": "new"})
    assert card.count("new") == len(BLOCKS)
    for name, now in (("sources", first_is), ("second sources", second_is)):
        assert f"<!-- {name} -->\n{'table of now' if now else 'old'}\n" in card


def test_the_card_keeps_a_block_whose_program_has_not_run(tmp_path: Path) -> None:
    assert model_card.computed_elsewhere(tmp_path) == {}
    (tmp_path / "ten_marks.md").write_text("| group |", encoding="utf-8")
    recall = {"before": 0.92, "after": 0.95, "gain": 0.03, "low": 0.003, "high": 0.075}
    alarms = {"before": 1.31, "after": 1.12, "share": 0.86, "low": 0.67, "high": 1.23}
    judged = {"recall": recall, "false_alarms_per_hour": alarms, "latency_s": [1.48, 1.37], "largest_loss": 0.02}
    days = {"homes": 20, "marks": 9, "new_day": judged, "second_week": judged}
    (tmp_path / "home_days.json").write_text(json.dumps({"homes": {"3": days}}), encoding="utf-8")
    found = model_card.computed_elsewhere(tmp_path)
    assert found.keys() == {"ten marks", "homes"}
    begin = "| 20 homes | a day of new recordings | three a day | 0.920 → 0.950 | +0.030 (+0.003 to +0.075) | 0.020 |"
    assert f"{begin} 1.31 → 1.12 | 0.86 (0.67 to 1.23) | 1.48 s → 1.37 s |" in found["homes"]
    assert "| 20 homes | the second week |" in found["homes"]


def test_the_card_is_about_the_model_that_ships() -> None:
    from training.data.paths import MODELS

    described = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    assert described["sha256"][:16] in model_card.CARD.read_text(encoding="utf-8")


def test_cries_of_which_the_reviewer_saw_nothing_are_told_apart() -> None:
    others = [ClipScore(f"cat {n}", "cat", cry=False, score=0.1 + n / 100) for n in range(10)]
    cries = [ClipScore(f"baby {n}", "cry", cry=True, score=0.9) for n in range(9)]
    unseen = ClipScore("baby 9", "cry", cry=True, score=0.0, visible=False)
    figures = clip_figures([*others, *cries, unseen], 0.5)
    assert figures["auc"]["value"] == pytest.approx(0.9)
    assert figures["auc_visible"]["value"] == 1.0
    assert figures["cries"] == 10
