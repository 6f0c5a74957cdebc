"""The installed package: its state, dpkg's lock, and a copy of it, made of the installed files."""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from update_trial.commands import Failed, run
from update_trial.files import sync_folder
from update_trial.places import Places


def installed() -> tuple[str, str]:
    """Return dpkg's state of the package, such as `installed` or `half-configured`, and its version. Raises Failed."""
    state, _, version = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "babycryd").partition(" ")
    return state, version


def is_newer(version: str, than: str) -> bool:
    """Return whether one version is newer than another, as dpkg counts."""
    try:
        run("dpkg", "--compare-versions", version, "gt", than)
    except Failed:
        return False
    return True


@contextmanager
def dpkg_locked(places: Places) -> Iterator[dict[str, str]]:
    """Wait for dpkg's lock; yields the variables with which dpkg knows that it is ours."""
    with places.lock.open("a") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield {"DPKG_FRONTEND_LOCKED": "1"}


def repack(places: Places, package: Path) -> None:
    """Make the package of the installed files. Raises Failed, OSError."""
    tree = package.with_suffix(".tree")
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True, mode=0o755)
    _copy_files(places, tree)
    (tree / "DEBIAN").mkdir()
    for path in places.info.glob("babycryd.*"):
        if path.suffix != ".list":
            shutil.copy(path, tree / "DEBIAN" / path.suffix[1:])
    fields = re.sub(r"(?m)^(Status|Conffiles|Config-Version):.*\n(?: .*\n)*", "", run("dpkg-query", "-s", "babycryd"))
    (tree / "DEBIAN" / "control").write_text(fields)
    new = package.with_suffix(".new")
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(new))
    shutil.rmtree(tree)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(package)
    sync_folder(package.parent)


def _copy_files(places: Places, tree: Path) -> None:
    changed, names = _changed_conffiles(places), run("dpkg-query", "-L", "babycryd").splitlines()
    folders = {str(folder) for name in names for folder in Path(name).parents}  # /lib is one, although it is a link
    for name in names:
        source, copy = places.root / name.lstrip("/"), tree / name.lstrip("/")
        if name in changed:
            copy.write_text(changed[name])
        elif name in folders or (source.is_dir() and not source.is_symlink()):
            copy.mkdir(mode=0o755, exist_ok=True)
        elif source.is_symlink() or source.exists():
            _link_or_copy(source, copy)


def _link_or_copy(source: Path, copy: Path) -> None:
    """Give a file a second name, which costs nothing; another disk needs a copy."""
    try:
        os.link(source, copy, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, copy, follow_symlinks=False)


def _changed_conffiles(places: Places) -> dict[str, str]:
    """Return the configuration files that the owner has changed, each with a text that is in no version of the package.

    dpkg remembers the checksum of what a package brings. With the owner's content it would take the owner's file for
    the package's own, and overwrite it at the next update.
    """
    found = {}
    for line in run("dpkg-query", "-W", "-f", "${Conffiles}", "babycryd").splitlines():
        name, _, md5 = line.strip().partition(" ")
        path = places.root / name.lstrip("/")
        content = path.read_bytes() if path.exists() else b""
        if name and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.split()[0]:
            found[name] = content.decode(errors="replace") + "# changed by the owner\n"
    return found
