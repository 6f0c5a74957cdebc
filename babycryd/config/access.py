"""Access to the live page, the bucket and a network microphone: their passwords and keys."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from babycryd.capture.settings import CaptureSettings
from babycryd.config.errors import ConfigError, Problem
from babycryd.config.secrets import read_secret
from babycryd.config.sections import Settings, state_folder
from babycryd.system.files import is_there
from babycryd.web.auth.passwords import FILE, SECRET, is_hash
from babycryd.web.settings import WebSettings

_KEY_FIELDS: Final = ("client_email", "private_key", "token_uri")  # those that google-auth needs


def password_path(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Return the file that `babycryd passwd` writes."""
    return Path(settings.web.password_file or state_folder(settings, environ) / FILE).expanduser()


def page_password(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return the hash of the page's password; None where there is none and none is needed. Raises ConfigError."""
    web = settings.web
    path = password_path(settings, environ)
    wanted = path if web.password_file or is_there(path) else None
    found = read_secret(SECRET, wanted, environ)
    if found is not None and not is_hash(found):
        raise ConfigError(
            str(path), [Problem("holds no hash of a password; run: babycryd passwd", "web.password_file")]
        )
    if found is None and (open_ways := list(_open_ways(web))):
        raise ConfigError("configuration", open_ways)
    return found


def _open_ways(web: WebSettings) -> Iterator[Problem]:
    """Yield each way in which other computers would reach a page without a password."""
    if web.enabled and not web.is_local and not web.proxy_logs_in:  # with it, only that proxy is answered
        why = f"'{web.host}' lets others in, and there is no password; run: babycryd passwd (or take 127.0.0.1)"
        yield Problem(why, "web.host")
    if web.trusted_proxies and not web.proxy_logs_in:
        yield Problem("lets others in, and there is no password; run: babycryd passwd", "web.trusted_proxies")


def secret_reader(environ: Mapping[str, str]) -> Callable[[str, Path | None], str | None]:
    """Return a function that reads a secret by its name and file; it raises ValueError where that fails."""

    def read(name: str, file: Path | None) -> str | None:
        try:
            return read_secret(name, file, environ)
        except ConfigError as error:
            raise ValueError(str(error)) from error

    return read


def offload_key(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return the text of the service account's key; None takes what `gcloud auth` left. Raises ConfigError."""
    return _account_key("offload_key", "offload.key_file", settings.offload.key_file, environ)


def models_key(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return the key that reads models from the bucket; else as of `offload_key`. Raises ConfigError."""
    return _account_key("models_key", "model_channel.key_file", settings.model_channel.key_file, environ)


def _account_key(name: str, setting: str, file: str | None, environ: Mapping[str, str]) -> str | None:
    key = read_secret(name, file, environ, whole=True)
    if key is None:
        return None
    try:
        fields = json.loads(key)
        found = all(isinstance(fields[each], str) for each in _KEY_FIELDS)
    except (ValueError, TypeError, KeyError, RecursionError):  # their texts quote the key
        found = False
    if not found:
        fault = "is no service account's key (JSON); write the key file of the service account there"
        raise ConfigError(file or "the credential", [Problem(fault, setting)])
    return key


def stream_password(capture: CaptureSettings, environ: Mapping[str, str]) -> str | None:
    """Return the password of `capture.url`; None where there is none. Raises ValueError where it cannot be read."""
    try:
        return read_secret("capture_password", capture.password_file, environ)
    except ConfigError as error:
        raise ValueError(str(error)) from error
