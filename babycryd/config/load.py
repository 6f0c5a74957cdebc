"""Loading of settings from a file, with every fault in it reported at once."""

import errno
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from babycryd.config.document import Document, parse
from babycryd.config.errors import ConfigError, Problem
from babycryd.config.sections import VERSION, Settings
from babycryd.config.validation import validate
from babycryd.system.files import is_there
from babycryd.system.plain_files import UnfitFileError, read_small

SettingsT = TypeVar("SettingsT")
# Searched in the text: parsing a newer file would only complain of unknown keys
_VERSION = re.compile(r"^config_version[ \t]*:[ \t]*(\d+)[ \t]*(?:#.*)?$", re.MULTILINE)

LARGEST_BYTES = 1_000_000
SYSTEM_PATH = Path("/etc/babycryd/babycryd.yaml")


def find_config(explicit: str | Path | None, environ: Mapping[str, str], system: Path = SYSTEM_PATH) -> Path | None:
    """Return the path as given, else $BABYCRYD_CONFIG, else the system's file; None means the built-in defaults."""
    asked = explicit or environ.get("BABYCRYD_CONFIG")
    if asked:
        return Path(asked)
    return system if is_there(system) else None


def load(path: Path | None) -> Settings:
    """Return the settings in a file alone; None gives the defaults. Raises ConfigError with every fault at once.

    `load_in_force` adds the settings of the page.
    """
    return Settings() if path is None else settings_from(read_text(path), str(path), Settings)


def settings_from(text: str, source: str, root: type[SettingsT]) -> SettingsT:
    """Return the settings in a YAML text; `source` names it in errors. Raises ConfigError with every fault."""
    settings, problems, _ = examine(text, source, root)
    if problems:
        raise ConfigError(source, problems)
    return settings


def examine(text: str, source: str, root: type[SettingsT]) -> tuple[SettingsT, list[Problem], Document]:
    """Return the settings in a YAML text, with defaults in place of what is wrong, every fault, and the document.

    Raises ConfigError where the text cannot be read at all.
    """
    if (found_version := _VERSION.search(text)) and int(found_version[1]) > VERSION:
        raise ConfigError(source, [_too_new(found_version)])
    document = parse(text, source)
    settings, problems = validate(document, root)
    return settings, document.problems + problems, document


def _too_new(found: re.Match[str]) -> Problem:
    remedy = f"install that version again, or take its backup ….bak-v{VERSION} (docs/install.md)"
    text = f"{found[1]} is of a newer babycryd; this one knows {VERSION}: {remedy}"
    return Problem(text, "config_version", line=found.string.count("\n", 0, found.start(1)) + 1)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the whole file, for editors."""
    from babycryd.config.schema import json_schema  # for `check-config --schema` alone

    return json_schema(Settings)


def read_text(path: Path) -> str:
    """Return the text of a file. Raises ConfigError."""
    try:
        content = read_small(path, LARGEST_BYTES, follow=True)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        raise ConfigError(str(path), [Problem(_why(error))]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(path), [Problem("not UTF-8 text; save it as UTF-8", line=line)]) from error


def _why(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return "no such file; check the path, or name no file: then the built-in defaults count"
        case OSError(errno=errno.EISDIR):
            return "a folder; name the file in it"
        case PermissionError():
            return "cannot be read: permission denied; give the daemon's user the right to read it"
        case UnfitFileError():
            return str(error)
        case OSError():
            return f"cannot be read: {error.strerror}"
    return f"cannot be read: {error}"
