"""The training's container: built, then a whole small job in it, killed in its middle and started again.

    python -m scripts.rehearsing.container build
    python -m scripts.rehearsing.container BUCKET VERSION INPUTS

The base is a slim Debian that debootstrap makes, kept by podman as the layers above it are; so only the first build
takes long. BUILD_OPTIONS holds more options for `podman build`, such as a volume with the certificates of a proxy.
Exit code 1 and a line say what is wrong.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from scripts.rehearsing.descendants import adopt_orphans
from tests.support.containers import RUN, environment, podman, podman_program, slim_debian
from tests.support.patience import Stopwatch
from training.cloud.gate import POINTER, GateFigures, table
from training.cloud.storage import Bucket
from training.cloud.train import RUNS, SavedState
from training.model.training_runs import load_history

ROOT: Final = Path(__file__).resolve().parents[2]
IMAGE: Final = "localhost/babycryd-training:rehearsal"
NAME: Final = "babycryd-rehearsal"
WANTED: Final = ("cry.tflite", "cry.json", "cries.f16", "figures.json", "state.tar")
PATIENCE_S: Final = 900.0  # of own time, until the first checkpoint; TensorFlow takes its time to begin
RUN_NAME: Final = "rehearsal"
N_STEPS: Final = 40
STEPS: Final = (
    "--architecture=plain",
    f"--steps={N_STEPS}",
    "--batch=4",
    "--threads=1",
    "--save-every=10",
    "--promote",
)


def build(image: str, dockerfile: str, *more: str) -> None:
    """Build base and image; layers that are there already are taken. Exits where podman fails."""
    with TemporaryDirectory() as folder:
        base = slim_debian("amd64", Path(folder))
    options = ["--network=host", "--layers", *shlex.split(os.environ.get("BUILD_OPTIONS", "")), *more]
    file = ROOT / dockerfile
    files = [f"--file={file}", f"--ignorefile={file}.dockerignore"]
    podman("build", "--quiet", *options, *files, f"--build-arg=BASE={base}", f"--tag={image}", str(ROOT))
    size = podman("image", "inspect", "--format={{.Size}}", image).stdout.strip()
    print(f"{image}: {int(size) / 1e9:.1f} GB")


def job(bucket: str, version: str, inputs: str, run_name: str, *options: str) -> list[str]:
    """Command of the job in the container, as Vertex AI calls it."""
    given = [f"--env={name}={os.environ[name]}" for name in ("STORAGE_EMULATOR_HOST",)]
    run = [*podman_program(), "run", "--rm", "--replace", f"--name={NAME}", *RUN, "--network=host", *given, IMAGE]
    return [*run, bucket, f"--run={run_name}", f"--inputs={inputs}", f"--version={version}", *options]


@contextmanager
def started(command: Sequence[str]) -> "Iterator[subprocess.Popen[str]]":
    """Start the job's container; what it writes is for us. It is gone at the end."""
    process = subprocess.Popen(  # noqa: S603  # our own command
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with process:
        try:
            yield process
        finally:
            remove(NAME)


def remove(name: str) -> None:
    """End a container, if there is one of that name."""
    podman("rm", "--force", "--time=0", "--ignore", name, check=False)


def kill_at_its_first_checkpoint(command: Sequence[str], bucket: Bucket) -> int:
    """Kill the job at its first checkpoint, as a spot machine goes; returns its steps. Exits where it ends before."""
    began_s, stopwatch = time.monotonic(), Stopwatch()
    with started(command) as running:
        while not bucket.objects(SavedState(bucket, RUN_NAME).name):
            if running.poll() is not None or stopwatch.over(PATIENCE_S):
                podman("kill", NAME, check=False)
                sys.exit(f"no checkpoint: {running.communicate()[0][-3000:]}")
            time.sleep(0.2)
        podman("kill", NAME)
        running.communicate()
    print(f"killed after {time.monotonic() - began_s:.0f} s, its checkpoint in the bucket", flush=True)
    with TemporaryDirectory() as folder:
        SavedState(bucket, RUN_NAME).restore(Path(folder))
        return load_history(Path(folder))[-1].end


def rehearse(name: str, version: str, inputs: str) -> None:
    """Run the whole job, killed once, and check what it leaves. Exits where anything is missing.

    Its model, hardly trained, is no better than the shipped one, and must not be promoted.
    """
    bucket, command, prefix = Bucket(name), job(name, version, inputs, RUN_NAME, *STEPS), f"{RUNS}{RUN_NAME}/"
    saved = kill_at_its_first_checkpoint(command, bucket)
    with started(command) as again:
        told, _ = again.communicate()
    print(told)
    left = {each.rpartition("/")[2] for each in bucket.objects(prefix)}
    if again.returncode or "goes on from its checkpoint" not in told or not left.issuperset(WANTED):
        sys.exit(f"the job went wrong (exit code {again.returncode}); in the bucket: {', '.join(sorted(left))}")
    card = json.loads(bucket.get(f"{prefix}cry.json"))
    (trained,) = card["made_by"]["training"]
    if saved >= trained["end"] or trained["end"] != N_STEPS or f"step {saved}  " in told:
        sys.exit(f"steps before {saved} were trained again, or not all of {N_STEPS}: {trained}")
    judged = {of: GateFigures(**one) for of, one in json.loads(bucket.get(f"{prefix}figures.json")).items()}
    if "not promoted: " not in told or bucket.objects(POINTER):
        sys.exit(f"a model that is no better was promoted: {judged}")
    print(table(judged))
    print(f"went on at step {saved} of {N_STEPS}; {card['bytes']} bytes, recall {judged['candidate'].recall:.2f}")


def main() -> None:
    """Build, or run the job."""
    adopt_orphans()
    if sys.argv[1:] == ["build"]:
        build(IMAGE, "training/cloud/Dockerfile")
    else:
        rehearse(*sys.argv[1:])


if __name__ == "__main__":
    main()
