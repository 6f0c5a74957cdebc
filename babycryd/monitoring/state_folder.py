"""Watch over the state folder, which another program may delete or replace while the daemon runs."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from babycryd.core.rounds import next_round
from babycryd.system.file_systems import forgetful
from babycryd.system.files import identity

log = logging.getLogger(__name__)
_CHECK_EVERY_S: Final = 6.0  # a multiple of other tasks' periods, see core/rounds.py


class StateFolderWatch:
    """Watch that tells that the state folder is gone or another one, and makes a missing one anew; a task, `run`.

    Those who keep open files in it compare their `identity` themselves, before they write.
    """

    def __init__(self, folder: Path, check_every_s: float = _CHECK_EVERY_S) -> None:
        self._folder = folder
        self._check_every_s = check_every_s
        self._known: tuple[int, int] | None = None  # None: not made yet
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why a deleted folder cannot be made anew, or None."""
        return self._trouble

    async def run(self) -> None:
        """Check the folder until cancelled."""
        while True:
            await asyncio.to_thread(self.check)
            await next_round(self._check_every_s)

    def check(self) -> None:
        """Compare the folder with the one of the last check. Blocks for the disk."""
        found = identity(self._folder) if self._folder.is_dir() else None
        if found is not None and found != self._known:
            self._tell_forgetful()
        if self._known is None or found == self._known:
            self._known, self._trouble = found, None
        elif found is None:
            self._make_anew()
        else:
            log.warning("the state folder %s was replaced by another one; it is used from now on", self._folder)
            self._known, self._trouble = found, None

    def _tell_forgetful(self) -> None:
        if kind := forgetful(self._folder):
            remedy = "mount a disk there, or set state_dir (docs/install.md)"
            text = "what it keeps is lost when this computer, or its container, starts again"
            log.warning("the state folder %s is on %s, not on a disk: %s; %s", self._folder, kind, text, remedy)

    def _make_anew(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            trouble = f"the state folder {self._folder} was deleted and cannot be made anew ({error.strerror})"
            if trouble != self._trouble:
                log.warning("%s", trouble)
            self._trouble = trouble
            return
        log.warning("the state folder %s was deleted; it is made anew, and what it kept is lost", self._folder)
        self._known, self._trouble = identity(self._folder), None
