"""The deploy script: what it would do, and that it does nothing when only asked."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from babycryd.offload.upload import encode
from tests.support.cloud import ROOT, Function, Storage
from tests.support.offloading import piece

SCRIPT = ROOT / "cloud_offload" / "deploy.sh"


KEY = "babycryd-offload-key.json"

# A cloud in a folder: what was created is there, every call is noted, and what was deployed is kept.
GCLOUD = """#!/bin/sh
cd {folder}
echo "$@" >> called
case "$*" in
    *describe*) [ -e "there/$(echo "$*" | sed 's/.*describe \\([^ ]*\\).*/\\1/' | tr / _)" ] || exit 1 ;;
    *"buckets create"* | *"service-accounts create"*)
        name=$(echo "$*" | sed 's/.* create \\([^ ]*\\).*/\\1/')
        case $name in gs:*) ;; *) name=$name@our-project.iam.gserviceaccount.com ;; esac
        name=there/$(echo "$name" | tr / _)
        [ ! -e "$name" ] || exit 9
        mkdir -p there && touch "$name" ;;
    *service-agent*) echo service-1@gs-project-accounts.iam.gserviceaccount.com ;;
    *"keys create"*) echo '"client_email": "babycryd-pi@our-project.iam.gserviceaccount.com",' > {key} ;;
    *"functions deploy"*)
        rm -rf deployed
        cp -r "$(echo "$*" | sed 's/.*--source=\\([^ ]*\\).*/\\1/')" deployed ;;
esac
"""


def deploy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "gcloud").write_text(GCLOUD.format(folder=folder, key=KEY))
    (tools / "gcloud").chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, env=env, cwd=folder)


def test_a_dry_run_prints_every_command_and_runs_none(tmp_path: Path) -> None:
    told = deploy(tmp_path, "our-project", "our-bucket", "nursery", "--dry-run", "--region", "europe-west1")
    assert told.returncode == 0, told.stderr
    assert not (tmp_path / "called").exists()
    for part in (
        "buckets create gs://our-bucket --project=our-project --location=europe-west1 --uniform-bucket-level-access",
        "--lifecycle-file=",
        "roles/storage.objectCreator",
        "objects/recordings/nursery/",
        "objects/predictions/nursery/",
        "functions deploy score-recording --gen2",
        "--max-instances=3",
        "--concurrency=8",
        "--retry",
        "--update-env-vars=BUCKET=our-bucket",
        "gcloud storage service-agent --project=our-project",
        f"chmod 600 {KEY}",
    ):
        assert part in told.stdout, part


def test_deleting_calls_what_the_dry_run_prints(tmp_path: Path) -> None:
    printed = commands(deploy(tmp_path, "our-project", "our-bucket", "nursery", "--delete", "--dry-run"))
    accounts = [f"babycryd-{name}@our-project.iam.gserviceaccount.com" for name in ("pi", "function")]
    (tmp_path / "there").mkdir()
    for name in ("score-recording", "gs:__our-bucket", *accounts):
        (tmp_path / "there" / name).touch()
    assert deploy(tmp_path, "our-project", "our-bucket", "nursery", "--delete").returncode == 0
    called = [f"gcloud {line}" for line in (tmp_path / "called").read_text().splitlines()]
    assert [line for line in called if "describe" not in line] == printed
    assert len(printed) == 5


def test_what_is_gone_need_not_be_deleted(tmp_path: Path) -> None:
    assert deploy(tmp_path, "our-project", "our-bucket", "nursery", "--delete").returncode == 0
    assert all("describe" in line for line in (tmp_path / "called").read_text().splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["p"],
        ["p", "b"],
        ["p", "our-bucket", "Bad Name"],
        ["p", "X", "nursery"],
        ["p", "our-bucket", "n", "--x"],
        ["p", "our-bucket", "n", "delete"],
        ["p", "our-bucket", "n", "--region"],
        ["p", "our-bucket", "n", "--region", "--dry-run"],
    ],
)
def test_wrong_arguments_end_with_2_and_call_nothing(tmp_path: Path, arguments: list[str]) -> None:
    told = deploy(tmp_path, *arguments)
    assert told.returncode == 2
    assert not (tmp_path / "called").exists()


def test_a_key_goes_with_its_account_and_another_one_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / KEY).write_text('"client_email": "babycryd-pi@our-project.iam.gserviceaccount.com",')
    arguments = ["our-project", "our-bucket", "nursery"]
    assert deploy(tmp_path, *arguments, "--delete").returncode == 0
    assert not (tmp_path / KEY).exists()
    (tmp_path / KEY).write_text('"client_email": "babycryd-pi@another.iam.gserviceaccount.com",')
    assert deploy(tmp_path, *arguments, "--delete").returncode == 0
    told = deploy(tmp_path, *arguments, "--dry-run")
    assert (told.returncode, f"{KEY} is a key for something else: move it away" in told.stderr) == (1, True)
    assert "another" in (tmp_path / KEY).read_text()


def test_a_function_of_another_region_is_not_taken_for_deleted(tmp_path: Path) -> None:
    told = deploy(tmp_path, "our-project", "our-bucket", "nursery", "--delete")
    assert "# no function in europe-west3; if it was made with another --region, say that one here, too" in told.stdout


def test_each_account_may_only_what_it_must(tmp_path: Path) -> None:
    lines = commands(deploy(tmp_path, "our-project", "our-bucket", "nursery", "--dry-run"))
    grants = [line for line in lines if "add-iam-policy-binding" in line and " storage " in line]
    of_pi = [line for line in grants if "babycryd-pi@" in line]
    assert len(of_pi) == 2
    assert "objectCreator" in of_pi[0]
    assert "objects/recordings/nursery/" in of_pi[0]
    assert "objectViewer" in of_pi[1]
    assert "objects/predictions/nursery/" in of_pi[1]
    anywhere = [line for line in grants if "--condition=None" in line]
    assert all("roles/storage.legacyBucketReader" in line for line in anywhere)  # lists; reads no object
    assert not any(part in line for line in lines for part in ("Admin", "admin", "roles/owner", "roles/editor"))


def test_gcloud_itself_knows_every_command_and_flag(tmp_path: Path) -> None:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        pytest.skip("no gcloud")
    wanted = ["our-project", "our-bucket", "nursery", "--dry-run"]
    lines = commands(deploy(tmp_path, *wanted)) + commands(deploy(tmp_path, *wanted, "--delete"))
    assert len(lines) > 15
    lines.append(f"{lines[1]} --nonsense")  # it does look
    (tmp_path / "commands.json").write_text(json.dumps([{"command_string": line} for line in lines]))
    env = {**os.environ, "CLOUDSDK_CONFIG": str(tmp_path / "config"), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    command = [gcloud, "meta", "lint-gcloud-commands", "--commands-file=commands.json"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=tmp_path)
    *errors, last = [each["error_message"] for each in json.loads(told.stdout)]
    assert errors == [None] * (len(lines) - 1)
    assert "--nonsense" in last


def commands(told: subprocess.CompletedProcess[str]) -> list[str]:
    """What gcloud would be called with."""
    assert told.returncode == 0, told.stderr
    return [line.removeprefix("+ ") for line in told.stdout.splitlines() if line.startswith("+ gcloud ")]


@pytest.mark.slow
def test_what_is_deployed_runs_alone_and_a_second_time_nothing_is_made_twice(tmp_path: Path) -> None:
    assert deploy(tmp_path, "our-project", "our-bucket", "nursery").returncode == 0
    first = (tmp_path / "called").read_text().splitlines()
    (tmp_path / "called").unlink()
    assert deploy(tmp_path, "our-project", "our-bucket", "nursery").returncode == 0
    second = (tmp_path / "called").read_text().splitlines()
    created = [line for line in first if re.search(r"\bcreate\b", line)]
    assert len(created) == 4  # bucket, two accounts, a key
    assert [line for line in first if line not in created and "--source" not in line] == [
        line for line in second if "--source" not in line
    ]
    _runs_alone(tmp_path / "deployed", tmp_path / "venv")


def _runs_alone(source: Path, venv: Path) -> None:
    """As the platform does: its requirements into an empty environment, then the framework."""
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [str(venv / "bin" / "python"), "-I", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--require-hashes", "-r", "requirements.txt"], check=True, cwd=source)
    subprocess.run([*pip, "check"], check=True)  # the platform does it, too
    installed = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout.splitlines()
    names = {canonicalize_name(line.partition("==")[0]) for line in installed if not line.startswith("babycryd")}
    assert names == set(re.findall(r"^([\w.-]+)==", (source / "requirements.txt").read_text(), re.MULTILINE))
    with Storage() as storage, Function(storage.environment, source=source / "main.py", venv=venv) as function:
        storage.put("recordings/nursery/s1.flac", encode(piece()), {"hops": "5"})
        assert function.send(storage.event("recordings/nursery/s1.flac")) < 300
        assert storage.answers()["s1"]["cry"] is True
        assert storage.names("recordings/") == []
        notes = [json.loads(line) for line in function.log().splitlines() if line.startswith("{")]
        assert notes == [{"severity": "INFO", "message": "answered", "segment": "s1"}]


def test_everything_that_the_function_installs_has_its_version_and_checksums(tmp_path: Path) -> None:
    subprocess.run([SCRIPT.parent / "stage.sh", tmp_path], check=True, capture_output=True)
    text = (tmp_path / "requirements.txt").read_text().replace(" \\\n", " ")
    requirements = [line for line in text.splitlines() if line and not line.startswith("#")]
    *locked, detector = requirements
    assert all(re.fullmatch(r"[\w.-]+==\S+(\s+--hash=sha256:[0-9a-f]{64})+", line) for line in locked)
    (wheel,) = tmp_path.glob("babycryd_detect-*.whl")
    assert detector == f"./{wheel.name} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
    wanted = re.findall(r"^([\w.-]+)==(\S+)", (SCRIPT.parent / "requirements.in").read_text(), re.MULTILINE)
    versions = dict(line.split(" ")[0].split("==") for line in locked)
    assert {canonicalize_name(name): version for name, version in wanted} == versions, "run packaging/lock"


def test_the_container_builds_nothing_and_installs_what_is_locked() -> None:
    lines = (SCRIPT.parent / "Dockerfile").read_text().splitlines()
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 1
    for option in ("--require-hashes", "--only-binary=:all:", "-r requirements.txt"):
        assert option in installs[0]


def test_recordings_are_deleted_after_a_day_in_any_case() -> None:
    rules = json.loads((ROOT / "cloud_offload" / "lifecycle.json").read_text())["rule"]
    assert {"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": ["recordings/"]}} in rules


def test_the_shell_is_clean() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("no shellcheck: apt install shellcheck")
    scripts = sorted(SCRIPT.parent.glob("*.sh"))
    assert len(scripts) == 3
    command = [shellcheck, "--external-sources", *map(str, scripts)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
