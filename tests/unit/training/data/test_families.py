"""Every class of mn04 belongs to one family, under the name that AudioSet gives it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from training.data import families, mn04
from training.data.paths import SHARED

LABELS = SHARED / "models" / "audioset_class_labels.csv"


def test_every_class_has_one_family_and_cries_have_their_own() -> None:
    found = families.load_families()
    assert found["cry"] == mn04.CRY_CLASSES
    assert sum(map(len, found.values())) == mn04.CLASSES
    assert {"fuss", "laughter", "adult_speech", "child_speech", "singing", "cat", "dog", "music", "alarm"} <= set(found)


@pytest.mark.skipif(not LABELS.exists(), reason="the shared models are not here (BABYCRYD_SHARED)")
def test_the_names_are_those_of_audioset() -> None:
    with families.TABLE.open(newline="", encoding="utf-8") as ours, LABELS.open(newline="", encoding="utf-8") as theirs:
        names = [(row["class"], row["name"]) for row in csv.DictReader(ours)]
        assert names == [(row["index"], row["display_name"]) for row in csv.DictReader(theirs)]


def test_a_table_that_lacks_a_class_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "families.csv"
    path.write_text("class,name,family\n0,Speech,adult_speech\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"families\.csv: expected every class from 0 to 526 once"):
        families.load_families(path)


def test_a_family_scores_as_high_as_its_highest_class() -> None:
    scores = np.zeros((2, mn04.CLASSES), np.float16)
    scores[0, 83], scores[0, 81], scores[1, 22] = 0.75, 0.25, 0.5
    found = families.family_scores(scores)
    names = list(families.families())
    assert found.shape == (2, len(names))
    assert found[0, names.index("cat")] == 0.75
    assert found[1, names.index("cry")] == 0.5
    assert found.sum() == pytest.approx(1.25)
