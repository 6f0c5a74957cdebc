"""Job of one training, from the bucket to the bucket: the entry point of the container (training/cloud/Dockerfile).

    python -m training.cloud.job my-bucket --run wide-1 --inputs 2026-12 --version 0123456789abcdef --steps 8000

Brings inputs and recordings here, trains or goes on training (`training.cloud.train`), calibrates and exports the model
(`training.release.export`), and compares it with the shipped one (`training.cloud.gate`). Model, card, cries, history
and figures are in training/runs/RUN/ of the bucket afterwards. With --promote a model that beats the shipped one, or
the model of the run that --against names, is promoted. Every part is that of home; killed at any time, the same command
goes on.
"""

import argparse
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from training.cloud import gate, inputs
from training.cloud.storage import Bucket, CloudError
from training.cloud.train import RUNS, SavedState, run
from training.cloud.upload import guarded
from training.data.paths import MODELS, SHARED, WORK
from training.model import train
from training.model.architectures import SHIPPED, TRUNKS
from training.release import export
from training.synthesis.ingredients import FIRST, RECIPE_NAMES

METRICS: Final = Path("/var/hypertune/output.metrics")  # where a study of Vertex AI looks for what it maximises
METRIC: Final = "recall"
FILES: Final = ("cry.tflite", "cry.json", "cries.f16")


def bar(names: Iterable[str]) -> Iterable[str]:
    """A progress bar over files."""
    shown: Iterable[str] = tqdm(names, unit="file", mininterval=5)
    return shown


def bring(bucket: Bucket, options: argparse.Namespace) -> None:
    """Bring inputs and recordings onto this machine. Raises CloudError."""
    fetched = inputs.pull(bucket, options.inputs, WORK, bar)
    recordings = inputs.pull_recordings(bucket, options.version, SHARED / "audio", bar)
    print(f"inputs: {fetched} files and {recordings} recordings fetched", flush=True)


def keep(bucket: Bucket, prefix: str, folder: Path, judged: dict[str, gate.GateFigures]) -> None:
    """Write what came out of the run. Raises CloudError."""
    for name in FILES:
        bucket.put(f"{prefix}{name}", folder / name)
    bucket.put(f"{prefix}figures.json", json.dumps({each: asdict(one) for each, one in judged.items()}).encode())


def rival(bucket: Bucket, run: str | None) -> tuple[str, bytes]:
    """Name and model that the new one must beat: of a run, or the shipped one. Raises CloudError."""
    if run is None:
        return "shipped", (MODELS / "cry.tflite").read_bytes()
    return f"run {run}", bucket.get(f"{RUNS}{run}/cry.tflite")


def judge(models: Mapping[str, bytes], side: str, hours: float | None) -> dict[str, gate.GateFigures]:
    """Figures of the models, by their names. Raises CloudError."""
    return {name: gate.figures(model, name, side, hours) for name, model in models.items()}


def report(figures: gate.GateFigures, step: int, file: Path = METRICS) -> None:
    """Tell a study of Vertex AI how good this trial is, in the form of its `cloudml-hypertune`."""
    told = {"timestamp": time.time(), "trial": os.environ.get("CLOUD_ML_TRIAL_ID", "0"), METRIC: figures.recall}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps({**told, "global_step": step, "checkpoint_path": ""}) + "\n")


def work(bucket: Bucket, plan: train.Plan, options: argparse.Namespace) -> None:
    """Do the whole job. Raises CloudError."""
    bring(bucket, options)
    other, its_model = rival(bucket, options.against)
    run(SavedState(bucket, options.run), plan, options)
    folder, prefix = plan.folder / "model", f"{RUNS}{options.run}/"
    folder.mkdir(exist_ok=True)
    weights = plan.folder / train.WEIGHTS_FILE
    print(export.export(weights, folder, (options.side,), export.WANTED_FALSE_ALARMS_PER_HOUR, plan.architecture))
    model, card, cries = ((folder / name).read_bytes() for name in FILES)
    judged = judge({"candidate": model, other: its_model}, options.side, options.hours)
    keep(bucket, prefix, folder, judged)
    if options.study:
        report(judged["candidate"], options.steps)
    print(gate.table(judged), flush=True)
    if reasons := gate.reasons_against(judged["candidate"], judged[other]):
        print("not promoted: " + "; ".join(reasons))
    elif options.promote:
        print(f"promoted: gs://{bucket.name}/{gate.promote(bucket, model, card, cries, judged)}")
    print(f"done: gs://{bucket.name}/{prefix}")


def parser() -> argparse.ArgumentParser:
    """Parser of the job's options; names with _ are those that a study sets."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("bucket", help="name of the bucket, without gs://")
    made.add_argument("--run", required=True, help="name of the run; the same name goes on")
    made.add_argument("--inputs", required=True, help="name of the inputs (training.cloud.inputs)")
    made.add_argument("--version", required=True, help="version of the recordings (training.cloud.upload)")
    made.add_argument("--architecture", choices=list(TRUNKS), default=SHIPPED)
    made.add_argument("--recipe", choices=RECIPE_NAMES, default=FIRST, help="ingredients of the train shards")
    made.add_argument("--rate", type=float, default=train.PEAK_RATE, help="highest learning rate")
    made.add_argument("--family_weight", type=float, default=0.0, help="of the families' loss; 0: none is learnt")
    made.add_argument("--steps", type=int, default=8_000, help="steps in all; the learning rate falls to 0 over them")
    made.add_argument("--batch", type=lambda text: int(float(text)), default=32, help="segments of 9.6 s a step")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 2, help="processor threads")
    made.add_argument("--save-every", type=int, default=train.VALIDATE_EVERY, help="steps between checkpoints")
    made.add_argument("--side", default="val", help="val side of the scenes")
    made.add_argument("--hours", type=float, help="of the scenes (default: all)")
    made.add_argument("--study", action="store_true", help="a trial of a study: tell it the recall, name the run by it")
    made.add_argument("--warm", action="store_true", help="begin with the weights of the shipped file")
    made.add_argument("--promote", action="store_true", help="promote the model where it beats the shipped one")
    made.add_argument("--against", metavar="RUN", help="compare with the model of this run, not with the shipped one")
    return made


def named(options: argparse.Namespace, environment: dict[str, str]) -> str:
    """Name of the run: each trial of a study has its own."""
    trial = environment.get("CLOUD_ML_TRIAL_ID")
    if options.study and not trial:
        raise CloudError("--study is for a trial of Vertex AI, which sets CLOUD_ML_TRIAL_ID")
    return f"{options.run}-{trial}" if options.study else str(options.run)


def start(options: argparse.Namespace, environment: dict[str, Any]) -> None:
    """Do the job of these options. Raises CloudError."""
    options.run = named(options, environment)
    train.limit_threads(options.threads)
    plan = train.Plan(
        options.architecture,
        recipe=options.recipe,
        family_weight=options.family_weight,
        warm=options.warm,
        peak_rate=options.rate,
    )
    work(Bucket(options.bucket), plan, options)


def main() -> None:
    """Do the job."""
    guarded(lambda: start(parser().parse_args(), dict(os.environ)))


if __name__ == "__main__":
    main()
