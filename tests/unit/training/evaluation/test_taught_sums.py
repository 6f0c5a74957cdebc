"""Sums for teaching: each stands at the label that ends with its hop."""

import numpy as np
import pytest

from babycryd.detect.features import LEAST_HOPS
from training.evaluation.taught_sums import LABELS, at_labels


def test_a_sum_stands_where_its_hop_ends_and_between_two_hops_lies_their_mean() -> None:
    found = at_labels(np.array([1.0, 3.0, 5.0]), 2 * LEAST_HOPS + 4)
    first = 2 * LEAST_HOPS - 1  # label i ends after i + 1 half hops
    assert np.isnan(found[:first]).all()
    assert found[first : first + 5] == pytest.approx([1, 2, 3, 4, 5])


def test_a_segment_has_a_sum_up_to_its_last_label() -> None:
    hops = LABELS // 2 - LEAST_HOPS + 1
    assert not np.isnan(at_labels(np.zeros(hops), LABELS)[2 * LEAST_HOPS - 1 :]).any()
