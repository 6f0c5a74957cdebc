"""PSDS: one figure of a detector over all thresholds, which other work on sound events reports too."""

from collections.abc import Sequence

import numpy as np

from babycryd.audio.format import HOP_S
from training.evaluation.metrics import window_ends_s
from training.evaluation.scoring import VotedScene


def psds(scenes: Sequence[VotedScene]) -> float:
    """Polyphonic sound detection score (Bilen et al., 2020) up to 10 false alarms an hour, by sed_scores_eval.

    A detection counts if a tenth of it lies within a cry, and a cry if a tenth of it is covered: its exact end does not
    matter here.
    """
    from sed_scores_eval import intersection_based
    from sed_scores_eval.base_modules.scores import create_score_dataframe

    names = [str(index) for index in range(len(scenes))]
    tables = {
        name: create_score_dataframe(
            scene.voted[:, None], np.append(window_ends_s(len(scene.voted)) - HOP_S, scene.duration_s), ["cry"]
        )
        for name, scene in zip(names, scenes, strict=True)
    }
    truth = {
        name: [(cry.onset_s, cry.offset_s, "cry") for cry in scene.cries]
        for name, scene in zip(names, scenes, strict=True)
    }
    seconds = {name: scene.duration_s for name, scene in zip(names, scenes, strict=True)}
    demands = {"dtc_threshold": 0.1, "gtc_threshold": 0.1, "cttc_threshold": None, "alpha_ct": 0, "alpha_st": 0}
    return float(
        intersection_based.psds(
            scores=tables, ground_truth=truth, audio_durations=seconds, max_efpr=10, unit_of_time="hour", **demands
        )[0]
    )
