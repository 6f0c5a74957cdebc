"""Training loop of the student: learns from the shards on the disk, saves every 500 steps, can be interrupted.

    python -m training.model.train                          continues from the last checkpoint until --steps
    python -m training.model.train --steps 12000 --fresh    starts from the beginning
    python -m training.model.train --fold 0 --recipe families --family-weight 0.1     also learns families of sounds
    python -m training.model.train --known --warm --rate 5e-4 --steps 3000            goes on from the shipped file
    python -m training.model.train --known --warm --taught --rate 5e-4 --steps 3000   the same, taught by both stages

It prints the loss and, every 500 steps, loss and AUC on the val shards. The learning rate falls along a cosine over
--steps, so set it at the start. With the same shards, labels, versions, --threads and kind of processor a run repeats
bit for bit; the deterministic operations cost an eighth of the speed.
"""

import argparse
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from training.data.family_labels import LEARNT
from training.data.folds import FOLDS
from training.data.paths import CHECKPOINTS, MODELS
from training.model.architectures import SHIPPED, TRUNKS
from training.model.batches import FIRST_HOP, Batch, batch_of_step, load_shards, prefetched, validation_batch
from training.model.network import FAMILY_LAYER, build
from training.model.ranking import auc
from training.model.training_runs import TrainingRun, record_run
from training.model.warm_start import warm_start
from training.synthesis.ingredients import FIRST, RECIPE_NAMES
from training.synthesis.render import shard_folder

SEED = 3
WEIGHTS_FILE = "student.weights.h5"
VALIDATE_EVERY = 500  # steps
PEAK_RATE = 2e-3  # learning rate after the warm-up
SHARPEN = 0.5  # share of the way from a positive soft label to 1 that the target is moved
FOCUS = 2.5  # weight that a negative gains with its score, because few negatives are hard


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained, and on which shards."""

    architecture: str = SHIPPED
    fold: int | None = None  # None: the manifest's own split
    recipe: str = FIRST  # of the train shards; val shards have the recipe `first`
    family_weight: float = 0.0  # weight of the families' loss against that of the cry; 0: none is learnt
    known: bool = False  # without the datasets that came after the shipped model
    warm: bool = False  # begins with the weights of the shipped file
    peak_rate: float = PEAK_RATE  # learning rate after the warm-up
    taught: bool = False  # by the sums of both stages (`training.evaluation.taught_sums`)

    @property
    def folder(self) -> Path:
        """Folder for checkpoints and weights, its own for every plan."""
        name = self.architecture.replace(" ", "_") + ("" if self.fold is None else f"-{self.fold}")
        name += "-known" if self.known else ""
        name += "" if self.recipe == FIRST else f"-{self.recipe}"
        name += "-warm" if self.warm else ""
        name += "-taught" if self.taught else ""
        return CHECKPOINTS / (f"{name}-weight{self.family_weight:g}" if self.family_weight else name)

    @property
    def sides(self) -> tuple[str, str]:
        """Train and val side of the fold (`training.data.folds`)."""
        if self.fold is not None:
            return f"train-{self.fold}", f"val-{self.fold}"
        return ("shipped-train", "shipped-val") if self.known else ("train", "val")


class Trainer:
    """Model, optimiser and step counter, saved and restored together."""

    def __init__(self, plan: Plan, steps: int) -> None:
        import keras  # slow to import; --help does not need it
        import tensorflow as tf

        keras.utils.set_random_seed(SEED)
        self.model, self._family_weight, self._taught = build(plan.architecture), plan.family_weight, plan.taught
        self._weights = plan.folder / WEIGHTS_FILE
        unused = [] if plan.family_weight else self.model.get_layer(FAMILY_LAYER).trainable_variables
        self._variables = [one for one in self.model.trainable_variables if all(one is not other for other in unused)]
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, steps, warmup_target=plan.peak_rate, warmup_steps=steps // 20
        )
        self._optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, clipnorm=1.0)
        self._optimizer.build(self._variables)
        self._saved = tf.train.Checkpoint(model=self.model, optimizer=self._optimizer)
        self._manager = tf.train.CheckpointManager(self._saved, str(plan.folder / "state"), max_to_keep=2)
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

    def _one_step(self, batch: tuple[Any, ...]) -> tuple[Any, Any]:
        import tensorflow as tf

        frames, targets, weights, families, family_weights = batch
        with tf.GradientTape() as tape:
            logits, others = (one[:, FIRST_HOP:] for one in self.model(frames, training=True))
            least = 0.5 if self._taught else 0.0  # of the targets of a cry; those that are taught are never 0
            sharp = targets if self._taught else tf.where(targets > 0, targets + SHARPEN * (1 - targets), 0.0)
            focus = tf.where(targets > least, 1.0, 0.5 + FOCUS * tf.sigmoid(tf.stop_gradient(logits)))
            losses = tf.nn.sigmoid_cross_entropy_with_logits(sharp, logits) * weights * focus
            loss = cry_loss = tf.reduce_sum(losses) / tf.reduce_sum(weights)
            family_loss = tf.constant(0.0)
            if self._family_weight:
                losses = tf.nn.sigmoid_cross_entropy_with_logits(families, others) * family_weights
                family_loss = tf.reduce_sum(losses) * len(LEARNT) / tf.reduce_sum(family_weights)
                loss += self._family_weight * family_loss
        gradients = tape.gradient(loss, self._variables)
        self._optimizer.apply_gradients(zip(gradients, self._variables, strict=True))
        return cry_loss, family_loss

    def step(self, batch: Batch) -> tuple[float, float]:
        """Make one optimiser step; returns the cross-entropy of the cry and that of all families together."""
        losses = self._step((batch.frames, batch.targets, batch.weights, batch.families, batch.family_weights))
        return float(losses[0]), float(losses[1])

    def validate(self, val: Batch) -> str:
        """One line with loss and AUC on the val batch; the AUC counts hops with a weight of at least 0.9."""
        logits = self.model.predict(val.frames, batch_size=64, verbose=0)[0][:, FIRST_HOP:].astype(np.float64).ravel()
        targets, weights = val.targets.ravel(), val.weights.ravel()
        losses = np.logaddexp(0, logits) - targets * logits
        sure = weights >= 0.9
        return (
            f"val loss {np.average(losses, weights=weights):.4f}  "
            f"AUC {auc(logits[sure & (targets > 0)], logits[sure & (targets == 0)]):.4f}"
        )


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """How often a run validates and saves, and what follows each time."""

    every: int = VALIDATE_EVERY  # steps
    saved: Callable[[], None] = lambda: None


USUAL = Checkpoints()


def run(
    plan: Plan, steps: int, batch_size: int, threads: int, *, fresh: bool, checkpoints: Checkpoints = USUAL
) -> None:
    """Train until `steps`; validates and saves as `checkpoints` say, and at the end."""
    folder, (train, val_side) = plan.folder, plan.sides
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    trainer, val = Trainer(plan, steps), validation_batch(shard_folder(val_side))
    done, begin_s = trainer.restore(), time.monotonic()
    if plan.warm and not done:
        warm_start(trainer.model, MODELS / "cry.tflite", val.frames[:64])
        tqdm.write(f"step 0, the shipped weights  {trainer.validate(val)}")
    shards = load_shards(shard_folder(train, plan.recipe), families=plan.family_weight > 0, sums=plan.taught)
    now = TrainingRun(done, done, batch_size, threads, len(shards), plan.recipe, plan.family_weight, plan.warm)
    make = partial(batch_of_step, shards, batch_size)
    with tqdm(total=steps, initial=done, unit="step", mininterval=5) as bar:
        losses: list[tuple[float, float]] = []
        for step, batch in enumerate(prefetched(lambda step: make((SEED, step)), range(done + 1, steps + 1)), done + 1):
            losses.append(trainer.step(batch))
            bar.update()
            bar.set_postfix(loss=f"{np.mean(losses[-200:], axis=0).round(4)}", refresh=False)
            if step % checkpoints.every == 0 or step == steps:
                trainer.save()
                record_run(folder, replace(now, end=step))
                minutes = (time.monotonic() - begin_s) / 60
                checkpoints.saved()
                cry, families = np.mean(losses[-checkpoints.every :], axis=0)
                told = f"loss {cry:.4f}, of families {families:.4f}  {trainer.validate(val)}"
                tqdm.write(f"step {step}  {minutes:.1f} min  {told}")


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
    sides = parser.add_mutually_exclusive_group()
    sides.add_argument("--known", action="store_true", help="without the datasets that came after the shipped model")
    sides.add_argument("--fold", type=int, choices=FOLDS, help="train on the train side of a fold (default: on train)")
    parser.add_argument("--recipe", choices=RECIPE_NAMES, default=FIRST, help="ingredients of the train shards")
    parser.add_argument("--family-weight", type=float, default=0.0, help="of the families' loss; 0: none is learnt")
    parser.add_argument("--warm", action="store_true", help="begin with the weights of the shipped file")
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="highest learning rate")
    parser.add_argument("--fresh", action="store_true", help="delete the checkpoint and start from the beginning")
    parser.add_argument("--taught", action="store_true", help="by the sums of both stages, beside the labels")
    options = parser.parse_args()
    limit_threads(options.threads)
    plan = Plan(
        options.architecture,
        options.fold,
        options.recipe,
        options.family_weight,
        options.known,
        options.warm,
        options.rate,
        options.taught,
    )
    run(plan, options.steps, options.batch, options.threads, fresh=options.fresh)


def limit_threads(count: int) -> None:
    """Set the number of threads and deterministic operations. Must be called before TensorFlow's first operation."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(1)


if __name__ == "__main__":
    main()
