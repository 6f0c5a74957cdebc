"""Labels follow the review of a clip, else the teacher, and the mask over both."""

from dataclasses import replace

import numpy as np
import pytest

from training.data import labels
from training.data.manifest import Clip
from training.data.reviews import Review
from training.data.teacher import CURVE_HOP, LEAD, Curve
from training.data.truth import ClipPlacement, SegmentTruth

UNSEEN = Clip("a.flac", "cry", "train", "g", "set", "", "CC0", 4.0, 1.0)
SEEN = Clip("b.flac", "cry", "train", "g", "set", "", "CC0", 4.0, 1.0, Review("cry", ((1.0, 2.5),)))
NOTHING = Clip("c.flac", "cry", "train", "g", "set", "", "CC0", 4.0, 1.0, Review("none", ()))
FUSSED = Clip("d.flac", "cry", "train", "g", "set", "", "CC0", 4.0, 1.0, Review("cry", (), ((1.0, 2.5),)))
ENDS = labels.label_ends(998)


def curve(score: float) -> Curve:
    return np.full((64_000 + LEAD) // CURVE_HOP + 1, score, np.float32)


def at(seconds: float) -> int:
    """The label that ends there."""
    return int(np.argmin(np.abs(ENDS - seconds * 16000)))


def test_labels_stand_every_half_hop_up_to_the_end() -> None:
    assert ENDS[0] == 1920
    assert set(np.diff(ENDS)) == {1920}
    assert len(ENDS) == 83


def test_a_seen_cry_is_one_soon_after_it_begins_and_is_not_called_silence_soon_after_it_ends() -> None:
    soft = labels.of_clip(SEEN, curve(0.0), 48_000, 1.0, ENDS)  # cries from 4.0 to 5.5 s
    assert soft[at(3.9)] == pytest.approx([0, 1])
    assert soft[at(4.1), 1] == 0
    assert soft[at(4.5)] == pytest.approx([1, 1])
    assert soft[at(5.5)] == pytest.approx([1, 1])
    assert soft[at(6.4), 1] == 0
    assert soft[at(7.5)] == pytest.approx([0, 1])


def test_a_faster_clip_cries_sooner_and_shorter() -> None:
    soft = labels.of_clip(SEEN, curve(0.0), 48_000, 1.25, ENDS)  # from 3.8 to 5.0 s
    assert soft[at(4.3), 0] == 1
    assert soft[at(6.8)] == pytest.approx([0, 1])


def test_where_the_reviewer_saw_no_baby_there_is_none() -> None:
    soft = labels.of_clip(NOTHING, curve(1.0), 48_000, 1.0, ENDS)
    assert np.array_equal(soft, np.tile([0.0, 1.0], (len(ENDS), 1)))


def test_a_whimper_is_neither_a_cry_nor_none() -> None:
    soft = labels.of_clip(FUSSED, curve(1.0), 48_000, 1.0, ENDS)  # fusses from 4.0 to 5.5 s
    assert np.all(soft[:, 0] == 0)
    assert soft[at(3.9), 1] == 1
    assert np.all(soft[at(4.1) : at(6.9), 1] == 0)
    assert soft[at(7.5), 1] == 1


def test_an_unseen_clip_follows_the_teacher_and_else_there_is_no_opinion_within_it() -> None:
    heard, unheard = (labels.of_clip(UNSEEN, curve(score), 48_000, 1.0, ENDS) for score in (0.5, 0.0))
    assert heard[at(5.0)] == pytest.approx([0.8, 1.0])
    assert unheard[at(5.0), 1] == 0
    for soft in (heard, unheard):
        assert soft[at(2.0)] == pytest.approx([0, 1])


def test_of_two_clips_the_cry_wins_and_doubt_stays_doubt() -> None:
    silent, crying, unsure = np.array([[0.0, 1.0]]), np.array([[0.9, 1.0]]), np.array([[0.0, 0.0]])
    assert labels.merged([silent, crying], 1)[0] == pytest.approx([0.9, 1.0])
    assert labels.merged([silent, unsure], 1)[0] == pytest.approx([0.0, 0.0])
    assert labels.merged([], 1)[0] == pytest.approx([0.0, 1.0])


def truth(snr_db: float, gap: tuple[int, int] = (0, 0), placed: ClipPlacement | None = None) -> SegmentTruth:
    level, none = np.full(len(ENDS), -20.0, np.float32), np.zeros(len(ENDS), np.float32)
    rest = level - np.float32(snr_db)
    placed = placed or ClipPlacement("b.flac", 48_000, 1.0)
    return SegmentTruth((placed,), (), level, rest, none - 100, rest, none, gap, lullaby=False)


@pytest.mark.parametrize(("snr_db", "weight"), [(20, 1.0), (-8, 0.3), (-20, 0.0)])
def test_the_fainter_a_cry_the_less_it_says(snr_db: float, weight: float) -> None:
    soft = labels.of_segment(truth(snr_db), {"b.flac": SEEN}, {"b.flac": curve(1.0)})
    assert soft[at(5.0)] == pytest.approx([1.0, weight])


def test_a_hole_in_a_cry_takes_its_vote() -> None:
    soft = labels.of_segment(truth(20, (80_000, 84_000)), {"b.flac": SEEN}, {"b.flac": curve(1.0)})
    assert soft[at(5.2), 1] == 0
    assert soft[at(4.6), 1] == 1


def test_a_gate_that_shuts_a_cry_out_takes_its_vote() -> None:
    shut = np.where(at(5.0) * 1920 < ENDS, 0.9, 0.0).astype(np.float32)
    soft = labels.of_segment(replace(truth(20), shut=shut), {"b.flac": SEEN}, {"b.flac": curve(1.0)})
    assert soft[at(5.2), 1] == 0
    assert soft[at(4.6), 1] == 1


def test_a_made_up_cry_has_the_labels_of_a_reviewed_one() -> None:
    made_up = labels.of_segment(truth(20, placed=ClipPlacement("", 48_000, 1.0, ((1.0, 2.5),))), {}, {})
    reviewed = labels.of_segment(truth(20), {"b.flac": SEEN}, {"b.flac": curve(1.0)})
    assert np.array_equal(made_up, reviewed)
