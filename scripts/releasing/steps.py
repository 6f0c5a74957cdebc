"""Steps of a release, each of which makes some files of dist/, and the memory of those that are done."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a release: what makes it, and the paths of the files that it makes."""

    name: str
    says: str  # what it makes, for the progress
    make: Callable[[], Sequence[Path]]


class Done:
    """Memory of the steps that are done: a step is done again where the source or one of its files has changed."""

    def __init__(self, folder: Path, state: str) -> None:
        """`folder`: of the memory; `state`: digest of the source and of the options."""
        self._folder = folder
        self._state = state

    def files(self, step: str) -> list[Path] | None:
        """Return the files that a step has made; None where it must be done."""
        try:
            kept = json.loads((self._folder / f"{step}.json").read_text())
            files = {Path(name): digest for name, digest in kept["files"].items()}
            whole = all(digest_of(path) == digest for path, digest in files.items())
        except (OSError, ValueError, KeyError):
            return None
        return list(files) if whole and kept["state"] == self._state else None

    def keep(self, step: str, files: Sequence[Path]) -> None:
        """Remember that a step is done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = {"state": self._state, "files": {str(path): digest_of(path) for path in files}}
        (self._folder / f"{step}.json").write_text(json.dumps(kept, indent=1))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files below a folder. Raises OSError."""
    if path.is_dir():
        parts = [f"{each.relative_to(path)} {digest_of(each)}" for each in sorted(path.rglob("*")) if each.is_file()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def state_of(checkout: Path, options: Sequence[str]) -> str:
    """Return the digest of the checkout's files, committed or not, and of the options."""
    listed = _git(checkout, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    files = [checkout / name for name in listed if name and (checkout / name).is_file()]
    sums = [f"{path.relative_to(checkout)} {digest_of(path)}" for path in files]
    return hashlib.sha256("\n".join([*sums, *options]).encode()).hexdigest()


def source_date(checkout: Path) -> str:
    """Return $SOURCE_DATE_EPOCH, or the time of the last commit: seconds since 1970."""
    return os.environ.get("SOURCE_DATE_EPOCH") or _git(checkout, "log", "-1", "--format=%ct").strip()


def _git(checkout: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=checkout, check=True, capture_output=True, text=True).stdout
