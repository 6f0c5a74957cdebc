"""Training loop of the student: learns from the shards on the disk, saves every 500 steps, can be interrupted.

    python -m training.model.train                          continues from the last checkpoint until --steps
    python -m training.model.train --steps 12000 --fresh    starts from the beginning

It prints the loss and, every 500 steps, loss and AUC on the val shards. The learning rate falls along a cosine over
--steps, so set it at the start. With the same shards, labels, versions, --threads and kind of processor a run repeats
bit for bit; the deterministic operations cost an eighth of the speed.
"""

import argparse
import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from training.data.folds import FOLDS
from training.data.paths import CHECKPOINTS, SHARDS
from training.model.architectures import SHIPPED, TRUNKS
from training.model.batches import FIRST_HOP, Batch, batch_of_step, load_shards, prefetched, validation_batch
from training.model.network import build
from training.model.ranking import auc

SEED = 3
VALIDATE_EVERY = 500  # steps
PEAK_RATE = 2e-3  # learning rate after the warm-up
SHARPEN = 0.5  # share of the way from a positive soft label to 1 that the target is moved
FOCUS = 2.5  # weight that a negative gains with its score, because few negatives are hard


class Trainer:
    """Model, optimiser and step counter, saved and restored together."""

    def __init__(self, architecture: str, steps: int, folder: Path) -> None:
        import keras  # slow to import; --help does not need it
        import tensorflow as tf

        keras.utils.set_random_seed(SEED)
        self.model = build(architecture)
        self._weights = folder / "student.weights.h5"
        rate = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=PEAK_RATE, warmup_steps=steps // 20)
        self._optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, clipnorm=1.0)
        self._optimizer.build(self.model.trainable_variables)
        self._saved = tf.train.Checkpoint(model=self.model, optimizer=self._optimizer)
        self._manager = tf.train.CheckpointManager(self._saved, str(folder / "state"), max_to_keep=2)
        self._step = tf.function(self._one_step, jit_compile=False)

    def restore(self) -> int:
        """Restore the last checkpoint; returns the steps done, 0 without one."""
        if self._manager.latest_checkpoint:
            self._saved.restore(self._manager.latest_checkpoint)
        return int(self._optimizer.iterations.numpy())

    def save(self) -> None:
        """Save a checkpoint and the weights."""
        self._manager.save()
        self.model.save_weights(self._weights)

    def _one_step(self, frames: Any, targets: Any, weights: Any) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            logits = self.model(frames, training=True)[:, FIRST_HOP:]
            sharp = tf.where(targets > 0, targets + SHARPEN * (1 - targets), 0.0)
            focus = tf.where(targets > 0, 1.0, 0.5 + FOCUS * tf.sigmoid(tf.stop_gradient(logits)))
            losses = tf.nn.sigmoid_cross_entropy_with_logits(sharp, logits) * weights * focus
            loss = tf.reduce_sum(losses) / tf.reduce_sum(weights)
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self._optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        return loss

    def step(self, batch: Batch) -> float:
        """Make one optimiser step; returns the weighted cross-entropy of the batch."""
        return float(self._step(batch.frames, batch.targets, batch.weights))

    def validate(self, val: Batch) -> str:
        """One line with loss and AUC on the val batch; the AUC counts hops with a weight of at least 0.9."""
        logits = self.model.predict(val.frames, batch_size=64, verbose=0)[:, FIRST_HOP:].astype(np.float64).ravel()
        targets, weights = val.targets.ravel(), val.weights.ravel()
        losses = np.logaddexp(0, logits) - targets * logits
        sure = weights >= 0.9
        return (
            f"val loss {np.average(losses, weights=weights):.4f}  "
            f"AUC {auc(logits[sure & (targets > 0)], logits[sure & (targets == 0)]):.4f}"
        )


def run(architecture: str, steps: int, batch_size: int, threads: int, *, fresh: bool, fold: int | None = None) -> None:
    """Train until `steps`; validates and saves every VALIDATE_EVERY steps."""
    folder, train, val_side = checkpoint_folder(architecture, fold), *sides_of(fold)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    trainer, val = Trainer(architecture, steps, folder), validation_batch(SHARDS / val_side)
    done, begin_s = trainer.restore(), time.monotonic()
    shards = load_shards(SHARDS / train)
    make = partial(batch_of_step, shards, batch_size)
    with tqdm(total=steps, initial=done, unit="step", mininterval=5) as bar:
        losses: list[float] = []
        for step, batch in enumerate(prefetched(lambda step: make((SEED, step)), range(done + 1, steps + 1)), done + 1):
            losses.append(trainer.step(batch))
            bar.update()
            bar.set_postfix(loss=f"{np.mean(losses[-200:]):.4f}", refresh=False)
            if step % VALIDATE_EVERY == 0 or step == steps:
                trainer.save()
                _record_run(folder, TrainingRun(done, step, batch_size, threads, len(shards)))
                minutes = (time.monotonic() - begin_s) / 60
                loss = np.mean(losses[-VALIDATE_EVERY:])
                tqdm.write(f"step {step}  {minutes:.1f} min  loss {loss:.4f}  {trainer.validate(val)}")


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run of this program, as cry.json records it."""

    begin: int  # steps done before this run
    end: int  # steps done after it
    batch: int  # segments a step
    threads: int
    shards: int


def load_history(folder: Path) -> list[TrainingRun]:
    """Training runs that led to the weights in `folder`, oldest first; empty without a history."""
    file = folder / "history.json"
    return [TrainingRun(**one) for one in json.loads(file.read_text("utf-8"))] if file.exists() else []


def _record_run(folder: Path, run_done: TrainingRun) -> None:
    """Add or update a run in the history. An interrupted run that continues with the same settings stays one run."""
    earlier = [one for one in load_history(folder) if one.end <= run_done.begin]
    if earlier and replace(earlier[-1], begin=0, end=0) == replace(run_done, begin=0, end=0):
        run_done = replace(run_done, begin=earlier.pop().begin)
    rows = [asdict(one) for one in [*earlier, run_done]]
    (folder / "history.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


def sides_of(fold: int | None) -> tuple[str, str]:
    """Train and val side of a fold (`training.data.folds`); without one those of the manifest."""
    return ("train", "val") if fold is None else (f"train-{fold}", f"val-{fold}")


def checkpoint_folder(architecture: str, fold: int | None = None) -> Path:
    """Folder for checkpoints and weights of an architecture, of each fold its own."""
    name = architecture.replace(" ", "_")
    return CHECKPOINTS / (name if fold is None else f"{name}-{fold}")


def main() -> None:
    """Train, or continue training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--architecture", choices=list(TRUNKS), default=SHIPPED, help="see training/model/architectures.py"
    )
    parser.add_argument("--steps", type=int, default=8_000, help="steps in all; the learning rate falls to 0 over them")
    parser.add_argument("--batch", type=int, default=32, help="segments of 9.6 s a step")
    parser.add_argument(
        "--threads", type=int, default=2, help="processor threads; a run repeats only with the same number"
    )
    parser.add_argument("--fold", type=int, choices=FOLDS, help="train on the train side of a fold (default: on train)")
    parser.add_argument("--fresh", action="store_true", help="delete the checkpoint and start from the beginning")
    options = parser.parse_args()
    limit_threads(options.threads)
    run(options.architecture, options.steps, options.batch, options.threads, fresh=options.fresh, fold=options.fold)


def limit_threads(count: int) -> None:
    """Set the number of threads and deterministic operations. Must be called before TensorFlow's first operation."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(1)


if __name__ == "__main__":
    main()
