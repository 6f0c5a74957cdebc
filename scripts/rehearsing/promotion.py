"""A job whose model wins: begun with the shipped weights, judged against the small model of before, and promoted.

    python -m scripts.rehearsing.promotion BUCKET VERSION INPUTS

It runs in the container of the training, after the job of `container.py`. Exit code 1 and a line say what is wrong.
"""

import hashlib
import json
import sys
from typing import Final

from scripts.rehearsing.container import RUN_NAME, job, started
from training.cloud.gate import POINTER, PROMOTED
from training.cloud.storage import Bucket
from training.cloud.train import RUNS

WINNER: Final = "winner"  # name of the run
# So few and small steps change next to nothing of the shipped model
OPTIONS: Final = (
    "--warm",
    "--rate=1e-06",
    "--steps=2",
    "--batch=4",
    "--threads=1",
    "--promote",
    f"--against={RUN_NAME}",
)
FILES: Final = ("cry.tflite", "cry.json", "cries.f16", "gate.json")


def rehearse(name: str, version: str, inputs: str) -> None:
    """Run the job, and check what is promoted. Exits where anything is missing."""
    bucket = Bucket(name)
    with started(job(name, version, inputs, WINNER, *OPTIONS)) as running:
        told, _ = running.communicate()
    print(told)
    if running.returncode or "promoted: gs://" not in told or not bucket.objects(POINTER):
        sys.exit(f"the better model was not promoted (exit code {running.returncode})")
    sha256 = json.loads(bucket.get(POINTER))["sha256"]
    promoted = {file: bucket.get(f"{PROMOTED}{sha256}/{file}") for file in FILES}
    model = bucket.get(f"{RUNS}{WINNER}/cry.tflite")
    if hashlib.sha256(model).hexdigest() != sha256 or promoted["cry.tflite"] != model:
        sys.exit("another model than the one of this run was promoted")
    recalls = {of: f"{one['recall']:.2f}" for of, one in json.loads(promoted["gate.json"]).items()}
    print(f"promoted with recall {recalls['candidate']} against {recalls[f'run {RUN_NAME}']}")


if __name__ == "__main__":
    rehearse(*sys.argv[1:])
