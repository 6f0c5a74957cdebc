"""Families that a student hears: how well its outputs beside the cry rank the hops of the val shards.

    python -m training.evaluation.families_heard wide-0-families-weight0.1 --side val-0

A hop counts where its label is sure: at least SOUNDS where the family sounds, at most SILENT where it does not. For
fussing, hops of crying are negatives, too, because a cry is what it is taken for.
"""

import argparse
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.data.family_labels import LEARNT
from training.data.folds import SIDES
from training.data.paths import CHECKPOINTS
from training.model.architectures import SHIPPED, TRUNKS
from training.model.batches import FIRST_HOP, Batch, validation_batch
from training.model.network import build
from training.model.ranking import Scores, auc
from training.model.train import WEIGHTS_FILE
from training.synthesis.render import shard_folder

SOUNDS: Final = 0.5
SILENT: Final = 0.05
CERTAIN: Final = 0.9  # weight from which a label is sure


@dataclass(frozen=True, slots=True)
class HeardFamily:
    """Figures of one family."""

    name: str
    hops: int  # in which it sounds
    auc: float  # NaN where it never sounds


def heard_families(val: Batch, logits: Scores) -> list[HeardFamily]:
    """Figures of every family; `logits` are (b, hops, families), as the targets of the batch."""
    found = []
    for index, name in enumerate(LEARNT):
        target, sure = val.families[..., index], val.family_weights[..., index] >= CERTAIN
        sounds, silent = sure & (target >= SOUNDS), sure & (target <= SILENT)
        both = sounds.any() and silent.any()
        area = auc(logits[..., index][sounds], logits[..., index][silent]) if both else float("nan")
        found.append(HeardFamily(name, int(sounds.sum()), area))
    return found


def table(rows: list[HeardFamily]) -> str:
    """Markdown table."""
    lines = ["| family | hops | AUC |", "|---" * 3 + "|"]
    return "\n".join([*lines, *(f"| {row.name} | {row.hops} | {row.auc:.3f} |" for row in rows)])


def main() -> None:
    """Print the table of one student."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="folder in training/work/checkpoints")
    parser.add_argument("--side", choices=SIDES, default="val-0", help="side whose shards are heard")
    parser.add_argument("--architecture", choices=list(TRUNKS), default=SHIPPED)
    options = parser.parse_args()
    model, val = build(options.architecture), validation_batch(shard_folder(options.side), families=True)
    model.load_weights(CHECKPOINTS / options.name / WEIGHTS_FILE)
    logits = model.predict(val.frames, batch_size=64, verbose=0)[1][:, FIRST_HOP:]
    print(table(heard_families(val, np.asarray(logits, np.float64))))


if __name__ == "__main__":
    main()
