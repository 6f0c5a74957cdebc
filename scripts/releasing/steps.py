"""Steps of a release, each of which makes some files of dist/, and the memory of those that are done."""

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.releasing.checkout import Checkout, digest_of


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a release: what makes it, and everything that decides what its files are."""

    name: str
    says: str  # what it makes, for the progress
    make: Callable[[], Sequence[Path]]  # returns the paths of its files
    reads: tuple[str, ...] = ()  # files and folders of the checkout
    after: tuple[str, ...] = ()  # steps whose files it takes
    options: tuple[str, ...] = ()


def with_needed(steps: Sequence[Step], names: Collection[str]) -> list[Step]:
    """Return the named steps and those whose files they take, in the order of `steps`; all of them without a name."""
    by_name = {step.name: step for step in steps}
    wanted = set(names or by_name)
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update(step.after)
    return [step for step in steps if step.name in wanted]


class Done:
    """Memory of the steps that are done: a step is done again where what it reads or one of its files has changed."""

    def __init__(self, folder: Path, checkout: Checkout) -> None:
        """`folder`: of the memory."""
        self._folder = folder
        self._checkout = checkout

    def state(self, step: Step) -> str:
        """Return the digest of what the step reads now: files of the checkout and of earlier steps, options, time."""
        earlier = [str(self._kept(name).get("files")) for name in step.after]
        source = [self._checkout.digest(step.reads), self._checkout.source_date(step.reads)]
        return hashlib.sha256("\n".join([*source, *earlier, *step.options]).encode()).hexdigest()

    def files(self, step: Step) -> list[Path] | None:
        """Return the files that a step has made; None where it must be done."""
        kept = self._kept(step.name)
        try:
            whole = all(digest_of(Path(name)) == digest for name, digest in kept["files"].items())
            return [Path(name) for name in kept["files"]] if whole and kept["state"] == self.state(step) else None
        except (OSError, KeyError):
            return None

    def keep(self, step: Step, state: str, files: Sequence[Path]) -> None:
        """Remember that a step is done; `state` is that of its beginning."""
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = {"state": state, "files": {str(path): digest_of(path) for path in files}}
        (self._folder / f"{step.name}.json").write_text(json.dumps(kept, indent=1))

    def _kept(self, name: str) -> dict[str, Any]:
        try:
            kept = json.loads((self._folder / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}
