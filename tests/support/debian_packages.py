"""Debian packages of this checkout, and of a version that is still to come."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEXT = "99.0.0"
# Imported by what the package installs; none may lack a part
LIBRARIES = (
    "ai_edge_litert.interpreter",
    "aiohttp",
    "aiomqtt",
    "argon2",
    "google.cloud.storage",
    "numpy",
    "prometheus_client",
    "pygame.mixer",
    "resvg_py",
    "sounddevice",
    "soundfile",
    "soxr",
    "tqdm",
    "yaml",
)
# In the next version the file has form 2, and the threshold counts differently
OF_THE_NEXT = {
    "babycryd/__init__.py": ('__version__ = ".*"', f'__version__ = "{NEXT}"'),
    "babycryd/config/sections.py": (r"^VERSION = \d+", "VERSION = 2"),
    "babycryd/config/migrate.py": (
        r"^(MIGRATIONS: .*) = .*",
        r'\1 = {1: lambda text: text.replace("threshold: 0.8}", "threshold: 0.81}")}',
    ),
}


def build(architecture: str = "", tree: Path = ROOT, env: Mapping[str, str] | None = None) -> Path:
    """The package, as its one command builds it."""
    command = ["packaging/build-deb", *([architecture] if architecture else [])]
    built = subprocess.run(
        command, cwd=tree, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}
    )
    assert built.returncode == 0, built.stderr
    return tree / built.stdout.split()[-1]


def copy_checkout(tree: Path) -> None:
    """The files of this checkout, and a way to what was downloaded for it."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in files:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    (tree / "build").mkdir()
    (tree / "build" / "wheels").symlink_to(ROOT / "build" / "wheels")


def build_broken(package: Path, broken: Path, version: str = "98.0.0") -> None:
    """The same as a later version, the archive of whose libraries is cut off."""
    tree = broken.with_suffix(".tree")
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    archive = tree / "usr" / "share" / "babycryd" / "site.tar.xz"
    os.truncate(archive, archive.stat().st_size // 2)
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(broken)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(tree)


def build_variant(package: Path, variant: Path, version: str, changes: Mapping[str, tuple[str, str]]) -> None:
    """The same package as another version, whose modules differ: by path of a module, what is replaced by what."""
    tree = variant.with_suffix(".tree")
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    (wheel,) = (tree / "usr" / "share" / "babycryd").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    named = {"babycryd/__init__.py": (r'__version__ = ".*"', f'__version__ = "{version}"'), **changes}
    for name, (old, new) in named.items():
        text, count = re.subn(old, new, files[name].decode(), count=1)
        assert count == 1, name
        files[name] = text.encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    sums = tree / "DEBIAN" / "md5sums"
    md5 = hashlib.md5(wheel.read_bytes(), usedforsecurity=False).hexdigest()
    sums.write_text(re.sub(rf"^\w+(?=  \S*{re.escape(wheel.name)}$)", md5, sums.read_text(), flags=re.MULTILINE))
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(variant)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(tree)


def build_next(folder: Path) -> Path:
    """The same project some time later; with another default configuration, as it knows another version."""
    tree = folder / "next"
    copy_checkout(tree)
    for name, (old, new) in OF_THE_NEXT.items():
        text, count = re.subn(old, new, (tree / name).read_text(), flags=re.MULTILINE)
        assert count == 1, name
        (tree / name).write_text(text)
    subprocess.run(
        [sys.executable, "-m", "babycryd.config.generate"],
        cwd=tree,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tree)},
    )
    return build(tree=tree, env={"SOURCE_DATE_EPOCH": "1800000000"})


def small_package(folder: Path, version: str, *, conffile: str = "", content: str | None = None) -> Path:
    """A package named babycryd without scripts, with one file `/lib/babycryd`."""
    tree, package = folder / f"tree-{version}", folder / f"babycryd_{version}_all.deb"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "lib").mkdir()
    (tree / "lib" / "babycryd").write_text(version if content is None else content)
    control = f"Package: babycryd\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
    (tree / "DEBIAN" / "control").write_text(control + "Description: small\n longer\n")
    if conffile:
        path = "/etc/babycryd/babycryd.yaml"
        (tree / path[1:]).parent.mkdir(parents=True)
        (tree / path[1:]).write_text(conffile)
        (tree / "DEBIAN" / "conffiles").write_text(f"{path}\n")
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(tree)
    return package
