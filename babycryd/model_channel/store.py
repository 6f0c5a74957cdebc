"""Store of the models in the state folder: their files, the choice among them, and the comparison of two of them."""

import contextlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from babycryd.model_channel.choice import Choice, choice_of, choice_text
from babycryd.model_channel.comparison import Difference, Tally
from babycryd.system.files import PARTIAL, hand_over, locked, set_aside, write_whole
from babycryd.system.plain_files import read_small, require_no_link

log = logging.getLogger(__name__)

FOLDER: Final = "models"
FILE: Final = "models.json"  # the choice
LOCK: Final = "models.lock"
TALLY: Final = "models-shadow.json"  # the comparison, of the daemon alone
_LARGEST_BYTES: Final = 100_000


class StoreError(Exception):
    """Models cannot be kept or read; the text has the reason and the remedy."""


class ModelStore:
    """Store of a state folder, for several processes. Every method blocks and raises StoreError."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first write."""
        self._folder = folder

    def package(self, sha256: str) -> Path:
        """Return the folder of a model's files."""
        return self._folder / FOLDER / sha256

    def choice(self) -> Choice:
        """Return the choice; where its file is missing or broken, that of the shipped model."""
        path = self._folder / FILE
        try:
            return choice_of(read_small(path, _LARGEST_BYTES))
        except FileNotFoundError:
            return Choice()
        except (ValueError, TypeError, RecursionError) as broken:
            log.warning("%s cannot be understood, and the shipped model decides: %s", path, broken)
            return Choice()
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error}") from error

    def change(self, step: Callable[[Choice], Choice]) -> Choice:
        """Write what `step` makes of the choice, and return it; an error of `step` passes, and nothing is written."""
        path = self._folder / FILE
        with self._writing(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder / LOCK):
                before = self._choice_or_set_aside(path)
                after = step(before)
                if after.why and (after.why, after.refused) != (before.why, before.refused):
                    after = replace(after, why_utc_s=time.time())
                if after != before:
                    write_whole(path, choice_text(after))
                return after

    def keep(self, sha256: str, files: Mapping[str, bytes]) -> Path:
        """Write the files of a model, all of them or none, and return their folder."""
        wanted = self.package(sha256)
        with self._writing(wanted), self._new_folder(wanted) as partial:
            for name, content in files.items():
                write_whole(partial / name, content)
        return wanted

    def prune(self, kept: set[str]) -> None:
        """Delete the files of all other models."""
        folder = self._folder / FOLDER
        if not folder.is_dir():
            return
        with self._writing(folder):
            require_no_link(folder)
            for each in folder.iterdir():
                if each.name not in kept and each.is_dir() and not each.is_symlink():
                    shutil.rmtree(each)

    def tally(self, choice: Choice) -> Tally:
        """Return the comparison of these two models so far; a new one where there is none."""
        try:
            told = json.loads(read_small(self._folder / TALLY, _LARGEST_BYTES))
            if told.pop("of") != _pair(choice):
                return Tally()
            differences = tuple(Difference(**each) for each in told.pop("differences"))
            return Tally(**told, differences=differences)
        except FileNotFoundError:
            return Tally()
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as broken:
            log.warning("the comparison of the models begins anew: %s cannot be read: %s", TALLY, broken)
            return Tally()

    def keep_tally(self, choice: Choice, tally: Tally) -> None:
        """Write the comparison of these two models."""
        path = self._folder / TALLY
        with self._writing(path):
            write_whole(path, json.dumps({"of": _pair(choice), **asdict(tally)}).encode())

    def _choice_or_set_aside(self, path: Path) -> Choice:
        try:
            return choice_of(read_small(path, _LARGEST_BYTES))
        except FileNotFoundError:
            return Choice()
        except (ValueError, TypeError, RecursionError) as broken:
            log.warning("%s cannot be understood (%s); set aside as %s", path, broken, set_aside(path, time.time()))
            return Choice()

    @contextlib.contextmanager
    def _new_folder(self, wanted: Path) -> Iterator[Path]:
        """Yield a folder that takes the place of `wanted` when the block ends; a block that raises leaves none."""
        partial = wanted.with_name(f"{wanted.name}.{os.urandom(4).hex()}{PARTIAL}")
        for each in (self._folder, wanted.parent, partial):
            if not each.exists():
                each.mkdir(parents=True)
                _give(each)
            if each != self._folder:
                require_no_link(each)  # before anything is made in it
        try:
            yield partial
            if wanted.exists():  # of an earlier try, perhaps half of it
                shutil.rmtree(wanted)
            partial.rename(wanted)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @contextlib.contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{path} cannot be written: {error}; is there room, and is state_dir the daemon's?"
            ) from error


def _pair(choice: Choice) -> list[str | None]:
    return [choice.candidate, choice.in_use, choice.previous]


def _give(folder: Path) -> None:
    """Give a new folder the owner of the one that it is in."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        hand_over(descriptor, folder.parent)
    finally:
        os.close(descriptor)
