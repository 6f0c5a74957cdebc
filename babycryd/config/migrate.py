"""Migration of an earlier version's configuration file, in its text, so that the owner's comments stay."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from babycryd.config.errors import ConfigError, Problem
from babycryd.config.load import LARGEST_BYTES, read_text, settings_from
from babycryd.config.sections import VERSION, Settings
from babycryd.system.files import write_whole
from babycryd.system.plain_files import read_small

# By the version of a file: the function that makes the next version of its text. Empty, as version 1 is the first.
MIGRATIONS: Final[Mapping[int, Callable[[str], str]]] = {}
_FIRST = 1
_LINE = re.compile(r"^config_version[ \t]*:[ \t]*(\d+)", re.MULTILINE)


def version_of(text: str, to: int = VERSION) -> int:
    """Return the version of a file; where it names none, `to` if it is valid as such, else the first."""
    if found := _LINE.search(text):
        return int(found[1])
    try:
        settings_from(text, "", Settings)
    except ConfigError:
        return min(_FIRST, to)
    return to


def migrate(path: Path, migrations: Mapping[int, Callable[[str], str]] = MIGRATIONS, to: int = VERSION) -> Path | None:
    """Bring a file up to version `to`; return its backup, or None where there was nothing to do.

    The backup `….bak-vN` is written first, and the file replaced whole, so that a power cut loses neither.
    Raises ConfigError, and then leaves the file as it was.
    """
    text = read_text(path)
    version = version_of(text, to)
    if version >= to:
        settings_from(text, str(path), Settings)  # raises for a newer version
        return None
    for number in range(version, to):
        if number not in migrations:
            raise ConfigError(str(path), [Problem(f"there is no way from version {number} to {number + 1}")])
        text = _of_version(number + 1, migrations[number](text))
    settings_from(text, str(path), Settings)
    backup = path.with_name(f"{path.name}.bak-v{version}")
    try:
        write_whole(backup, read_small(path, LARGEST_BYTES, follow=True), mode=path.stat().st_mode & 0o777, owner=path)
        write_whole(path, text.encode(), owner=path)
    except OSError as error:
        raise ConfigError(str(path), [Problem(f"cannot be brought up to version {to}: {error.strerror}")]) from error
    return backup


def _of_version(version: int, text: str) -> str:
    line = f"config_version: {version}"
    return _LINE.sub(line, text, count=1) if _LINE.search(text) else f"{line}\n{text}"
