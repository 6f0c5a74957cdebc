"""The archive of libraries: what both Pythons share is in it once, and what babycryd never imports is not."""

import importlib.util
import io
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site_archive() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_archive", ROOT / "packaging" / "site_archive.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_shared_files_come_once_and_twins_side_by_side(site_archive: ModuleType, tmp_path: Path) -> None:
    contents = {"3.11/a.py": "same", "3.13/a.py": "same", "3.11/b.so": "x", "3.13/b.so": "y", "3.13/c.py": "same"}
    trees: dict[str, dict[str, Path]] = {"3.11": {}, "3.13": {}}
    for name, content in contents.items():
        path = tmp_path / name.replace("/", "-")
        path.write_text(content)
        python, _, file = name.partition("/")
        trees[python][file] = path
    names = [name for name, _ in site_archive.members(trees)]
    assert names == ["common/a.py", "3.11/b.so", "3.13/b.so", "3.13/c.py"]


def test_members_are_the_same_whoever_builds(site_archive: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("pass\n")
    path.chmod(0o600)
    info = site_archive.entry("common/a.py", path)
    assert (info.mode, info.uid, info.uname, info.mtime, info.size) == (0o644, 0, "", 0, 5)
    with tarfile.open(fileobj=io.BytesIO(), mode="w") as tar, path.open("rb") as file:
        tar.addfile(info, file)


@pytest.mark.parametrize(
    "name",
    [
        "ai_edge_litert/libpywrap_litert_common.so",
        "ai_edge_litert/interpreter.py",
        "numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
        "numpy/testing/__init__.py",
        "numpy.libs/libscipy_openblas64_-1.so",
        "pygame/mixer.cpython-311-x86_64-linux-gnu.so",
        "pygame_ce.libs/libSDL2_mixer-2-1.0.so",
        "certifi/cacert.pem",
        "google/cloud/storage/blob.py",
        "numpy-2.4.6.dist-info/METADATA",
    ],
)
def test_what_runs_is_kept(site_archive: ModuleType, name: str) -> None:
    assert site_archive.UNUSED.match(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
        "ai_edge_litert/vendors/x.so",
        "numpy/_core/tests/test_a.py",
        "numpy/_core/include/numpy/a.h",
        "numpy/__init__.pyi",
        "pygame/docs/generated/a.html",
        "pygame/tests/a.py",
        "pygame_ce.libs/libSDL2_ttf-2-1.0.so",
        "bin/numpy-config",
        "numpy-2.4.6.dist-info/RECORD",
    ],
)
def test_what_never_runs_is_left_out(site_archive: ModuleType, name: str) -> None:
    assert site_archive.UNUSED.match(name) is not None
