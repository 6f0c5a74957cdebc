"""The package: built by root in the checkout of another user, which stays that user's; and the size that it tells."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.debian_packages import build, copy_checkout

pytestmark = pytest.mark.slow

OWNER = 65534  # nobody
MOST_BYTES = 100_000_000


@pytest.fixture
def checkout() -> Iterator[Path]:
    """One that every user may enter; an earlier build by root has left a file in it."""
    if os.geteuid() != 0:
        pytest.skip("building as another user needs root")
    folder = Path(tempfile.mkdtemp(prefix="checkout-"))
    build()  # fetches what is missing
    copy_checkout(folder)
    folder.chmod(0o755)
    subprocess.run(["chown", "-hR", str(OWNER), folder], check=True)
    (folder / "dist").mkdir()
    (folder / "dist" / "babycryd_0.0.1_amd64.deb").touch()
    yield folder
    shutil.rmtree(folder)


def test_a_build_by_root_leaves_nothing_of_roots_in_the_checkout(checkout: Path) -> None:
    package = build(tree=checkout, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert 1_000_000 < package.stat().st_size < MOST_BYTES
    assert [path for path in checkout.rglob("*") if path.lstat().st_uid != OWNER] == []


def test_the_size_that_it_tells_is_that_of_its_files() -> None:
    """Counted in blocks of a file system it would differ from build to build, and the package with it."""
    package = build()
    listed = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    kib = [-(-int(line.split()[2]) // 1024) if line.startswith("-") else 1 for line in listed.splitlines()[1:]]
    command = ["dpkg-deb", "--field", str(package), "Installed-Size"]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == sum(kib)


def test_two_builds_at_once_in_one_folder_make_the_same_package(checkout: Path) -> None:
    """And leave nothing half made there."""
    at = {"SOURCE_DATE_EPOCH": "1700000000"}  # in the past: later times are set to it
    alone = build(tree=checkout, env=at).read_bytes()
    command, env, pipe = ["packaging/build-deb"], {**os.environ, **at}, subprocess.PIPE
    runs = [subprocess.Popen(command, cwd=checkout, env=env, stdout=pipe, stderr=pipe) for _ in range(3)]
    told = [run.communicate()[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], told
    assert sum("waiting for another build in this folder" in each for each in told) >= 1, told
    (package,) = set((checkout / "dist").glob("babycryd_*")) - {checkout / "dist" / "babycryd_0.0.1_amd64.deb"}
    assert package.read_bytes() == alone
    assert not (checkout / "build" / "lib").exists()
