"""The script that submits a training: what it would do, what it does, and that gcloud understands each command."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cloud import ROOT
from training.cloud import job

SCRIPT = ROOT / "training" / "cloud" / "train.sh"
RUN = ("our-project", "our-bucket", "wide-1", "--inputs", "2026-12", "--version", "0123456789abcdef")
BILLING = ("--billing", "012345-6789AB-CDEF01")
GCLOUD = """#!/bin/sh
echo "$@" >> {folder}/called
case "$*" in
    *"--config="*config.yaml*) cp "$(echo "$*" | sed 's/.*--config=\\([^ ]*\\).*/\\1/')" {folder}/config.yaml ;;
    *describe*) [ -e {folder}/there ] ;;
    *"budgets list"*) cat {folder}/there 2> /dev/null ;;
esac
"""


def submit(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "gcloud").write_text(GCLOUD.format(folder=folder))
    (tools / "gcloud").chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, env=env, cwd=folder)


def called(folder: Path) -> str:
    return (folder / "called").read_text() if (folder / "called").exists() else ""


def config(folder: Path) -> Any:
    return yaml.safe_load((folder / "config.yaml").read_text())


def test_a_dry_run_prints_all_and_calls_nothing(tmp_path: Path) -> None:
    told = submit(tmp_path, *RUN, *BILLING, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert called(tmp_path) == ""
    for part in (
        "roles/storage.objectUser",
        "objects/training/",
        "budgets create --billing-account=012345-6789AB-CDEF01",
        "--budget-amount=30EUR",
        "builds submit",
        'strategy: "SPOT"',
        "custom-jobs create --project=our-project --region=europe-west3",
    ):
        assert part in told.stdout, part


def test_a_job_is_what_the_container_takes(tmp_path: Path) -> None:
    assert submit(tmp_path, *RUN, "--steps", "500", "--machine", "n1-highmem-8").returncode == 0
    (pool,) = config(tmp_path)["workerPoolSpecs"]
    options = job.parser().parse_args(pool["containerSpec"]["args"])
    assert (options.bucket, options.run, options.steps, options.study) == ("our-bucket", "wide-1", 500, False)
    assert pool["machineSpec"]["machineType"] == "n1-highmem-8"
    assert "{" not in (tmp_path / "config.yaml").read_text()
    assert "custom-jobs create" in called(tmp_path)


def test_a_study_varies_five_options_of_the_job(tmp_path: Path) -> None:
    assert submit(tmp_path, *RUN, "--study", "--on-demand", "--trials", "7").returncode == 0
    study = config(tmp_path)
    (metric,) = study["studySpec"]["metrics"]
    assert metric == {"metricId": job.METRIC, "goal": "MAXIMIZE"}
    (pool,) = study["trialJobSpec"]["workerPoolSpecs"]
    parameters = study["studySpec"]["parameters"]
    assert len(parameters) == 5
    for each in parameters:
        if "doubleValueSpec" in each:
            values = list(each["doubleValueSpec"].values())
        else:
            values = next(
                each[kind]["values"] for kind in ("categoricalValueSpec", "discreteValueSpec") if kind in each
            )
        for value in (*values, *([float(values[0])] if each["parameterId"] == "batch" else [])):
            given = [*pool["containerSpec"]["args"], f"--{each['parameterId']}={value}"]
            options = job.parser().parse_args(given)
            assert getattr(options, each["parameterId"]) == value
            assert options.study
    assert study["trialJobSpec"]["scheduling"]["strategy"] == "STANDARD"
    assert "hp-tuning-jobs create" in called(tmp_path)
    assert "--max-trial-count=7" in called(tmp_path)


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("budgets/1\n")
    assert submit(tmp_path, *RUN, *BILLING).returncode == 0
    assert "create" not in called(tmp_path).replace("custom-jobs create", "")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("our-project", "our-bucket"), "train.sh PROJECT BUCKET RUN"),
        ((*RUN, "more"), "one argument too many"),
        ((*RUN, "--region", "--study"), "not: --study"),
        ((*RUN, "--steps", "many"), "want whole numbers"),
        ((*RUN, "--version", "latest"), "--version wants the 16 characters"),
        ((*RUN[:3], "--version", "0123456789abcdef"), "--inputs wants the name"),
        (("our-project", "our|bucket", *RUN[2:]), "not a bucket's name"),
        ((*RUN, "--machine", "n1-standard-4|x"), "--machine wants a type"),
        ((*RUN, "--billing", "me"), "--billing wants"),
        ((*RUN, "--cheap"), "unknown option: --cheap"),
    ],
)
def test_a_wrong_argument_is_told_and_calls_nothing(changed: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = submit(tmp_path, *changed)
    assert done.returncode == 2
    assert told in done.stdout + done.stderr
    assert called(tmp_path) == ""


def test_shellcheck_has_nothing_to_say() -> None:
    command = ["shellcheck", "--external-sources", str(SCRIPT)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout == ""


def test_a_trial_tells_its_recall(tmp_path: Path) -> None:
    from training.cloud.gate import GateFigures

    job.report(GateFigures(0.91, 0.4), 500, tmp_path / "deep" / "metrics")
    job.report(GateFigures(0.92, 0.4), 1000, tmp_path / "deep" / "metrics")
    lines = [json.loads(line) for line in (tmp_path / "deep" / "metrics").read_text().splitlines()]
    assert [(line["recall"], line["global_step"]) for line in lines] == [(0.91, 500), (0.92, 1000)]
