"""The container of Dataflow's workers: built, then a job of Beam whose workers run in it, and the rows compared.

    python -m scripts.rehearsing.worker build
    python -m scripts.rehearsing.worker FOLDER

Its workers are started by Beam's own pool (`apache_beam.runners.worker.worker_pool_main`) and are called by Beam's
portable runner, as Dataflow calls them but for the program `boot`. That one lies in Apache's image only: where that
cannot be fetched, the image here is built without it. The recordings are FOLDER/brought. Exit code 1 and a line say
what is wrong.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from scripts.rehearsing.container import build, remove
from scripts.rehearsing.descendants import adopt_orphans
from tests.support.containers import RUN, environment, podman, podman_program, slim_debian
from tests.support.patience import HANG_S, wait_until
from tests.support.ports import free_port
from training.cloud.load import parquet_rows

IMAGE: Final = "localhost/babycryd-worker:rehearsal"
WITHOUT_BOOT: Final = "localhost/babycryd-no-boot"
NAME: Final = "babycryd-rehearsal-worker"
MOST: Final = "24"  # clips
POOL: Final = "apache_beam.runners.worker.worker_pool_main"


def build_worker() -> None:
    """Build the image; Apache's, which BEAM may name, only where it can be had."""
    beam = os.environ.get("BEAM", WITHOUT_BOOT)
    if beam == WITHOUT_BOOT and podman("image", "exists", WITHOUT_BOOT, check=False).returncode:
        with TemporaryDirectory() as folder:
            base = slim_debian("amd64", Path(folder))
            (Path(folder) / "Dockerfile").write_text(f"FROM {base}\nRUN mkdir -p /opt/apache/beam\n")
            podman("build", "--quiet", f"--tag={WITHOUT_BOOT}", folder)
    build(IMAGE, "training/cloud/worker.Dockerfile", f"--build-arg=BEAM={beam}")


def rows(folder: Path, name: str, *flags: str) -> list[dict[str, Any]]:
    """New scores of some clips, by recording; the night is left out, as midnight may lie between two jobs."""
    output = folder / f"scores-{name}"
    job = ["rescore", "--most", MOST, "--shards", "2", "--output", str(output), *flags]
    command = [sys.executable, "-m", "training.cloud.dataflow", *job]
    seen = {**os.environ, "BABYCRYD_SHARED": str(folder / "brought")}
    subprocess.run(command, env=seen, check=True)  # noqa: S603  # our own command
    found = sorted(parquet_rows(output), key=lambda row: str(row["recording"]))
    return [{**row, "night": None} for row in found]


def listens(port: int) -> bool:
    """Return whether a server listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def rehearse(folder: Path) -> None:
    """Score with workers in the container and without, and compare. Exits where a row differs."""
    port, seen = free_port(), [f"--volume={folder}:{folder}"]
    program = ["--entrypoint=python", IMAGE, "-m", POOL, f"--service_port={port}"]
    run = [*podman_program(), "run", "--rm", "--replace", f"--name={NAME}", *RUN, "--network=host", *seen, *program]
    with (folder / "pool.log").open("w+") as log:
        pool = subprocess.Popen(run, env=environment(), stdout=log, stderr=log)  # noqa: S603  # our own command
        try:
            wait_until(lambda: listens(port), 3 * HANG_S, (folder / "pool.log").read_text)
            called = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=EXTERNAL")
            there = rows(folder, "there", *called, f"--environment_config=localhost:{port}")
        finally:
            remove(NAME)
            pool.wait()
        log.seek(0)
        print(log.read())
    here = rows(folder, "here")
    if there != here:
        sys.exit("rows of the workers in the container differ from those here")
    print(f"{len(there)} rows of workers in the container, bit for bit those here")


def main() -> None:
    """Build, or run the job."""
    adopt_orphans()
    if sys.argv[1:] == ["build"]:
        build_worker()
    else:
        rehearse(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
