"""The signed apt repository: an owner installs and upgrades from it, as docs/install.md tells, on a fresh Debian."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from babycryd import __version__
from scripts.releasing.apt_repository import make_key, promote, publish
from tests.support.booted_debian import PACKAGES
from tests.support.debian_packages import NEXT, ROOT, build
from tests.support.debian_roots import debian, in_debian, need_tools
from tests.support.documented_commands import boxes

pytestmark = pytest.mark.slow

FOLLOW = """
cd /shared/apt
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
sudo() {{ "$@"; }}
{install}
babycryd --version
sed -i s:/shared/apt:/shared/later: /etc/apt/sources.list.d/babycryd.list
{upgrade}
babycryd --version
dpkg-query -W -f 'version ${{Version}}\\n' babycryd
apt-get install -y --allow-downgrades babycryd={version}
dpkg-query -W -f 'version ${{Version}}\\n' babycryd
sed -i s:/shared/later:/shared/forged: /etc/apt/sources.list.d/babycryd.list
! apt-get update 2>&1 | tee /dev/stderr | grep -q "BADSIG" || echo refused
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`apt` with this version, `later` with the next one as well, and `forged`, changed after it was signed."""
    need_tools("apt-ftparchive", "gpg", "systemd-nspawn", "debootstrap")
    folder = tmp_path_factory.mktemp("shared")
    (home := folder / "gnupg").mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(home))
        key = make_key(home)
        publish(folder / "apt", [build()], ["amd64"], key)
        promote(folder / "apt", __version__, key)
        shutil.copytree(folder / "apt", folder / "later")
        publish(folder / "later", [next_version(folder)], ["amd64"], key)
        promote(folder / "later", NEXT, key)
    shutil.copytree(folder / "later", folder / "forged")
    release = folder / "forged" / "dists" / "stable" / "InRelease"
    release.write_text(release.read_text().replace("Nursery", "Forged "))
    shutil.rmtree(home)
    folder.chmod(0o755)
    return folder


def next_version(folder: Path) -> Path:
    """This package under the number of a later one."""
    tree, package = folder / "tree", folder / f"babycryd_{NEXT}_amd64.deb"
    subprocess.run(["dpkg-deb", "-R", build(), tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*", f"Version: {NEXT}", control.read_text(), flags=re.MULTILINE))
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(tree)
    return package


def test_an_owner_installs_upgrades_and_goes_back(shared: Path, tmp_path: Path) -> None:
    page = [box.text for box in boxes(ROOT / "docs" / "install.md") if box.section == "From an apt repository"]
    install, upgrade = (text.replace("https://example.org/babycryd", "file:/shared/apt") for text in page)
    script = FOLLOW.format(
        install=install.replace("apt install", "apt-get install -y"),
        upgrade=upgrade.replace("apt upgrade", "apt-get upgrade -y"),
        version=__version__,
    )
    root = debian("bookworm", "amd64", PACKAGES, tmp_path)
    done = in_debian(root, shared, script.replace("apt update", "apt-get update"))
    assert f"babycryd {__version__}" in done.stdout
    assert re.findall(r"^version (\S+)", done.stdout, re.MULTILINE) == [NEXT, __version__]
    assert "refused" in done.stdout, "a changed index is taken"
