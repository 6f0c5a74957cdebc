"""Streaming scores: the classifier hop after hop, with the daemon's frames and state but without its gate."""

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP
from babycryd.detect.features import ContextStream
from babycryd.detect.scoring import EMBEDDING, Classifier, Scored
from training.data.recordings import Samples


def score_hops(classifier: Classifier, samples: Samples) -> list[Scored]:
    """Results for all whole hops from the first full window on; one result for a clip shorter than a window."""
    stream, scored_hops = ContextStream(), list[Scored]()
    classifier.reset()
    whole = len(samples) // HOP * HOP
    for hop in samples[:whole].reshape(-1, HOP):
        scored = [classifier.score(frames) for frames in stream.push(hop)][-1]
        if stream.enough:
            scored_hops.append(scored)
    short = stream.short_clip(samples[whole:])
    if short:
        classifier.reset()
        scored_hops.append([classifier.score(frames) for frames in short][-1])
    return scored_hops


def scores_and_embeddings(classifier: Classifier, samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Scores (n,) and embeddings (n, EMBEDDING) of a recording, one each for every result of `score_hops`."""
    scored_hops = score_hops(classifier, samples)
    embeddings = [one.embedding for one in scored_hops]
    return np.array([one.score for one in scored_hops]), np.array(embeddings, np.float32).reshape(-1, EMBEDDING)
