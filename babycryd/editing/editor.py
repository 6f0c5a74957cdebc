"""Editor of the configuration: changes the owner's file, or the page's own one where that cannot be written."""

import datetime as dt
import hashlib
import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from babycryd.config import ConfigError, Settings, settings_from
from babycryd.config.load import read_text
from babycryd.config.page_file import FILE, PAGE_KEYS, with_page_file
from babycryd.core.page_settings import ClosedSettingsError, SettingFault, SettingsRefusedError, StaleSettingsError
from babycryd.editing.yaml_edit import Edit, EditError, set_value
from babycryd.system.files import is_there, set_aside, write_whole

Target = Literal["file", "page"]
MOST_OLD: Final = 10  # copies of earlier days
_LONGEST_TEXT: Final = 100  # characters
_HEAD: Final = """\
# Settings made on babycryd's page. They count over the configuration; `babycryd check-config` shows both.
# Delete this file, or single lines of it, and the configuration counts again.
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of the configuration and of the page's file; None where there is no such file."""

    file: str | None
    page: str | None

    @property
    def revision(self) -> str:
        """Name of exactly these texts."""
        return hashlib.sha256(repr((self.file, self.page)).encode(errors="replace")).hexdigest()[:16]

    def settings(self, page_path: Path, source: str) -> Settings:
        """Return the settings of both. Raises ConfigError."""
        settings = settings_from(self.file or "", source, Settings)
        return settings if self.page is None else with_page_file(self.file or "", self.page, page_path)


class ConfigEditor:
    """Editor of one daemon's configuration. Its methods block for small files, and want one caller at a time."""

    def __init__(self, path: Path | None, folder: Path, today: Callable[[], dt.date]) -> None:
        """`path`: the owner's file, None where there is none; `folder`: of the state."""
        self.path = path
        self.folder = folder
        self.page_path: Final = folder / FILE
        self._today = today

    def texts(self) -> Texts:
        """Return what is in both files now. Raises ClosedSettingsError where one cannot be read."""
        try:
            file = read_text(self.path) if self.path is not None and is_there(self.path) else None
            page = read_text(self.page_path) if is_there(self.page_path) else None
        except ConfigError as error:
            raise ClosedSettingsError(str(error)) from error
        return Texts(file, page)

    def target(self, texts: Texts) -> Target:
        """Return which file a change goes into: the owner's, if it can be written and the page has none of its own."""
        if self.path is None or texts.file is None or texts.page is not None:
            return "page"
        path = self.path.resolve()
        return "file" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "page"

    def settings(self, texts: Texts) -> tuple[Settings, str]:
        """Return the settings in force and why the page's file is left out, "" where it is not.

        Raises ClosedSettingsError where the configuration itself has a mistake.
        """
        try:
            return texts.settings(self.page_path, str(self.path)), ""
        except ConfigError as error:
            try:
                return replace(texts, page=None).settings(self.page_path, str(self.path)), str(error)
            except ConfigError as wrong:
                raise ClosedSettingsError(str(wrong)) from wrong

    def set_values(self, revision: str, values: Mapping[str, Any]) -> None:
        """Keep values of `PAGE_KEYS`, all or none. Raises as `PageSettings.change`."""
        if faults := [SettingFault(key, fault) for key, value in values.items() if (fault := _fault(key, value))]:
            raise SettingsRefusedError(faults)
        self.apply(revision, [partial(_set, key=key, value=value) for key, value in values.items()])

    def apply(self, revision: str, edits: Sequence[Edit]) -> Settings:
        """Edit the file that a change goes into, and return the settings in force then. Raises as `set_values`."""
        texts = self.texts()
        if texts.revision != revision:
            raise StaleSettingsError("the settings have changed meanwhile; read them again")
        _, fault = self.settings(texts)
        if fault:  # a page file that is left out would stay so
            self._set_aside()
            texts = replace(texts, page=None)
        if self.target(texts) == "file":
            try:
                return self._apply_to_file(texts, edits)
            except (EditError, OSError) as error:
                log.warning("%s cannot be changed (%s); the page keeps its settings in %s", self.path, error, FILE)
        return self._apply_to_page(texts, edits)

    def _apply_to_file(self, texts: Texts, edits: Sequence[Edit]) -> Settings:
        assert self.path is not None
        assert texts.file is not None
        path, text = self.path.resolve(), _edited(texts.file, edits)
        settings = self._checked(replace(texts, file=text))
        self._keep_old(path, texts.file)
        write_whole(path, text.encode(), owner=path)
        return settings

    def _apply_to_page(self, texts: Texts, edits: Sequence[Edit]) -> Settings:
        try:
            text = _edited(texts.page or _HEAD, edits)
            settings = self._checked(replace(texts, page=text))
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if texts.page is not None:
                self._keep_old(self.page_path, texts.page)
            write_whole(self.page_path, text.encode(), mode=0o600)
        except EditError as error:
            raise ClosedSettingsError(f"{self.page_path}: {error}") from error
        except OSError as error:
            raise ClosedSettingsError(f"{self.page_path} cannot be written: {error.strerror}") from error
        return settings

    def _checked(self, texts: Texts) -> Settings:
        """Return the settings of new texts. Raises SettingsRefusedError with every fault."""
        try:
            return texts.settings(self.page_path, str(self.path))
        except ConfigError as error:
            raise SettingsRefusedError([SettingFault(each.key, each.message) for each in error.problems]) from error

    def _keep_old(self, path: Path, text: str) -> None:
        """Keep a file as it was before the first change of this day, and of earlier days the newest copies."""
        old = path.with_name(f"{path.name}.old-{self._today():%Y-%m-%d}")
        if old.exists():
            return
        write_whole(old, text.encode(), mode=path.stat().st_mode & 0o777, owner=path)
        for each in sorted(path.parent.glob(f"{path.name}.old-????-??-??"))[:-MOST_OLD]:
            each.unlink(missing_ok=True)

    def _set_aside(self) -> None:
        try:
            aside = set_aside(self.page_path, self.page_path.stat().st_mtime)
        except OSError as error:
            raise ClosedSettingsError(f"{self.page_path} cannot be moved away: {error.strerror}") from error
        log.warning("%s had a mistake and is now %s", self.page_path, aside)


def _fault(key: str, value: Any) -> str | None:
    """Return why a value cannot even be written down; None: the settings decide."""
    if key not in PAGE_KEYS:
        return "cannot be changed on the page"
    match value:
        case bool() | int():
            return None
        case float():
            return None if math.isfinite(value) else "must be a finite number"
        case str():
            fits = len(value) <= _LONGEST_TEXT and value.isprintable()
            return None if fits else f"must be a printable text of at most {_LONGEST_TEXT} characters"
    return "must be a number, a text, true or false"


def _edited(text: str, edits: Sequence[Edit]) -> str:
    for edit in edits:
        text = edit(text)
    return text


def _set(text: str, key: str, value: Any) -> str:
    section, _, name = key.partition(".")
    return set_value(text, section, name, value)
