"""The checkout that a release is made of: its files, and when they were changed."""

import hashlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


class Checkout:
    """Files of a checkout, committed or not, without those that git ignores."""

    def __init__(self, folder: Path) -> None:
        """Lists the files once. Raises subprocess.CalledProcessError outside of git's checkouts."""
        self._folder = folder
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        self._names = sorted({name for name in listed if name and (folder / name).is_file()})
        self._date = os.environ.get("SOURCE_DATE_EPOCH", "")

    def digest(self, reads: Sequence[str]) -> str:
        """Return the SHA-256 of these files, and of all files below these folders, with their names."""
        names = [name for name in self._names if any(name == each or name.startswith(f"{each}/") for each in reads)]
        sums = [f"{name} {digest_of(self._folder / name)}" for name in names]
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()

    def source_date(self, reads: Sequence[str]) -> str:
        """Return $SOURCE_DATE_EPOCH, or when these files and folders were last committed: seconds since 1970."""
        return self._date or self._committed(*reads) or self._committed()

    def _committed(self, *paths: str) -> str:
        return self._git("log", "-1", "--format=%ct", "--", *paths).strip()

    def _git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self._folder, check=True, capture_output=True, text=True).stdout


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files below a folder. Raises OSError."""
    if path.is_dir():
        parts = [f"{each.relative_to(path)} {digest_of(each)}" for each in sorted(path.rglob("*")) if each.is_file()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
