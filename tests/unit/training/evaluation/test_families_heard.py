"""A family's figure counts only hops with a sure label."""

import numpy as np

from training.data.family_labels import LEARNT
from training.evaluation.families_heard import heard_families, table
from training.model.batches import Batch

CAT, DOG = LEARNT.index("cat"), LEARNT.index("dog")


def test_hops_without_a_sure_label_do_not_count() -> None:
    shape = (1, 40, len(LEARNT))
    target, weight, logits = np.zeros(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape)
    target[0, :10, CAT], logits[0, :10, CAT] = 1.0, 2.0
    target[0, 10:20, CAT], logits[0, 10:20, CAT] = 0.3, -9.0  # neither silent nor sounding
    target[0, 20:25, CAT], weight[0, 20:25, CAT], logits[0, 20:25, CAT] = 1.0, 0.3, -9.0  # faint
    nothing = np.zeros((1, 40, 1), np.float32)
    rows = heard_families(Batch(nothing, nothing, nothing, target, weight), logits)
    assert [row.name for row in rows] == list(LEARNT)
    assert (rows[CAT].hops, rows[CAT].auc) == (10, 1.0)
    assert rows[DOG].hops == 0
    assert np.isnan(rows[DOG].auc)
    assert "| cat | 10 | 1.000 |" in table(rows)
