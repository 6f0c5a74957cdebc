"""Making of a release's files, each in dist/."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from babycryd import __version__
from scripts.releasing.apt_repository import publish
from scripts.releasing.checkout import digest_of
from scripts.releasing.notes import notes_of
from scripts.releasing.steps import Step

ROOT = Path(__file__).resolve().parents[2]
DIST = Path("dist")
LOCK = Path("packaging") / "release.lock"
# What the steps read of the checkout
_MAKING = "scripts/releasing"
_WHEEL = ("babycryd", "pyproject.toml", "README.md", "LICENSE", "packaging/build-wheel")
_PACKAGE = (
    *_WHEEL,
    "CHANGELOG.md",
    "config",
    "systemd",
    "packaging/build-deb",
    "packaging/debian",
    "packaging/manual.py",
    "packaging/requirements.lock",
    "packaging/site_archive.py",
    "packaging/zip_program.py",
)
_CONTAINER = (*_PACKAGE, "packaging/build-container", "packaging/container")
_APP = (*_PACKAGE, "packaging/build-home-assistant", "packaging/container", "packaging/home-assistant")
_SBOM = ("babycryd/__init__.py", "babycryd/detect/models", "packaging/requirements.lock", str(LOCK), _MAKING)
_NOTES = ("babycryd/__init__.py", "CHANGELOG.md", _MAKING)


class Release:
    """Release of the checkout in the present folder: its steps, in their order."""

    def __init__(self, architectures: Sequence[str], key: str) -> None:
        """`key`: fingerprint for the apt repository; empty leaves the repository out."""
        self._architectures = architectures
        self._key = key

    def steps(self) -> list[Step]:
        """Return every step; later ones take the files of earlier ones."""
        archs = self._architectures
        packages = tuple(f"package-{arch}" for arch in archs)
        containers = tuple(f"container-{arch}" for arch in archs)
        app = partial(_built, "build-home-assistant", *archs)
        steps = [
            *(
                Step(f"package-{arch}", f"Debian package for {arch}", partial(_package, arch), _PACKAGE)
                for arch in archs
            ),
            Step("wheel", "wheel", _wheel, (*_WHEEL, _MAKING)),
            *(self._container(arch) for arch in archs),
            Step("home-assistant", "app of Home Assistant", app, _APP, packages),
            Step("sbom", "bills of materials (CycloneDX)", self._sbom, _SBOM, (*packages, *containers)),
            Step("notes", "notes, from CHANGELOG.md", _notes, _NOTES),
        ]
        if self._key:
            apt = Step("apt", "signed apt repository", self._apt, (_MAKING,), packages, (*archs, self._key))
            steps.append(apt)
        earlier = tuple(step.name for step in steps)
        return [*steps, Step("checksums", "checksums", self._checksums, (_MAKING,), earlier)]

    def _container(self, arch: str) -> Step:
        """Build it of the package that an earlier step has made."""
        make = partial(_built, "build-container", arch)
        options = (os.environ.get("BASE", ""), os.environ.get("PACKAGES", ""), os.environ.get("ENGINE", ""))
        return Step(f"container-{arch}", f"container for {arch}", make, _CONTAINER, (f"package-{arch}",), options)

    def _packages(self) -> list[Path]:
        return [_package_path(arch) for arch in self._architectures]

    def _containers(self) -> list[Path]:
        return [DIST / f"babycryd-container_{__version__}_{arch}.tar.xz" for arch in self._architectures]

    def _sbom(self) -> list[Path]:
        """Write one for the package and one for each container."""
        tools = _tools()
        made = [_write_sbom(tools, DIST / f"babycryd_{__version__}.cdx.json")]
        for container in self._containers():
            name = container.name.removesuffix(".tar.xz")
            made.append(_write_sbom(tools, DIST / f"{name}.cdx.json", container))
        return made

    def _apt(self) -> list[Path]:
        publish(DIST / "apt", self._packages(), self._architectures, self._key)
        return [DIST / "apt"]

    def _checksums(self) -> list[Path]:
        """Write SHA256SUMS of this version's files, as `sha256sum --check` reads it."""
        files = sorted(path for path in DIST.iterdir() if path.is_file() and __version__ in path.name)
        path = DIST / "SHA256SUMS"
        path.write_text("".join(f"{digest_of(each)}  {each.name}\n" for each in files))
        return [path]


def _package_path(architecture: str) -> Path:
    return DIST / f"babycryd_{__version__}_{architecture}.deb"


def _package(architecture: str) -> list[Path]:
    return _built("build-deb", architecture)


def _built(script: str, *arguments: str) -> list[Path]:
    """Run a script of packaging/, which prints the paths of what it made."""
    command = [f"packaging/{script}", *arguments]
    return [
        Path(name) for name in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    ]


def _wheel() -> list[Path]:
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run(["packaging/build-wheel", str(DIST)], check=True, env=environment)
    return [DIST / f"babycryd-{__version__}-py3-none-any.whl"]


def _notes() -> list[Path]:
    path = DIST / f"babycryd_{__version__}_notes.md"
    path.write_text(notes_of(Path("CHANGELOG.md").read_text(), __version__))
    return [path]


def _tools() -> Path:
    """Return the folder with the library of CycloneDX, installed at the first time as the lock names it."""
    folder = Path("build") / f"release-tools-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        options = ["--quiet", "--no-deps", "--require-hashes", "--target", str(new)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, "-r", str(LOCK)], check=True)
        new.rename(folder)
    return folder


def _write_sbom(tools: Path, path: Path, *container: Path) -> Path:
    command = [sys.executable, "-m", "scripts.releasing.sbom", str(path), *map(str, container)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": f"{ROOT}:{tools.resolve()}"})
    return path
