"""Libraries of the training in the cloud: none is installed on a device, and none for the ordinary tests."""

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from setuptools import find_packages

from tests.unit.test_walls import imports_of, modules

ROOT: Final = Path(__file__).resolve().parents[3]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: Final[dict[str, list[str]]] = PROJECT["project"]["optional-dependencies"]
ON_A_DEVICE: Final = ("apprise", "cloud", "models", "parquet", "push")
ALSO_OF_TESTS: Final = {"scipy"}  # python_speech_features imports it


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


def libraries(*extras: str) -> set[str]:
    """Names of the libraries of extras, and of those that they name."""
    found = set[str]()
    for requirement in (each for extra in extras for each in EXTRAS[extra]):
        if nested := re.fullmatch(r"babycryd\[(.*)\]", requirement):
            found |= libraries(*nested[1].split(","))
        else:
            found.add(name_of(requirement))
    return found


BASE: Final = {name_of(each) for each in PROJECT["project"]["dependencies"]}
CLOUD_TRAINING: Final = libraries("cloud-training") - libraries(*ON_A_DEVICE) - BASE


def test_the_extra_has_what_the_rehearsal_needs() -> None:
    assert {
        "apache-beam",
        "bqemulator",
        "duckdb",
        "google-cloud-bigquery",
        "papermill",
        "tensorflow-cpu",
    } <= CLOUD_TRAINING


@pytest.mark.parametrize(
    "lock", ["packaging/requirements.lock", "packaging/release.lock", "cloud_offload/requirements.txt"]
)
def test_no_package_and_no_function_has_any_of_it(lock: str) -> None:
    locked = {name_of(line) for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if "==" in line}
    assert locked
    assert locked & CLOUD_TRAINING == set()


def test_the_ordinary_tests_install_none_of_it() -> None:
    assert libraries("dev") & CLOUD_TRAINING == ALSO_OF_TESTS
    for script in ("scripts/test", ".ci/run", "packaging/build-deb", "scripts/install"):
        assert "cloud-training" not in (ROOT / script).read_text(encoding="utf-8")


def test_the_wheel_holds_the_daemon_alone_which_imports_nothing_of_the_training() -> None:
    packages = find_packages(str(ROOT), **PROJECT["tool"]["setuptools"]["packages"]["find"])
    assert {name.partition(".")[0] for name in packages} == {"babycryd"}
    tops = {name.partition(".")[0] for module in modules() for name in imports_of(module)}
    assert "numpy" in tops
    assert tops & {"training", "apache_beam", "duckdb", "tensorflow", "bqemulator"} == set()
