"""Secrets, read from files of their own, never from the settings."""

import functools
import logging
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from babycryd.config.errors import ConfigError, Problem
from babycryd.system.files import is_there
from babycryd.system.plain_files import read_small

_LARGEST_BYTES: Final = 65_536
_MARK: Final = "\ufeff"
_FIRST_OF_TEXT: Final = 0x20  # controls come before it
_WRITE_IT: Final = "write the secret into this file and give the daemon's user the right to read it"

_log = logging.getLogger(__name__)


def read_secret(name: str, file: str | Path | None, environ: Mapping[str, str], *, whole: bool = False) -> str | None:
    """Return the secret in `file`, else systemd's credential `name`, else None.

    A secret is the first line of its file, or with `whole` all of it.

    Raises ConfigError where there should be a secret and none can be read; the message never holds the secret.
    """
    if file:
        return _secret(name, Path(file), whole=whole)
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / name if folder else None
    return _secret(name, credential, whole=whole) if credential and is_there(credential) else None


def _secret(name: str, path: Path, *, whole: bool) -> str:
    try:
        path = path.expanduser()
        text = read_small(path, _LARGEST_BYTES, follow=True).decode()
        others_may_read = path.stat().st_mode & stat.S_IROTH
    except UnicodeDecodeError:  # its message quotes the secret
        raise ConfigError(str(path), [Problem("not UTF-8 text; save it as UTF-8", name)]) from None
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: `~user` of a user who does not exist
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(str(path), [Problem(f"cannot be read: {why}; {_WRITE_IT}", name)]) from error
    secret = text.strip() if whole else text.partition("\n")[0].removesuffix("\r")
    if fault := _fault(secret, whole=whole):
        raise ConfigError(str(path), [Problem(fault, name)])
    if others_may_read:
        _warn_of_readers(name, path)
    return secret


@functools.lru_cache(maxsize=16)  # once a run, though a secret may be read again and again
def _warn_of_readers(name: str, path: Path) -> None:
    _log.warning("%s: every user of this computer can read this secret; run: chmod 600 %s", name, path)


def _fault(secret: str, *, whole: bool) -> str | None:
    """Return what an editor has added to the secret or left out of it, with the remedy; None where it can be used."""
    if not secret.strip(f"{_MARK} \t"):
        return "its first line is empty; write the secret there"
    if secret.startswith(_MARK):
        return "begins with an invisible byte-order mark (U+FEFF), no part of the secret; save it as UTF-8 without BOM"
    if secret != secret.rstrip():
        return "its first line ends in blanks, which would be taken for a part of the secret; delete them"
    hidden = None if whole else next((each for each in secret if not each.isprintable()), None)
    if hidden and ord(hidden) < _FIRST_OF_TEXT:
        return "holds a control character, which no secret has; write it again with a text editor"
    if hidden:
        return f"holds a character that cannot be seen (U+{ord(hidden):04X}); write it again by hand"
    return None
