"""Comparison of the trained architectures: figures on val scenes and clips, size and time a hop.

    python -m training.model.train --architecture separable --steps 1500 --fresh   trains one; use equal steps for all
    python -m training.evaluation.compare                                          the table of docs/decisions/0004

Scores come from the TFLite file, hop after hop, as the daemon computes them.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from babycryd.detect.tflite import TfliteClassifier
from training.evaluation.detectors import Student
from training.evaluation.scoring import recall_at_false_alarms, score_clips, vote_scenes
from training.model.architectures import TRUNKS
from training.model.network import WEIGHTS, build, microseconds_per_hop, to_tflite
from training.model.ranking import auc
from training.model.train import WEIGHTS_FILE, Plan


@dataclass(frozen=True, slots=True)
class ArchitectureFigures:
    """Row of the table: figures of one architecture."""

    architecture: str
    parameters: int
    kilobytes: float
    us_per_hop: float
    clips_auc: float
    recall: tuple[float, ...]  # at each of FALSE_ALARMS_PER_HOUR


FALSE_ALARMS_PER_HOUR = (0.5, 1.0, 2.0, 4.0)


def architecture_figures(architecture: str, trained: Path, weights: str) -> ArchitectureFigures:
    """Convert the trained weights to TFLite and evaluate them."""
    model = build(architecture)
    model.load_weights(trained)
    content = to_tflite(model, architecture, weights=weights)
    student = Student(TfliteClassifier(content, architecture), 0.5, name=architecture)
    scenes, clips = vote_scenes(student), score_clips(student)
    scores = [np.array([clip.score for clip in clips if clip.cry == cry]) for cry in (True, False)]
    recall = tuple(recall_at_false_alarms(scenes, per_hour)[1] for per_hour in FALSE_ALARMS_PER_HOUR)
    return ArchitectureFigures(
        architecture, model.count_params(), len(content) / 1000, microseconds_per_hop(content), auc(*scores), recall
    )


def table(rows: list[ArchitectureFigures]) -> str:
    """Markdown table."""
    recalls = " | ".join(f"recall at {per_hour:g}/h" for per_hour in FALSE_ALARMS_PER_HOUR)
    lines = [f"| architecture | parameters | kB | us a hop | clips AUC | {recalls} |", "|---" * 9 + "|"]
    for row in rows:
        cells = [f"{row.parameters:,}", f"{row.kilobytes:.0f}", f"{row.us_per_hop:.0f}", f"{row.clips_auc:.3f}"]
        lines.append(f"| {' | '.join([row.architecture, *cells, *(f'{recall:.2f}' for recall in row.recall)])} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of all trained architectures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights", choices=WEIGHTS, default=WEIGHTS[0], help="weights in 8 bits, or in half precision"
    )
    options = parser.parse_args()
    trained = {name: Plan(name).folder / WEIGHTS_FILE for name in TRUNKS}
    print(table([architecture_figures(name, file, options.weights) for name, file in trained.items() if file.exists()]))


if __name__ == "__main__":
    main()
