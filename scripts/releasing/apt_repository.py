"""Signed apt repository: a tree of files for any web server, which `apt-get install babycryd` reads.

It has two channels, each a suite of apt's: a version is published in `early`, and is offered in `stable` once it is
promoted. It keeps the packages of earlier releases, so that an owner can go back.
"""

import gzip
import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

EARLY, STABLE, COMPONENT = "early", "stable", "main"
KEYRING = "babycryd-archive-keyring.gpg"
_POOL = Path("pool") / COMPONENT / "babycryd"
_RELEASE = {
    "Origin": "babycryd",
    "Label": "babycryd",
    "Components": COMPONENT,
    "Description": "Nursery listener",
}
_VERSION = re.compile(r"^Version: (.+)$", re.MULTILINE)


class NotPublishedError(ValueError):
    """A version that is to be promoted is not in the tree."""


def publish(tree: Path, packages: Sequence[Path], architectures: Sequence[str], key: str) -> None:
    """Add packages to the tree's `early` and sign it with a key of gpg's. Raises subprocess.CalledProcessError."""
    (tree / _POOL).mkdir(parents=True, exist_ok=True)
    for package in packages:
        shutil.copy(package, tree / _POOL)
    _write(tree, architectures, key, versions(tree, STABLE))


def promote(tree: Path, version: str, key: str) -> None:
    """Offer a version of `early` in `stable`, too. Raises NotPublishedError, subprocess.CalledProcessError."""
    if version not in versions(tree, EARLY):
        there = ", ".join(sorted(versions(tree, EARLY))) or "nothing"
        raise NotPublishedError(f"{tree} has no version {version}; there is {there}")
    architectures = sorted(path.name.removeprefix("binary-") for path in _indexed(tree, EARLY))
    _write(tree, architectures, key, {version, *versions(tree, STABLE)})


def versions(tree: Path, suite: str) -> set[str]:
    """Return the versions that a suite offers."""
    return {found for folder in _indexed(tree, suite) for found in _VERSION.findall((folder / "Packages").read_text())}


def _indexed(tree: Path, suite: str) -> list[Path]:
    """Return the folder of each architecture's index."""
    return list((tree / "dists" / suite / COMPONENT).glob("binary-*"))


def _write(tree: Path, architectures: Sequence[str], key: str, stable: Collection[str]) -> None:
    """Write both suites of what is in the pool."""
    for architecture in architectures:
        everything = _ftparchive(tree, "--arch", architecture, "packages", "pool").decode()
        parts = [part for part in everything.split("\n\n") if part.strip()]
        for suite in (EARLY, STABLE):
            offered = [part for part in parts if suite == EARLY or set(_VERSION.findall(part)) <= set(stable)]
            index = "".join(f"{part.strip()}\n\n" for part in offered).encode()
            folder = tree / "dists" / suite / COMPONENT / f"binary-{architecture}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "Packages").write_bytes(index)
            (folder / "Packages.gz").write_bytes(gzip.compress(index, mtime=0))
    for suite in (EARLY, STABLE):
        _sign(tree, suite, architectures, key)


def _sign(tree: Path, suite: str, architectures: Sequence[str], key: str) -> None:
    folder = tree / "dists" / suite
    fields = {**_RELEASE, "Suite": suite, "Codename": suite, "Architectures": " ".join(architectures)}
    options = [part for name, value in fields.items() for part in ("-o", f"APT::FTPArchive::Release::{name}={value}")]
    for name in ("Release", "InRelease", "Release.gpg"):
        (folder / name).unlink(missing_ok=True)
    (folder / "Release").write_bytes(_ftparchive(tree, *options, "release", f"dists/{suite}"))
    sign = ["gpg", "--batch", "--yes", "--local-user", key]
    subprocess.run([*sign, "--clearsign", "--output", folder / "InRelease", folder / "Release"], check=True)
    detached = [*sign, "--armor", "--detach-sign", "--output", str(folder / "Release.gpg"), str(folder / "Release")]
    subprocess.run(detached, check=True)
    public = subprocess.run(["gpg", "--batch", "--export", key], check=True, capture_output=True).stdout
    (tree / KEYRING).write_bytes(public)


def _ftparchive(tree: Path, *arguments: str) -> bytes:
    return subprocess.run(["apt-ftparchive", *arguments], cwd=tree, check=True, capture_output=True).stdout


def make_key(home: Path) -> str:
    """Make a key for a rehearsal in a gpg folder of its own, or find the one there; return its fingerprint."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    gpg = ["gpg", "--homedir", str(home), "--batch"]
    listing = [*gpg, "--with-colons", "--list-secret-keys"]
    if not subprocess.run(listing, check=True, capture_output=True).stdout:
        name = "babycryd rehearsal, not to be trusted"
        make = ["--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "1y"]
        subprocess.run([*gpg, *make], check=True, capture_output=True)
    found = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    return next(line.split(":")[9] for line in found.splitlines() if line.startswith("fpr"))
