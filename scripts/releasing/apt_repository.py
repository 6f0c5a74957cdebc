"""Signed apt repository: a tree of files for any web server, which `apt-get install babycryd` reads.

It keeps the packages of earlier releases, so that an owner can go back.
"""

import gzip
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

SUITE, COMPONENT = "stable", "main"
KEYRING = "babycryd-archive-keyring.gpg"
_POOL = Path("pool") / COMPONENT / "babycryd"
_RELEASE = {
    "Origin": "babycryd",
    "Label": "babycryd",
    "Suite": SUITE,
    "Codename": SUITE,
    "Components": COMPONENT,
    "Description": "Nursery listener",
}


def publish(tree: Path, packages: Sequence[Path], architectures: Sequence[str], key: str) -> None:
    """Add packages to the tree and sign it with a key of gpg's. Raises subprocess.CalledProcessError."""
    (tree / _POOL).mkdir(parents=True, exist_ok=True)
    for package in packages:
        shutil.copy(package, tree / _POOL)
    for architecture in architectures:
        folder = tree / "dists" / SUITE / COMPONENT / f"binary-{architecture}"
        folder.mkdir(parents=True, exist_ok=True)
        index = _ftparchive(tree, "--arch", architecture, "packages", "pool")
        (folder / "Packages").write_bytes(index)
        (folder / "Packages.gz").write_bytes(gzip.compress(index, mtime=0))
    _sign(tree, architectures, key)


def _sign(tree: Path, architectures: Sequence[str], key: str) -> None:
    folder = tree / "dists" / SUITE
    fields = {**_RELEASE, "Architectures": " ".join(architectures)}
    options = [part for name, value in fields.items() for part in ("-o", f"APT::FTPArchive::Release::{name}={value}")]
    for name in ("Release", "InRelease", "Release.gpg"):
        (folder / name).unlink(missing_ok=True)
    (folder / "Release").write_bytes(_ftparchive(tree, *options, "release", f"dists/{SUITE}"))
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
