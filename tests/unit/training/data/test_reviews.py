"""Reviews are read whole or refused by line; and those in the repository fit the clips."""

from pathlib import Path

import pytest

from training.data.manifest import load_manifest
from training.data.paths import SHARED
from training.data.review_sheets import is_doubtful
from training.data.reviews import load_reviews, parse_spans, reviews

HEADER = "path,verdict,spans,note\n"


def written(folder: Path, rows: str) -> Path:
    path = folder / "reviewed.csv"
    path.write_text(HEADER + rows)
    return path


def test_spans_are_seconds() -> None:
    assert parse_spans("0.4-2.3;3.1-6.9", "x:2") == ((0.4, 2.3), (3.1, 6.9))
    assert parse_spans("", "x:2") == ()


@pytest.mark.parametrize("spans", ["0.4", "a-b", "2.3-0.4", "0.1-2.0;1.5-3.0"])
def test_spans_that_cannot_be_are_named_with_their_line(tmp_path: Path, spans: str) -> None:
    with pytest.raises(ValueError, match=r"reviewed\.csv:3"):
        load_reviews(written(tmp_path, f"a.flac,cry,0.1-1.0,\nb.flac,cry,{spans},\n"))


def test_fussing_has_spans_of_its_own_which_no_cry_overlaps(tmp_path: Path) -> None:
    header = "path,verdict,spans,fuss,note\n"
    path = tmp_path / "reviews.csv"
    path.write_text(f"{header}a.flac,cry,1.0-2.0,0.2-1.0;2.5-2.8,\n")
    assert load_reviews(path)["a.flac"].fuss_s == ((0.2, 1.0), (2.5, 2.8))
    path.write_text(f"{header}a.flac,cry,1.0-2.0,,\nb.flac,cry,1.0-2.0,1.9-2.5,\n")
    with pytest.raises(ValueError, match=r"reviews\.csv:3: the spans of fussing '1\.9-2\.5' overlap"):
        load_reviews(path)


def test_an_unknown_verdict_and_a_second_line_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'maybe' is none of cry, none, unsure"):
        load_reviews(written(tmp_path, "a.flac,maybe,,\n"))
    with pytest.raises(ValueError, match="reviewed twice"):
        load_reviews(written(tmp_path, "a.flac,none,,\na.flac,none,,\n"))


def test_a_look_is_worth_it_where_label_and_teacher_disagree() -> None:
    assert is_doubtful("not reviewed.flac", "cry", 0.9)
    sure = next(path for path, review in reviews().items() if review.verdict == "cry")
    assert not is_doubtful(sure, "cry", 0.9)
    assert is_doubtful(sure, "cry", 0.05)


@pytest.mark.skipif(not (SHARED / "audio").exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)")
def test_every_cry_clip_has_been_looked_at_and_spans_lie_within_it() -> None:
    clips = [clip for clip in load_manifest() if "cry" in clip.label]
    assert {clip.path for clip in clips} == reviews().keys()
    for clip in clips:
        assert clip.review is not None
        spans_s = (*clip.review.spans_s, *clip.review.fuss_s)
        assert all(end_s <= clip.duration_s + 0.01 for _, end_s in spans_s), clip.path
        assert bool(clip.review.spans_s) or clip.review.verdict != "cry", clip.path
