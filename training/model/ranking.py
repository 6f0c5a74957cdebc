"""Ranking metrics: how well scores put positives before negatives. Pure numpy."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]  # (n,) of any range


def auc(positive: Scores, negative: Scores) -> float:
    """Area under the ROC curve, 0..1: how often a positive outscores a negative; ties count half."""
    both = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def average_precision(positive: Scores, negative: Scores) -> float:
    """Average precision, 0..1: mean precision at the positives, highest score first; ties take the worst order."""
    scores = np.concatenate([positive, negative])
    truth = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    truth = truth[np.lexsort((truth, -scores))]
    precision = np.cumsum(truth) / np.arange(1, len(truth) + 1)
    return float(precision[truth > 0].mean())
