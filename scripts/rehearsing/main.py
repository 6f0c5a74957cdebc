"""Rehearsal of training, scoring and exploration in Google Cloud, on this computer and without a network.

    scripts/cloud-rehearsal
    scripts/cloud-rehearsal --only rescore home          some steps, and what they need
    scripts/cloud-rehearsal --list

Storage and BigQuery are emulators, Dataflow is Beam's DirectRunner, the training runs in its container, and notebooks
in papermill. The libraries are installed into .venv-cloud where this Python lacks them, and the container is built by
podman: both need a network, once. Two steps run at a time. A step that fails stops only those that need it. The table
at the end says what each took, and the exit code is 1 where one failed. Everything is written into a folder that is
deleted at the end, but for the log. Ctrl+C and SIGTERM end it with all its emulators, containers and notebooks.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from scripts.rehearsing.commands import Commands
from scripts.rehearsing.descendants import none_left
from scripts.rehearsing.environment import ROOT, enter
from scripts.rehearsing.steps import Places, Step, steps

LANES: Final = 2  # steps at a time


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of a step."""

    step: Step
    outcome: str  # "done", "left out: ...", or "failed: ..."
    took_s: float = 0.0
    cpu_s: float = 0.0  # of its processes; what runs in a container is not counted
    told: str = ""  # the last line that it wrote

    @property
    def failed(self) -> bool:
        """Whether it went wrong."""
        return self.outcome.startswith("failed")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Where the steps of one rehearsal run."""

    environment: dict[str, str]
    shared: Path  # the small corpus
    log: Path
    commands: Commands

    def run(self, step: Step) -> Result:
        """Run a step; all that it writes goes into the log, together."""
        if missing := [each for each in step.needs if shutil.which(each) is None]:
            return Result(step, f"left out: apt install {' '.join(missing)}")
        if step.needs and os.geteuid() != 0:
            return Result(step, "left out: its base image is made by root")
        small = {"BABYCRYD_SHARED": str(self.shared)} if step.small else {}
        began_s, cpu_s, told, written = time.monotonic(), 0.0, "", ""
        for command in step.commands:
            ended = self.commands.run(command, self.environment | small)
            lines = [line for line in ended.output.splitlines() if line.strip()]
            cpu_s, told = cpu_s + ended.cpu_s, lines[-1] if lines else ""
            written += f"$ {' '.join(command)}\n{ended.output}\n"
            if ended.code:
                break
        with self.log.open("a", encoding="utf-8") as file:
            file.write(written)
        outcome = f"failed: {' '.join(command[2:5])}" if ended.code else "done"
        return Result(step, outcome, time.monotonic() - began_s, cpu_s, told)


def run_all(rehearsal: Rehearsal, wanted: Sequence[Step]) -> list[Result]:
    """Run the steps, LANES at a time and each after those that it needs, with a progress bar."""
    from tqdm import tqdm

    waiting, results, running = list(wanted), dict[str, Result](), dict[Future[Result], Step]()
    with ThreadPoolExecutor(LANES) as lanes, rehearsal.commands, tqdm(total=len(wanted), unit="step") as bar:
        while waiting or running:
            for step in [each for each in waiting if all(one in results for one in each.after)]:
                if broken := [one for one in step.after if results[one].outcome != "done"]:
                    results[step.name] = Result(step, f"left out: it needs {', '.join(broken)}")
                    bar.update()
                elif len(running) < LANES:
                    running[lanes.submit(rehearsal.run, step)] = step
                else:
                    continue
                waiting.remove(step)
            bar.set_description(" + ".join(each.name for each in running.values()))
            for each in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                results[running.pop(each).name] = each.result()
                bar.update()
    return [results[step.name] for step in wanted]


def table(results: Sequence[Result], took_s: float) -> str:
    """Markdown table of all steps, with the time of all."""
    lines = ["| step | what | outcome | s | CPU s | last line |", "|---|---|---|---|---|---|"]
    for one in results:
        told = one.told.replace("|", "/")[:70]
        times = f"{one.took_s:.0f} | {one.cpu_s:.0f}"
        lines.append(f"| {one.step.name} | {one.step.about} | {one.outcome} | {times} | {told} |")
    total = f"| all | {LANES} at a time | | {took_s:.0f} | {sum(one.cpu_s for one in results):.0f} | |"
    return "\n".join([*lines, total])


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
    """Prepare the emulators and the small corpus, and run the steps."""
    find_own_tests()
    from scripts.rehearsing.small_corpus import write_small_corpus
    from tests.support.warehouses import months_as_json
    from training.cloud.collection import collect
    from training.data.reviews import REVIEWS

    with tempfile.TemporaryDirectory(prefix="rehearsal-") as name, emulators() as (bucket, environment):
        folder = Path(name)
        manifest = write_small_corpus(folder / "shared")
        months_as_json(folder)
        (folder / "owner.key").write_bytes(os.urandom(32))
        every = steps(Places(folder, bucket, collect(manifest, REVIEWS, (), bucket).version))
        return run_all(Rehearsal(environment, folder / "shared", log, Commands(ROOT)), chosen(every, only))


def chosen(every: Sequence[Step], only: Sequence[str]) -> list[Step]:
    """The steps of these names with all that they need; every step where there are none."""
    by_name = {step.name: step for step in every}
    wanted, found = list(only or by_name), set[str]()
    while wanted:
        found.add(name := wanted.pop())
        wanted += by_name[name].after
    return [step for step in every if step.name in found]


def main() -> int:
    """Rehearse and print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="STEP", default=(), help="only these steps and what they need")
    parser.add_argument("--list", action="store_true", help="say what each step does")
    parser.add_argument("--log", type=Path, default=Path("cloud-rehearsal.log"), help="file for all output")
    options = parser.parse_args()
    known = {step.name: step for step in steps(Places(Path("FOLDER"), "BUCKET", "VERSION"))}
    if unknown := set(options.only) - known.keys():
        parser.error(f"unknown step {', '.join(sorted(unknown))}; choose from {', '.join(known)}")
    if options.list:
        print("\n".join(f"{step.name:10} {step.about}" for step in known.values()))
        return 0
    with none_left():
        enter()
        options.log.unlink(missing_ok=True)
        began_s = time.monotonic()
        results = rehearse(options.only, options.log)
    print(table(results, time.monotonic() - began_s))
    if failed := [one for one in results if one.failed]:
        print(f"{len(failed)} failed; all output is in {options.log}", file=sys.stderr)
    return bool(failed)
