"""Weights and threshold of fussing, written into cry.json: what `babycryd.detect.stirring` reads.

    python -m training.release.stirring           (8 minutes)

The weights are those of the student where it has learnt fussing (`families.weights.fuss`, `training.release.export`);
else they are fitted to its embedding (`training.model.fuss_head`). The threshold is the lowest one with at most
WANTED_PER_HOUR false stirrings on val scenes.
"""

import argparse
import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.stirring import NEEDED, VOTERS
from babycryd.detect.tflite import shipped_classifier
from training.data.paths import MODELS
from training.evaluation.heard_scenes import HeardScene, heard_scenes
from training.evaluation.metrics import alarms_s, vote_scores, window_ends_s
from training.evaluation.stirring import AFTER_CRY_S, SIDES
from training.model.fuss_head import examples, fit
from training.synthesis.scenes import SCENE_S

WANTED_PER_HOUR: Final = 0.25  # one in 580 distractors; other homes than val's have more
FITTED: Final = "training.model.fuss_head"
_LOWEST: Final = 1000.0  # added to logits for `vote_scores`, which takes a hop before the first for 0

Logits = NDArray[np.float64]


def voted_logits(heard: HeardScene, weights: NDArray[np.float64]) -> Logits:
    """Highest threshold at which each hop of a scene stirs; the lowest one in and after cries."""
    logits = heard.embeddings.astype(np.float64) @ weights[:-1] + weights[-1]
    voted = np.asarray(vote_scores(logits + _LOWEST, NEEDED, VOTERS) - _LOWEST, np.float64)
    ends_s = window_ends_s(len(voted))
    for cry in heard.truth.cries:
        voted[(ends_s >= cry.onset_s) & (ends_s <= cry.offset_s + AFTER_CRY_S)] = -_LOWEST
    return voted


def lowest_threshold(scenes: list[Logits], per_hour: float) -> float:
    """Lowest threshold, to two digits, with at most so many false stirrings an hour."""
    hours = len(scenes) * SCENE_S / 3600
    threshold = round(float(np.ceil(max(voted.max() for voted in scenes) * 100) / 100) + 0.01, 2)
    while True:
        lower = round(threshold - 0.01, 2)
        false = sum(len(alarms_s(voted >= lower, window_ends_s(len(voted)))) for voted in scenes)
        if false > per_hour * hours:
            return threshold
        threshold = lower


def with_stirring(card: dict[str, Any], weights: NDArray[np.float64] | None, likely: float) -> dict[str, Any]:
    """The card with the threshold, and with `weights` where the student has none."""
    families = card.get("families", {"of": "the embedding, then a 1", "weights": {}})
    if weights is not None:
        fuss = {"fuss": [round(float(one), 5) for one in weights]}
        families = {**families, "weights": {**families["weights"], **fuss}}
    stirring = {
        "likely": likely,
        "false_an_hour": WANTED_PER_HOUR,
        "scenes": list(SIDES),
        "fitted_by": FITTED if weights is not None else None,
    }
    before = {key: value for key, value in card.items() if key not in {"families", "stirring", "threshold"}}
    place = list(before).index("votes")
    added = {"families": families, "stirring": stirring, "threshold": card["threshold"]}
    return dict([*list(before.items())[:place], *added.items(), *list(before.items())[place:]])


def main() -> None:
    """Fit, choose the threshold, write the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="fit them, also where the student has learnt fussing")
    options = parser.parse_args()
    path = MODELS / "cry.json"
    card, classifier = json.loads(path.read_text("utf-8")), shipped_classifier()
    fitted = options.fit or card.get("stirring", {}).get("fitted_by") == FITTED
    own = None if fitted else card.get("families", {}).get("weights", {}).get("fuss")
    weights = np.array(own) if own else np.round(fit(examples(classifier)), 5)
    scenes = [voted_logits(one, weights) for one in heard_scenes(classifier, SIDES)]
    likely = lowest_threshold(scenes, WANTED_PER_HOUR)
    partial = MODELS / ".cry.json"
    partial.write_text(json.dumps(with_stirring(card, None if own else weights, likely), indent=2) + "\n", "utf-8")
    partial.replace(path)
    print(f"fussing is likely from a logit of {likely} on")


if __name__ == "__main__":
    main()
