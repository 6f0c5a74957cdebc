"""Labels of families follow mn04 along a clip, the known family of a made-up sound, and the reviews for fussing."""

from dataclasses import replace

import numpy as np
import pytest

from training.data import family_labels, labels
from training.data.family_labels import LEARNT
from training.data.manifest import Clip
from training.data.reviews import Review
from training.data.truth import ClipPlacement, SegmentTruth, SoundPlacement

ENDS = labels.label_ends(998)
CAT, DOG, MUSIC, FUSS = (LEARNT.index(name) for name in ("cat", "dog", "music", "fuss"))
NONE = np.zeros(len(ENDS), np.float32)


def at(seconds: float) -> int:
    """The label that ends there."""
    return int(np.argmin(np.abs(ENDS - seconds * 16000)))


def truth(
    sounds: tuple[SoundPlacement, ...] = (), cries: tuple[ClipPlacement, ...] = (), snr_db: float = 20
) -> SegmentTruth:
    level = NONE - 20
    background = level - np.float32(snr_db)
    return SegmentTruth(cries, sounds, level, background, level, background, NONE, (0, 0), lullaby=False)


def alone(sound: SoundPlacement, snr_db: float = 20) -> SegmentTruth:
    return replace(truth((sound,), snr_db=snr_db), cry_db=NONE - 100)


YOWL = SoundPlacement("cat_yowl", "", 0, 48_000, 32_000, 1.0)  # from 3 to 5 s


def test_a_made_up_sound_has_its_family_while_it_sounds() -> None:
    soft = family_labels.of_segment(alone(YOWL))
    assert soft.shape == (len(ENDS), len(LEARNT), 2)
    assert soft[at(2.9), CAT].tolist() == [0, 1]
    assert soft[at(3.1), CAT, 1] == 0
    assert soft[at(4.0), CAT].tolist() == [1, 1]
    assert soft[at(6.0), CAT, 1] == 0
    assert soft[at(7.5), CAT].tolist() == [0, 1]
    assert np.all(soft[:, DOG] == [0, 1])


@pytest.mark.parametrize(("snr_db", "weight"), [(20, 1.0), (-8, 0.3), (-20, 0.0)])
def test_the_fainter_a_sound_the_less_its_family_counts(snr_db: float, weight: float) -> None:
    assert family_labels.of_segment(alone(YOWL, snr_db))[at(4.0), CAT] == pytest.approx([1.0, weight])


def test_mn04_says_what_a_clip_holds_where_it_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.zeros((10, len(LEARNT)), np.float32)  # 2.4 s
    rows[5:, DOG] = 0.8  # from 1.44 s on
    monkeypatch.setattr(family_labels, "_rows", lambda _: rows)
    whole = SoundPlacement("wolf", "wolf.ogg", 0, 16_000, 38_400, 1.0)
    soft = family_labels.of_segment(alone(whole))
    assert soft[at(1.8), DOG].tolist() == [0, 1]
    known = family_labels.of_segment(alone(replace(whole, kind="dog")))
    assert known[at(1.8), DOG].tolist() == [0, 0]  # it is a dog, although mn04 does not hear it yet
    assert known[at(3.2), DOG] == pytest.approx([0.8, 1.0])
    assert soft[at(3.2), DOG] == pytest.approx([0.8, 1.0])
    cut = replace(whole, first=16_000, length=22_400)  # the first second of the clip is left out
    assert family_labels.of_segment(alone(cut))[at(2.2), DOG] == pytest.approx([0.8, 1.0])


def test_a_lullaby_leaves_no_opinion_on_music() -> None:
    soft = family_labels.of_segment(replace(truth(), lullaby=True))
    assert np.all(soft[:, MUSIC, 1] == 0)
    assert np.all(soft[:, CAT, 1] == 1)


def test_a_gate_that_shuts_a_sound_out_takes_its_family_away() -> None:
    soft = family_labels.of_segment(replace(alone(YOWL), shut=NONE + 0.9))
    assert soft[at(4.0), CAT, 1] == 0
    assert soft[at(4.0), DOG, 1] == 1


REVIEW = Review("cry", ((2.8, 3.8),), ((1.0, 2.5),))


@pytest.mark.parametrize(
    ("dataset", "review", "fussing", "crying", "before"),
    [
        ("corvin_22babies", REVIEW, [1, 1], [0, 1], [0, 1]),
        ("donateacry_raw_decoded", REVIEW, [1, 1], [0, 1], [0, 0]),  # its reviewer did not look for fussing
        ("corvin_22babies", None, [0, 0], [0, 0], [0, 0]),
    ],
)
def test_fussing_is_where_a_reviewer_saw_it(
    dataset: str,
    review: Review | None,
    fussing: list[float],
    crying: list[float],
    before: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip = Clip("d.flac", "cry", "train", "g", dataset, "", "CC0", 4.0, 1.0, review)
    rows = np.zeros((17, len(LEARNT)), np.float32)
    rows[:, MUSIC] = 0.5
    monkeypatch.setattr(family_labels, "clips_by_path", lambda: {"d.flac": clip})
    monkeypatch.setattr(family_labels, "_rows", lambda _: rows)
    soft = family_labels.of_segment(truth(cries=(ClipPlacement("d.flac", 48_000, 1.0),)))
    assert soft[at(5.3), FUSS].tolist() == fussing
    assert soft[at(6.7), FUSS].tolist() == crying
    assert soft[at(3.8), FUSS].tolist() == before
    assert soft[at(2.9), FUSS].tolist() == [0, 1]
    assert soft[at(5.3), MUSIC].tolist() == [0, 0]  # mn04 hears music beside the cry: no opinion


def test_every_known_sound_is_of_a_family_that_is_learnt() -> None:
    for names in (*family_labels.KNOWN.values(), *family_labels.DOUBTFUL.values()):
        assert set(names) <= set(LEARNT)
