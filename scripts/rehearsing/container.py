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
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.support.containers import RUN, environment, podman, podman_program, slim_debian
from training.cloud.gate import GateFigures, table
from training.cloud.storage import Bucket

ROOT: Final = Path(__file__).resolve().parents[2]
IMAGE: Final = "localhost/babycryd-training:rehearsal"
NAME: Final = "babycryd-rehearsal"
WANTED: Final = ("cry.tflite", "cry.json", "cries.f16", "figures.json", "state.tar")
PATIENCE_S: Final = 900.0  # until the first checkpoint; TensorFlow takes its time to begin on a busy computer
STEPS: Final = ("--architecture=plain", "--steps=40", "--batch=4", "--threads=1", "--save-every=10", "--promote")


def build() -> None:
    """Build base and image; layers that are there already are taken. Exits where podman fails."""
    with TemporaryDirectory() as folder:
        base = slim_debian("amd64", Path(folder))
    options = ["--network=host", "--layers", *shlex.split(os.environ.get("BUILD_OPTIONS", ""))]
    files = ["--file=training/cloud/Dockerfile", "--ignorefile=training/cloud/Dockerfile.dockerignore"]
    command = ["build", "--quiet", *options, *files, f"--build-arg=BASE={base}", f"--tag={IMAGE}", str(ROOT)]
    podman(*command)
    size = podman("image", "inspect", "--format={{.Size}}", IMAGE).stdout.strip()
    print(f"{IMAGE}: {int(size) / 1e9:.1f} GB")


def job(bucket: str, version: str, inputs: str) -> list[str]:
    """Command of the job in the container, as Vertex AI calls it."""
    given = [f"--env={name}={os.environ[name]}" for name in ("STORAGE_EMULATOR_HOST",)]
    run = [*podman_program(), "run", "--rm", f"--name={NAME}", *RUN, "--network=host", *given, IMAGE]
    return [*run, bucket, "--run=rehearsal", f"--inputs={inputs}", f"--version={version}", *STEPS]


def start(command: Sequence[str]) -> "subprocess.Popen[str]":
    """Start it; what it writes is for us."""
    return subprocess.Popen(  # noqa: S603  # our own command
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def kill_at_its_first_checkpoint(command: Sequence[str], bucket: Bucket) -> None:
    """Run the job to its first checkpoint, and kill it as a spot machine goes. Exits where it ends before that."""
    running, began_s = start(command), time.monotonic()
    while not bucket.objects("training/runs/rehearsal/state.tar"):
        if running.poll() is not None or time.monotonic() - began_s > PATIENCE_S:
            podman("kill", NAME, check=False)
            sys.exit(f"no checkpoint: {running.communicate()[0][-3000:]}")
        time.sleep(0.2)
    podman("kill", NAME)
    running.communicate()
    print(f"killed after {time.monotonic() - began_s:.0f} s, its checkpoint in the bucket", flush=True)


def rehearse(name: str, version: str, inputs: str) -> None:
    """Run the whole job, killed once, and check what it leaves. Exits where anything is missing."""
    bucket, command = Bucket(name), job(name, version, inputs)
    kill_at_its_first_checkpoint(command, bucket)
    again = start(command)
    told, _ = again.communicate()
    print(told)
    left = {each.rpartition("/")[2] for each in bucket.objects("training/runs/rehearsal/")}
    if again.returncode or "goes on from its checkpoint" not in told or not left.issuperset(WANTED):
        sys.exit(f"the job went wrong (exit code {again.returncode}); in the bucket: {', '.join(sorted(left))}")
    card = json.loads(bucket.get("training/runs/rehearsal/cry.json"))
    runs = card["made_by"]["training"]
    if len(runs) < 2 or runs[0]["end"] != runs[1]["begin"]:
        sys.exit(f"the card tells of no interruption: {runs}")
    judged = {
        of: GateFigures(**one) for of, one in json.loads(bucket.get("training/runs/rehearsal/figures.json")).items()
    }
    print(table(judged["candidate"], judged["shipped"]))
    print(f"went on at step {runs[0]['end']}; {card['bytes']} bytes, recall {judged['candidate'].recall:.2f}")


def main() -> None:
    """Build, or run the job."""
    if sys.argv[1:] == ["build"]:
        build()
    else:
        rehearse(*sys.argv[1:])


if __name__ == "__main__":
    main()
