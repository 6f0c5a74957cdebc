"""First start: whether the page offers its first steps."""

import json
from pathlib import Path
from typing import Final

from babycryd.config import Settings, changed
from babycryd.core.page_settings import SetUp
from babycryd.system.files import is_there, write_whole

FILE: Final = "set-up.json"
# What has to be set before the page can be opened at all is no sign of a configuration made by hand
_BEFORE_THE_PAGE: Final = ("config_version", "state_dir", "web.", "log.")


def is_by_hand(settings: Settings) -> bool:
    """Return whether a person has written a configuration: the file alone sets more than access to the page."""
    live, restart = changed(Settings(), settings)
    return any(not key.startswith(_BEFORE_THE_PAGE) for key in (*live, *restart))


class SetUpFile:
    """File that says that the first steps were taken or skipped."""

    def __init__(self, folder: Path) -> None:
        """`folder`: of the state."""
        self._path = folder / FILE

    @property
    def is_there(self) -> bool:
        """Whether the page offers the first steps no more."""
        return is_there(self._path)

    def write(self, outcome: SetUp) -> None:
        """Note the outcome. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, json.dumps({"set_up": outcome}).encode(), mode=0o600)
