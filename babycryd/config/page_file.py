"""Page settings: those made on the page where the configuration cannot be written, in a file of the state folder.

They count over the configuration. The file may hold the keys of `PAGE_KEYS` and recipients of `PAGE_SERVICES` alone, so
that a bug in the daemon, whose user writes there, cannot name a command, a folder or an address. Recipients are added
to those of the configuration. A file with a mistake is left out as a whole: it never stops the listening.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from babycryd.config.document import Document, parse
from babycryd.config.document import Path as KeyPath
from babycryd.config.errors import ConfigError, Problem
from babycryd.config.load import read_text, settings_from
from babycryd.config.sections import Settings, state_folder
from babycryd.config.validation import validate
from babycryd.system.files import is_there

FILE: Final = "page-settings.yaml"
RECIPIENT: Final = "recipient-"  # begins the names of the files with the secrets of the page's recipients
PAGE_KEYS: Final = (
    "detection.threshold",
    "lullaby.enabled",
    "lullaby.quiet_hours",
    "lullaby.max_volume",
    "lullaby.max_dba",
    "soothing.strategy",
    "soothing.let_it_settle_s",
    "notify.crying_s",
    "notify.repeat_min",
    "notify.evening",
    "notify.digest",
    "notify.language",
    "report.language",
)
PAGE_SERVICES: Final = ("ntfy", "pushover", "telegram")  # those whose server is public: no address of the home is named
SERVICES: Final = ("notify", "services")  # the list of the recipients
_RECIPIENT_KEYS: Final = frozenset({"name", "service", "address_file", "token_file", "after_min"})

log = logging.getLogger(__name__)


def in_force(text: str, source: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a configuration's text, and those of the page over them.

    A page file with a mistake is named in the log and left out. Raises ConfigError for mistakes of the configuration.
    """
    settings = settings_from(text, source, Settings) if text else Settings()
    path = state_folder(settings, environ) / FILE
    if not is_there(path):
        return settings
    try:
        return with_page_file(text, read_text(path), path)
    except ConfigError as error:
        if not isinstance(error.__cause__, PermissionError):  # a user of the command line has no right to look
            log.warning("the settings of the page are left out: %s", error)
        return settings


@dataclass(frozen=True, slots=True)
class PageFileStatus:
    """What the page's file says, for `check-config` and `doctor`."""

    path: Path
    keys: tuple[str, ...]  # that it sets
    fault: str | None  # why it is left out
    hidden: bool = False  # this user may not read it

    def __str__(self) -> str:
        """Return one line for the owner."""
        if self.hidden:
            return f"{self.path} may hold settings of the page; only the daemon's user may read it"
        if self.fault:
            return f"the settings of the page are left out: {self.fault}"
        return f"{self.path}, written by the page, counts over the configuration: {', '.join(self.keys) or 'nothing'}"


def page_file_status(text: str, settings: Settings, environ: Mapping[str, str]) -> PageFileStatus | None:
    """Return what the page's file says; None where there is none. `text` and `settings`: of the configuration alone."""
    path = state_folder(settings, environ) / FILE
    if not is_there(path):
        return None
    try:
        page_text = read_text(path)
        with_page_file(text, page_text, path)
    except ConfigError as error:
        hidden = isinstance(error.__cause__, PermissionError)
        return PageFileStatus(path, (), None if hidden else str(error), hidden)
    recipients = (f"notify.services: {each['name']}" for each in recipients_of(page_text))
    return PageFileStatus(path, (*values_of(page_text), *recipients), None)


def with_page_file(text: str, page_text: str, path: Path) -> Settings:
    """Return the settings of a configuration without mistakes, and those of the page over them.

    `path`: the page's file. Raises ConfigError with every mistake of that file.
    """
    document, page = parse(text, ""), parse(page_text, str(path))
    if problems := [*page.problems, *_foreign(page, path.parent)]:
        raise ConfigError(str(path), problems)
    settings, problems = validate(_over(document, page), Settings)
    if problems:
        raise ConfigError(str(path), problems)
    return settings


def values_of(text: str | None) -> dict[str, Any]:
    """Return the value of each of `PAGE_KEYS` that a text without mistakes sets."""
    found = {key: _value(parse(text or "", "").values, tuple(key.split("."))) for key in PAGE_KEYS}
    return {key: value for key, value in found.items() if value is not None}


def recipients_of(text: str | None) -> list[dict[str, Any]]:
    """Return the recipients in a text without mistakes, as they stand there."""
    return _value(parse(text or "", "").values, SERVICES) or []


def is_of_page(recipient: Mapping[str, Any], folder: Path) -> bool:
    """Return whether the page made a recipient: its address stands in one of the page's files in the state folder."""
    return _is_own_file(str(recipient.get("address_file", "")), folder)


def _value(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def _foreign(page: Document, folder: Path) -> Iterator[Problem]:
    """Yield a problem for each value that may not stand in the page's file."""
    sections = page.values if isinstance(page.values, dict) else {}
    if page.values is not None and not isinstance(page.values, dict):
        yield Problem("must be sections of 'key: value' lines")
    for section, keys in sections.items():
        for key in keys if isinstance(keys, dict) else ():
            if (section, key) == SERVICES:
                yield from _foreign_recipients(keys[key], folder)
            elif f"{section}.{key}" not in PAGE_KEYS:
                why = "may not stand in the page's file; write it into the configuration"
                yield Problem(why, f"{section}.{key}", page.places[section, key].line)
        if not isinstance(keys, dict):
            yield Problem("must be a section", str(section), page.places[(section,)].line)


def _foreign_recipients(found: Any, folder: Path) -> Iterator[Problem]:
    if not isinstance(found, list):
        yield Problem("must be a list", "notify.services")
        return
    for number, item in enumerate(found):
        files = [item.get(key) for key in ("address_file", "token_file")] if isinstance(item, dict) else [""]
        own = all(_is_own_file(str(each), folder) for each in files if each is not None)
        known = isinstance(item, dict) and item.keys() <= _RECIPIENT_KEYS and item.get("service") in PAGE_SERVICES
        if not own or not known:
            why = "is no recipient that the page can make; write it into the configuration"
            yield Problem(why, f"notify.services[{number}]")


def _is_own_file(file: str, folder: Path) -> bool:
    return Path(file).parent == folder and Path(file).name.startswith(RECIPIENT)


def _over(document: Document, page: Document) -> Document:
    """Return one document of both: the page's values over those of the configuration, its recipients after those."""
    base = document.values if isinstance(document.values, dict) else {}
    before = _value(base, SERVICES) or []
    values = base | {section: (base.get(section) or {}) | keys for section, keys in (page.values or {}).items() if keys}
    if added := _value(page.values, SERVICES):
        values = values | {"notify": values["notify"] | {"services": [*before, *added]}}
    places = document.places | {_shifted(path, len(before)): place for path, place in page.places.items()}
    return Document(values, places)


def _shifted(path: KeyPath, by: int) -> KeyPath:
    if path[:2] != SERVICES or len(path) == len(SERVICES):
        return path
    number = path[2]
    assert isinstance(number, int)  # an item of the list
    return (*SERVICES, number + by, *path[3:])
