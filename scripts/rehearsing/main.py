"""Rehearsal of training, scoring and exploration in Google Cloud, on this computer and without a network.

    pip install -e '.[dev,cloud-training]' && scripts/cloud-rehearsal
    scripts/cloud-rehearsal --only upload rescore        some steps
    scripts/cloud-rehearsal --list

Storage and BigQuery are emulators, Dataflow is Beam's DirectRunner, notebooks run in papermill. A step that fails stops
no other. The table at the end says what each took, and the exit code is 1 where one failed. The step `train` needs
TensorFlow (the extra `training`) and is left out without it. Everything is written into a folder that is deleted at the
end, but for the log.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from tqdm import tqdm

ROOT: Final = Path(__file__).resolve().parents[2]
TESTS: Final = "tests/unit/training/cloud"
DATASET: Final = "test.rehearsal"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: commands that run one after the other until one fails."""

    name: str
    about: str
    commands: tuple[tuple[str, ...], ...]
    needs: str | None = None  # module without which it is left out


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """Command that runs a module with this Python."""
    return (sys.executable, "-m", name, *arguments)


def tests(*names: str) -> tuple[str, ...]:
    """Command that runs tests of the cloud."""
    files = [f"{TESTS}/test_{name}.py" for name in names]
    return module("pytest", "-q", "-p", "no:cacheprovider", "--no-header", *files)


def channel() -> tuple[str, ...]:
    """Command that runs the tests of the model channel, from the signature to the trial."""
    files = (f"{TESTS}/test_sign.py", "tests/unit/model_channel/test_update.py", "tests/unit/cli/test_model.py")
    return module("pytest", "-q", "-p", "no:cacheprovider", "--no-header", *files)


def steps(folder: Path, bucket: str) -> list[Step]:
    """Every step, with its files in `folder`."""
    upload, beam = module("training.cloud.upload", bucket), ("--most", "100", "--output")
    features = module("training.cloud.dataflow", "features", *beam, str(folder / "features"))
    rescore = module("training.cloud.dataflow", "rescore", *beam, str(folder / "rescored"))
    return [
        Step("upload", "recordings into the bucket, and again: nothing is sent", (upload, upload)),
        Step("features", "Beam: features of clips", (features,)),
        Step("rescore", "Beam: scores of clips", (rescore,)),
        *warehouse_steps(folder),
        Step("money", "the table of costs", (module("training.cloud.money"),)),
        Step("job", "the job of the container, and its submission to Vertex AI", (tests("job", "submit"),)),
        Step("channel", "a signed model to a device; wrong signatures, half files, a full disk", (channel(),)),
        Step("failures", "bucket gone, half a shard, a killed job", (tests("upload", "dataflow", "load", "gate"),)),
        Step("train", "a killed training goes on from its checkpoint", (tests("train"),), needs="tensorflow"),
        Step("notebooks", "both notebooks in papermill", (tests("notebooks"),)),
    ]


def warehouse_steps(folder: Path) -> list[Step]:
    """Steps of DuckDB and BigQuery, after `rescore`."""
    key, home = ("--key-file", str(folder / "owner.key")), str(folder / "home.duckdb")
    files = ("--episodes", str(folder / "cries.json"), "--scores", str(folder / "rescored"))
    load = (*files, "--device", "nursery", *key, "--cards", "babycryd/detect/models/cry.json")
    into_duckdb, into_bigquery = (module("training.cloud.load", target, *load) for target in (home, DATASET))
    ask_duckdb, ask_bigquery = (module("training.cloud.ask", target) for target in (home, DATASET))
    delete = module("training.cloud.load", DATASET, "--delete-device", "nursery", *key)
    return [
        Step("home", "a home and the scores into DuckDB, and five questions", (into_duckdb, ask_duckdb)),
        Step("bigquery", "the same in BigQuery's emulator, and deletion", (into_bigquery, ask_bigquery, delete)),
    ]


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of a step."""

    step: Step
    outcome: str  # "done", "left out: ...", or "failed: ..."
    took_s: float
    told: str  # the last line that it wrote


def ran(step: Step, environment: dict[str, str], log: Path) -> Result:
    """Run a step; everything that it writes goes into the log."""
    if step.needs and importlib.util.find_spec(step.needs) is None:
        return Result(step, f"left out: {step.needs} is not installed", 0.0, "")
    began_s, told = time.monotonic(), ""
    for command in step.commands:
        done = subprocess.run(  # noqa: S603  # our own commands
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n{done.stdout}\n")
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        told = lines[-1] if lines else ""
        if done.returncode:
            return Result(step, f"failed: {' '.join(command[2:5])}", time.monotonic() - began_s, told)
    return Result(step, "done", time.monotonic() - began_s, told)


def table(results: Sequence[Result]) -> str:
    """Markdown table of all steps, with the time of all."""
    lines = ["| step | what | outcome | s | last line |", "|---|---|---|---|---|"]
    for one in results:
        told = one.told.replace("|", "/")[:70]
        lines.append(f"| {one.step.name} | {one.step.about} | {one.outcome} | {one.took_s:.0f} | {told} |")
    return "\n".join([*lines, f"| all | | | {sum(one.took_s for one in results):.0f} | |"])


@contextmanager
def emulators() -> Iterator[tuple[str, dict[str, str]]]:
    """A bucket, and the environment in which both emulators are found."""
    from tests.support.cloud import BUCKET, Storage
    from tests.support.warehouses import bigquery_emulator

    with Storage() as storage, bigquery_emulator() as bigquery:
        found = {**storage.environment, "BIGQUERY_EMULATOR_HOST": bigquery}
        yield BUCKET, {**os.environ, **found, "PYTHONPATH": str(ROOT), "BABYCRYD_SLOW": "1"}


def find_own_tests() -> None:
    """Let `tests` be this repository's: dcase_util, of the extra `training`, installs a package of that name."""
    own = ModuleType("tests")
    own.__path__ = [str(ROOT / "tests")]
    sys.modules["tests"] = own


def rehearse(only: Sequence[str], log: Path) -> list[Result]:
    """Run the steps, with a progress bar."""
    find_own_tests()
    from tests.support.warehouses import months_as_json

    with tempfile.TemporaryDirectory(prefix="rehearsal-") as name, emulators() as (bucket, environment):
        folder = Path(name)
        months_as_json(folder)
        (folder / "owner.key").write_bytes(os.urandom(32))
        wanted = [step for step in steps(folder, bucket) if not only or step.name in only]
        results = []
        with tqdm(wanted, unit="step") as bar:
            for step in bar:
                bar.set_description(step.name)
                results.append(ran(step, environment, log))
        return results


def main() -> int:
    """Rehearse and print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="STEP", default=(), help="only these steps, in their order")
    parser.add_argument("--list", action="store_true", help="say what each step does")
    parser.add_argument("--log", type=Path, default=Path("cloud-rehearsal.log"), help="file for all output")
    options = parser.parse_args()
    known = {step.name: step for step in steps(Path("FOLDER"), "BUCKET")}
    if unknown := set(options.only) - known.keys():
        parser.error(f"unknown step {', '.join(sorted(unknown))}; choose from {', '.join(known)}")
    if options.list:
        print("\n".join(f"{step.name:10} {step.about}" for step in known.values()))
        return 0
    options.log.unlink(missing_ok=True)
    results = rehearse(options.only, options.log)
    print(table(results))
    failed = [one for one in results if one.outcome.startswith("failed")]
    if failed:
        print(f"{len(failed)} failed; all output is in {options.log}", file=sys.stderr)
    return bool(failed)
