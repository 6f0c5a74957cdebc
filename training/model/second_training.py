"""Fine-tuning of mn04 into the second opinion, on windows of 1.92 and 3.84 s that end now; 0.4 s a step.

    python -m training.model.second_training --train train --val val --confusers --last --name whole --until 1500

The loss is that of the cry, and of how mn04 as it is hears the families of sounds (`training.data.families`), so that
the trunk keeps its knowledge of other sounds. Windows are mixed (mixup) and get another microphone response; one in
three loses its bass. The learning rate follows a cosine. What is kept is a mean of the averaged weights and of mn04's
own: it hears unknown sources better than either (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
Every EVALUATED steps it is judged on windows of the other side, and saved where its sum with the shipped model is the
best. A run that was stopped continues from its last evaluation, with the draws that it would have had.
"""

import argparse
import json
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.data.families import families
from training.data.folds import SIDES
from training.data.mn04 import CRY_CLASSES
from training.data.paths import CHECKPOINTS
from training.model.mn04_network import build
from training.model.ranking import auc
from training.model.second_batches import FRAMES, Batch, Floats, batches, mel_of
from training.model.second_windows import Windows, load_windows, together

SEED: Final = 5
PEAK_RATE: Final = 3e-4
WARM_UP: Final = 200
AVERAGE: Final = 0.998  # of the averaged weights, a step
TUNED_SHARE: Final = 0.7  # of the weights that are kept
EVALUATED: Final = 300
FAMILY_WEIGHT: Final = 0.5
LEAST_FIRST: Final = 0.05  # score of the shipped model from which a val window counts
FOLDER: Final = CHECKPOINTS / "second"
BEST: Final = "best.weights.h5"


def cry_logits(logits: Any) -> Any:
    """(b,) the higher one of the two cry classes."""
    import tensorflow as tf

    return tf.reduce_max(tf.gather(logits, CRY_CLASSES, axis=1), axis=1)


def family_logits(logits: Any) -> Any:
    """(b, families) the highest class of each family but the cry."""
    import tensorflow as tf

    others = [numbers for numbers in families().values() if not set(numbers) & set(CRY_CLASSES)]
    return tf.stack([tf.reduce_max(tf.gather(logits, numbers, axis=1), axis=1) for numbers in others], axis=1)


class Training:
    """Fine-tuning: the network, as it is and as it is trained, with its averaged weights."""

    def __init__(self, steps: int) -> None:
        import keras
        import tensorflow as tf

        self.steps, self.network, self._as_it_is = steps, build(), build()
        schedule = keras.optimizers.schedules.CosineDecay(
            1e-6, steps - WARM_UP, warmup_target=PEAK_RATE, warmup_steps=WARM_UP, alpha=0.02
        )
        self.optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-3, global_clipnorm=1.0)
        self.optimizer.build(self.network.trainable_variables)
        self.average = [np.array(one) for one in self.network.get_weights()]
        self._step = tf.function(self._train, reduce_retracing=True)

    def _train(self, mel: Any, targets: Any, weights: Any) -> Any:
        import tensorflow as tf

        heard = tf.sigmoid(family_logits(self._as_it_is(mel, training=False)[0]))
        with tf.GradientTape() as tape:
            logits, _ = self.network(mel, training=True)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, cry_logits(logits))
            cry = tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)
            family = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(heard, family_logits(logits)))
            loss = cry + FAMILY_WEIGHT * family
        variables = self.network.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return cry

    def step(self, batch: Batch) -> float:
        """Train on one batch; return the loss of the cry."""
        loss = float(self._step(batch.mel, batch.targets, batch.weights))
        pairs = zip(self.average, self.network.get_weights(), strict=True)
        self.average = [AVERAGE * mean + (1 - AVERAGE) * now for mean, now in pairs]
        return loss

    def save(self, path: Path, step: int) -> None:
        """Write everything that a run needs to continue, whole or not at all."""
        optimizer = [one.numpy() for one in self.optimizer.variables]
        kept = {"network": self.network.get_weights(), "average": self.average, "optimizer": optimizer}
        arrays = {f"{name}.{index}": one for name, ones in kept.items() for index, one in enumerate(ones)}
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, step=step, **arrays)
        partial.replace(path)

    def load(self, path: Path) -> int:
        """Continue a run; return its step."""
        with np.load(path, allow_pickle=False) as stored:

            def arrays(name: str) -> list[NDArray[np.float32]]:
                return [stored[f"{name}.{index}"] for index in range(sum(key.startswith(f"{name}.") for key in stored))]

            self.network.set_weights(arrays("network"))
            self.average = arrays("average")
            for variable, value in zip(self.optimizer.variables, arrays("optimizer"), strict=True):
                variable.assign(value)
            return int(stored["step"])

    def mixed(self) -> Any:
        """A network with the averaged weights, mixed with those of mn04 as it is."""
        pairs = zip(self.average, self._as_it_is.get_weights(), strict=True)
        network = build()
        network.set_weights([TUNED_SHARE * tuned + (1 - TUNED_SHARE) * as_it_is for tuned, as_it_is in pairs])
        return network


def cry_scores(network: Any, windows: Windows, rows: NDArray[np.int64], frames: int) -> Floats:
    """(b,) logits of the cry in the last frames of some windows."""
    parts = [rows[first : first + 128] for first in range(0, len(rows), 128)]
    return np.concatenate([cry_logits(network(mel_of(windows, part, frames, None))[0]) for part in parts])


def figures(network: Any, windows: Windows) -> dict[str, float]:
    """AUC and recall at 1 % of others among suspected windows: each length, the shipped model, its sum with `short`."""
    rows = np.flatnonzero((windows.first >= LEAST_FIRST) & (windows.weights > 0.5))
    truth, score = windows.targets[rows] > 0.5, np.clip(windows.first[rows], 1e-6, 1 - 1e-6)
    short, long = (cry_scores(network, windows, rows, frames) for frames in FRAMES)
    first = np.log(score / (1 - score))
    found = dict[str, float]()
    named = {"short": short, "long": long, "first": first, "added": first + short}
    for name, logits in named.items():
        limit = np.quantile(logits[~truth], 0.99)
        found[f"{name} auc"] = round(auc(logits[truth], logits[~truth]), 4)
        found[f"{name} at 1 %"] = round(float(np.mean(logits[truth] > limit)), 4)
    return found


def train(
    train_on: Windows,
    val: Windows,
    folder: Path,
    steps: int,
    until: int,
    evaluated: int = EVALUATED,
    *,
    confusers: Windows | None = None,
    last: bool = False,
) -> None:
    """Fine-tune up to step `until` of `steps`, or continue; `folder` gets state, history and the best weights.

    `confusers`: windows of which CONFUSERS are in every batch. `last`: the last weights count as the best.
    """
    folder.mkdir(parents=True, exist_ok=True)
    training, state, history = Training(steps), folder / "state.npz", folder / "history.jsonl"
    begun = training.load(state) if state.exists() else 0
    if not begun:
        print({"step": 0} | figures(training.network, val), flush=True)
    lines = history.read_text(encoding="utf-8").splitlines() if begun else []
    best = max((json.loads(line)["added auc"] for line in lines), default=-1.0)
    learnt, alone = (together(train_on, confusers), len(confusers.targets)) if confusers else (train_on, 0)
    drawn = batches(learnt, np.random.default_rng([SEED, 0]), alone)
    source, losses = islice(drawn, begun, None), list[float]()
    for step in tqdm(range(begun + 1, until + 1), mininterval=30):
        losses.append(training.step(next(source)))
        if step % evaluated == 0:
            mixed = training.mixed()
            now = {"step": step, "loss": round(float(np.mean(losses[-evaluated:])), 4)} | figures(mixed, val)
            if last or now["added auc"] > best:
                best = now["added auc"]
                mixed.save_weights(folder / BEST)
            with history.open("a", encoding="utf-8") as file:
                file.write(json.dumps(now) + "\n")
            training.save(state, step)
            print(now, flush=True)


def main() -> None:
    """Fine-tune, or continue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4000, help="over which the learning rate falls")
    parser.add_argument("--until", type=int, help="end early, after so many steps (default: all)")
    parser.add_argument("--evaluated", type=int, default=EVALUATED, help="judged and kept every so many steps")
    parser.add_argument("--name", default="all", help="of the folder of the checkpoints")
    parser.add_argument("--train", choices=SIDES, default="train-0", help="side whose windows it learns")
    parser.add_argument("--val", choices=SIDES, default="val-0", help="side on whose windows it is judged")
    parser.add_argument("--confusers", action="store_true", help="learn the windows of the side's confusers, too")
    parser.add_argument("--last", action="store_true", help="keep the last weights, not those with the best sum")
    options = parser.parse_args()
    learnt, judged = load_windows(options.train), load_windows(options.val)
    confusers = load_windows(options.train, confusers=True) if options.confusers else None
    until, folder = options.until or options.steps, FOLDER / options.name
    train(learnt, judged, folder, options.steps, until, options.evaluated, confusers=confusers, last=options.last)


if __name__ == "__main__":
    main()
