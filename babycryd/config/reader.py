"""Reader of the configuration in force: the owner's file, and the settings of the page over it."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babycryd.config.document import parse
from babycryd.config.errors import ConfigError, Problem
from babycryd.config.load import SYSTEM_PATH, find_config, read_text
from babycryd.config.page_file import in_force
from babycryd.config.sections import Settings


def load_in_force(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings in force; without a file the defaults and those of the page. Raises ConfigError."""
    return in_force("" if path is None else read_text(path), str(path), environ)


class ConfigReader:
    """Reader of the daemon's configuration, at the start and at each reload.

    A reload finds an empty file while an editor or a failing disk has truncated it. It would undo every setting, so it
    is refused, and so is a file that is gone. At the start an empty file, or none, stands for the defaults.
    """

    def __init__(self, explicit: str | Path | None, environ: Mapping[str, str], system: Path = SYSTEM_PATH) -> None:
        """Parameters as of `find_config`."""
        self._find = functools.partial(find_config, explicit, environ, system)
        self._environ = environ
        self._filled: Path | None = None  # file that had settings when it was read last

    def read(self) -> Settings:
        """Return the settings. Raises ConfigError with every fault at once."""
        path = self._find()
        if path is None:
            self._require(filled=False, now="no longer there")
            return in_force("", "", self._environ)
        text = read_text(path)
        settings = in_force(text, str(path), self._environ)
        filled = _has_settings(parse(text, str(path)).values)
        self._require(filled=filled, now="empty")
        self._filled = path if filled else None
        return settings

    def _require(self, *, filled: bool, now: str) -> None:
        if self._filled is not None and not filled:
            remedy = "restart babycryd if the defaults are wanted"
            raise ConfigError(str(self._filled), [Problem(f"had settings, and is {now}: write it again, or {remedy}")])


def _has_settings(values: Any) -> bool:
    """Return whether a document sets a key. The number of its version sets none, and neither do empty sections."""
    if isinstance(values, dict):
        return any(_has_settings(value) for key, value in values.items() if key != "config_version")
    return values is not None
