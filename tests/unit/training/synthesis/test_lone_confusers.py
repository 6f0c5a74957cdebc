"""Lone confusers: families as often as they should be, recorded groups alike, made up where there are voices."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from training.data.distractor_families import FAMILIES as KINDS
from training.data.distractor_families import family_of
from training.data.manifest import Clip
from training.synthesis import lone_confusers
from training.synthesis.lone_confusers import FAMILIES, Lone, lone_confuser
from training.synthesis.pool import Pool

CAT_CLIPS = 9  # of one cat; the other has one


def clip(kind: str, group: str, number: int = 0) -> Clip:
    return Clip(f"{kind}/{group}/{number}", "neg", "train", group, "set", kind, "CC0", 1.0, 0.0)


def pool() -> Pool:
    """One clip of one kind of every family, and two cats, one of them with many clips."""
    kinds = {family: kinds[0] for family, kinds in KINDS.items() if family in FAMILIES}
    distractors = {kind: {kind: [clip(kind, kind)]} for kind in kinds.values()}
    distractors["cat"] = {"many": [clip("cat", "many", i) for i in range(CAT_CLIPS)], "one": [clip("cat", "one")]}
    return Pool({}, distractors, {}, [], {})


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of the clips that were loaded; each is half a second of noise."""
    paths = list[str]()

    def load(path: str) -> np.ndarray:
        paths.append(path)
        return np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)

    monkeypatch.setattr(lone_confusers, "load_audio", load)
    monkeypatch.setattr(lone_confusers, "load_phrases", list)
    return paths


def test_the_shares_of_the_families_are_whole() -> None:
    assert sum(one.share for one in FAMILIES.values()) == pytest.approx(1)
    assert set(FAMILIES) <= set(KINDS)


def test_every_family_is_drawn_as_often_as_its_share(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = {family: replace(one, made_up=0.0) for family, one in FAMILIES.items()}
    monkeypatch.setattr(lone_confusers, "FAMILIES", recorded)
    rng, draws = np.random.default_rng(1), 600
    for _ in range(draws):
        lone_confuser(rng, pool())
    drawn = Counter(family_of(path.split("/")[0]) for path in loaded)
    for family, one in FAMILIES.items():
        assert drawn[family] / draws == pytest.approx(one.share, abs=0.05)


def test_a_cat_with_many_recordings_is_drawn_no_more_often_than_another(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lone_confusers, "FAMILIES", {"cats": Lone(1.0)})
    rng = np.random.default_rng(2)
    for _ in range(200):
        lone_confuser(rng, pool())
    assert sum(path.startswith("cat/many") for path in loaded) == pytest.approx(100, abs=30)


def test_a_made_up_one_loads_no_recording(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lone_confusers, "FAMILIES", {"dogs": replace(FAMILIES["dogs"], share=1.0, made_up=1.0)})
    made = lone_confuser(np.random.default_rng(3), pool())
    assert not loaded
    assert np.abs(made).max() > 0.01


def test_without_fluidsynth_music_is_recorded(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lone_confusers, "FAMILIES", {"music": Lone(1.0, 1.0)})
    lone_confuser(np.random.default_rng(4), pool())
    assert len(loaded) == 1
