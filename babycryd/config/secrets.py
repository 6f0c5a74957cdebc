"""Secrets, read from files of their own, never from the settings."""

import logging
import stat
from collections.abc import Mapping
from pathlib import Path

from babycryd.config.errors import ConfigError, Problem
from babycryd.system.files import is_there

_LARGEST_BYTES = 65_536

_log = logging.getLogger(__name__)


def read_secret(name: str, file: str | Path | None, environ: Mapping[str, str], *, whole: bool = False) -> str | None:
    """Return the secret in `file`, else systemd's credential `name`, else None.

    A secret is the first line of its file, or with `whole` all of it.

    Raises ConfigError where there should be a secret and none can be read; the message never holds the secret.
    """
    if file:
        return _secret(name, Path(file).expanduser(), whole=whole)
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / name if folder else None
    return _secret(name, credential, whole=whole) if credential and is_there(credential) else None


def _secret(name: str, path: Path, *, whole: bool) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES)
        others_may_read = path.stat().st_mode & stat.S_IROTH
        text = content.decode()
        secret = text.strip() if whole else text.partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:  # its message quotes the secret
        raise ConfigError(str(path), [Problem("not UTF-8 text", name)]) from None
    except OSError as error:
        remedy = "write the secret into this file and give the daemon's user the right to read it"
        raise ConfigError(str(path), [Problem(f"cannot be read: {error.strerror}; {remedy}", name)]) from error
    if not secret:
        raise ConfigError(str(path), [Problem("its first line is empty; write the secret there", name)])
    if others_may_read:
        _log.warning("%s: every user of this computer can read this secret; run: chmod 600 %s", name, path)
    return secret
