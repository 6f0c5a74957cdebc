"""Marks and home sounds help against the cat and for the baby, and never cost more than a hundredth of the cries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.verifier import FLOOR, HIGHEST_BIAS, LEAST_CRIES, HomeExample, Mark, Verifier

Embeddings = NDArray[np.float64]


def cluster(count: int, centre: float, seed: int) -> Embeddings:
    """Embeddings around one point, which differs from the cries' in a third of the dimensions."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.standard_normal((count, EMBEDDING)) + centre * (np.arange(EMBEDDING) % 3 == 0))


CRIES, CATS, DOORS = cluster(200, 0.0, 0), cluster(60, 1.5, 1), cluster(60, -1.5, 2)


def share_doubted(verifier: Verifier, embeddings: Embeddings) -> float:
    return float(np.mean([verifier.rejects(one) for one in embeddings]))


def test_without_marks_nothing_is_doubted() -> None:
    verifier = Verifier(CRIES)
    assert share_doubted(verifier, np.concatenate([CRIES, CATS])) == 0
    verifier.fit([Mark(CATS[0], cry=False)])
    verifier.fit([])
    assert share_doubted(verifier, CATS) == 0


def test_ten_marks_of_one_cat_silence_most_of_it_and_nothing_else() -> None:
    verifier = Verifier(CRIES)
    verifier.fit([Mark(cat, cry=False) for cat in CATS[:10]])
    assert share_doubted(verifier, CATS[10:]) > 0.5
    assert share_doubted(verifier, DOORS) == 0
    assert share_doubted(verifier, cluster(400, 0.0, 3)) <= 0.02


def test_what_was_marked_as_a_cry_is_never_doubted() -> None:
    verifier = Verifier(CRIES)
    verifier.fit([Mark(one, cry=False) for one in CATS[:10]] + [Mark(one, cry=True) for one in CATS[10:20]])
    assert not any(verifier.rejects(one) for one in CATS[10:20])


@settings(max_examples=40, deadline=None)
@given(false=st.integers(0, 60), true=st.integers(0, 20), seed=st.integers(0, 10_000), scale=st.floats(0.01, 30))
def test_the_floor_on_recall_holds_for_any_marks(false: int, true: int, seed: int, scale: float) -> None:
    """Also where the owner marks real cries as false ones, or nonsense."""
    rng = np.random.default_rng(seed)
    nonsense = np.concatenate([CRIES[:30], CATS, rng.standard_normal((60, EMBEDDING)) * scale])
    picked = nonsense[rng.permutation(len(nonsense))[: false + true]]
    verifier = Verifier(CRIES)
    verifier.fit([Mark(one, cry=index >= false) for index, one in enumerate(picked)])
    assert share_doubted(verifier, CRIES) <= FLOOR
    assert not any(verifier.rejects(one) for one in picked[false:])


def test_a_reference_of_one_is_enough_to_stand() -> None:
    verifier = Verifier(np.zeros((1, EMBEDDING)))
    verifier.fit([Mark(CATS[0], cry=False)])
    assert not verifier.rejects(np.zeros(EMBEDDING))
    assert share_doubted(verifier, CATS[:1]) in (0, 1)
    assert share_doubted(verifier, CATS[:1]) == pytest.approx(share_doubted(verifier, CATS[:1]))


@pytest.mark.parametrize("value", [1e9, -1e30, 1e308])
def test_a_hostile_file_makes_no_margin_that_is_no_number(value: float) -> None:
    """Else every vote would be held back."""
    verifier = Verifier(CRIES)
    hostile = np.where(np.arange(EMBEDDING) % 2, value, -value)
    verifier.fit([Mark(hostile, cry=False), Mark(CATS[0], cry=False)], [*others(CATS), *parts(BABY, "cry")])
    assert share_doubted(verifier, CRIES) <= FLOOR
    assert np.isfinite([verifier.bias(one) for one in np.concatenate([BABY, hostile[None]])]).all()


def parts(embeddings: Embeddings, name: str) -> list[HomeExample]:
    """Parts of cries of the baby, three of each."""
    return [HomeExample(one, f"{name}{index // 3}") for index, one in enumerate(embeddings)]


def others(embeddings: Embeddings) -> list[HomeExample]:
    return [HomeExample(one, "") for one in embeddings]


BABY = cluster(60, 0.7, 4)  # sounds a little like the cats


def test_what_the_home_showed_helps_without_a_mark() -> None:
    verifier = Verifier(CRIES)
    verifier.fit([], [*others(CATS[:30]), *parts(BABY[:30], "cry")])
    assert share_doubted(verifier, CATS[30:]) > 0.5
    assert share_doubted(verifier, BABY[30:]) <= 0.1
    assert float(np.mean([verifier.bias(one) > 0 for one in BABY[30:]])) > 0.5
    assert float(np.mean([verifier.bias(one) > 0 for one in CATS[30:]])) < 0.1


def test_the_threshold_is_lowered_only_where_baby_and_home_are_known() -> None:
    few = LEAST_CRIES * 3 - 3
    for home in ([], others(CATS), parts(BABY, "cry"), [*others(CATS[:5]), *parts(BABY, "cry")]):
        verifier = Verifier(CRIES)
        verifier.fit([], home)
        assert not any(verifier.bias(one) for one in BABY)
    verifier.fit([], [*others(CATS), *parts(BABY[:few], "cry")])
    assert not any(verifier.bias(one) for one in BABY)


def test_a_mark_protects_also_against_what_the_home_seemed_to_show() -> None:
    verifier = Verifier(CRIES)
    verifier.fit([Mark(CATS[0], cry=True)], others(CATS[:30]))
    assert not verifier.rejects(CATS[0])


@settings(max_examples=60, deadline=None)
@given(
    drift=st.floats(-3, 3),
    n_cries=st.integers(0, 240),
    n_others=st.integers(0, 240),
    mixed=st.floats(0, 1),
    marks=st.integers(0, 20),
    seed=st.integers(0, 10_000),
)
def test_recall_never_falls_by_more_than_a_point_and_the_homes_own_false_alarms_never_grow(
    drift: float, n_cries: int, n_others: int, mixed: float, marks: int, seed: int
) -> None:
    """For any length of crying, any change of the voice, and sounds that were taken for what they are not.

    The bounds hold at every threshold, as they count every cry whose decision changes at all.
    """
    rng = np.random.default_rng(seed)
    voice = cluster(n_cries, 1.0, seed) + np.linspace(0, drift, n_cries)[:, None]  # it changes from cry to cry
    cats = np.where(rng.random((n_others, 1)) < mixed, cluster(n_others, 0.9 + drift, seed + 1), CRIES[:1])
    own, home = parts(voice, "cry"), others(cats)
    verifier = Verifier(CRIES)
    verifier.fit([Mark(one, cry=bool(index % 2)) for index, one in enumerate(CATS[:marks])], [*own, *home])
    assert share_doubted(verifier, CRIES) <= FLOOR <= 0.01
    lost = [all(verifier.rejects(one.embedding) for one in own if one.cry == cry) for cry in {one.cry for one in own}]
    assert sum(lost) <= FLOOR * len(lost)
    favoured = [verifier.bias(one.embedding) for one in home]
    assert sum(bias > 0 for bias in favoured) <= FLOOR * (len(home) + marks)
    assert all(0 <= verifier.bias(one) <= HIGHEST_BIAS for one in np.concatenate([CRIES, CATS, DOORS, voice]))
