"""The cloud's training program with two made-up shards in place of rendered ones, in a process of its own."""

from typing import Any

import numpy as np

from babycryd.detect.features import N_MELS
from training.cloud import train as cloud_train
from training.model import train
from training.model.batches import Batch, Shard, batch_of_step

SEGMENTS = 8


def shard(seed: int) -> Shard:
    """Segments of noise, of which each second is called a cry."""
    rng = np.random.default_rng(seed)
    mel = rng.normal(-8, 1, (SEGMENTS, 998, N_MELS)).astype(np.float16)
    soft = np.ones((SEGMENTS, 83, 2), np.float32)
    soft[::2, :, 0] = 0
    return Shard(mel, soft, np.zeros((SEGMENTS, 83, 0, 2), np.float16), np.arange(0, SEGMENTS, 2))


def shards(*_: object, **__: object) -> list[Shard]:
    return [shard(1), shard(2)]


def val_batch(_: object) -> Batch:
    return batch_of_step(shards(), 4, (0, 0))


if __name__ == "__main__":
    replaced: Any = train
    replaced.load_shards, replaced.validation_batch = shards, val_batch
    cloud_train.main()
