"""Checks of what the settings name on this computer: folders, files, secrets, certificates, and the page's password."""

import functools
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path

from babycryd.config.access import models_key, offload_key, page_password, secret_reader
from babycryd.config.declared import keys_of
from babycryd.config.errors import ConfigError, Problem
from babycryd.config.secrets import read_secret
from babycryd.config.sections import Settings, state_folder
from babycryd.core.printable import printable_path
from babycryd.notify.sender import account_of
from babycryd.report.baby_buddy.settings import SECRET
from babycryd.system.tls import TlsFileError, client_context, server_context

Check = Callable[[], object]  # raises ConfigError, OSError, RuntimeError or ValueError


def file_problems(settings: Settings, environ: Mapping[str, str]) -> tuple[list[Problem], list[str]]:
    """Return everything that is wrong with the files of the settings, and the keys whose files this user may not read.

    It reads, and opens no device and no connection. A key of a switched-off part is not checked.
    """
    problems, closed = list[Problem](), list[str]()
    for key, check in _checks(settings, environ):
        try:
            check()
        except (ConfigError, OSError, RuntimeError, ValueError) as error:
            if _is_denied(error):
                closed.append(key)
            else:
                problems += _told(key, error)
    return problems, closed


def missing_files(settings: Settings, keys: Collection[str]) -> Iterator[Problem]:
    """Yield those of `keys` whose file or folder is not there, for keys that break a rule and so get no other check."""
    for each in keys_of(Settings):
        value = functools.reduce(getattr, each.path, settings) if each.key in keys else None
        if isinstance(value, Path) or (value and each.about.names == "path"):
            path = Path(os.path.expanduser(str(value)))  # noqa: PTH111  # pathlib raises where there is no such user
            if not path.exists():
                yield Problem(f"{printable_path(path)}: no such file or folder", each.key)


def _checks(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Check]]:
    yield "state_dir", lambda: _require_folder_can_be(state_folder(settings, environ))
    capture, folder = settings.capture, settings.lullaby.folder
    if capture.file and capture.chosen_source == "recording":
        yield "capture.file", lambda: _require_readable(Path(capture.file))
    if capture.chosen_source == "network":
        yield "capture.password_file", lambda: read_secret("capture_password", capture.password_file, environ)
    if folder is not None:
        yield "lullaby.folder", lambda: list(Path(folder).expanduser().iterdir())
    if settings.mqtt.host:
        yield from _broker_checks(settings, environ)
    if settings.offload.enabled:
        yield "offload.key_file", lambda: offload_key(settings, environ)
    if (settings.model_channel.source or "").startswith("gs://"):
        yield "model_channel.key_file", lambda: models_key(settings, environ)
    yield from _alert_checks(settings, environ)
    if settings.baby_buddy.url:
        yield from _diary_checks(settings, environ)
    if settings.web.enabled:
        web = settings.web
        yield "web.password_file", lambda: page_password(settings, environ)
        if web.cert_file:
            cert_file = web.cert_file
            yield "web.cert_file", lambda: server_context("web", cert_file, web.key_file)


def _diary_checks(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Check]]:
    diary = settings.baby_buddy
    yield "baby_buddy.token_file", lambda: read_secret(SECRET, diary.token_file, environ)
    yield "baby_buddy.ca_file", lambda: client_context("baby_buddy", diary.ca_file, None, None)


def _alert_checks(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Check]]:
    for number, service in enumerate(settings.notify.services):
        key = f"notify.services[{number}]"
        yield key, partial(account_of, service, "", secret_reader(environ))
        if service.ca_file:
            yield f"{key}.ca_file", partial(client_context, key, service.ca_file, None, None)


def _broker_checks(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Check]]:
    mqtt = settings.mqtt
    yield "mqtt.password_file", lambda: read_secret("mqtt_password", mqtt.password_file, environ)
    if mqtt.tls:
        yield "mqtt.ca_file", lambda: client_context("mqtt", mqtt.ca_file, None, None)
        yield "mqtt.cert_file", lambda: client_context("mqtt", None, mqtt.cert_file, mqtt.key_file)


def _require_folder_can_be(folder: Path) -> None:
    """Raise an error where the folder is not there and cannot be made, as something above it is no folder."""
    nearest = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise ValueError(f"{nearest} is no folder; take another one, or move it away")


def _require_readable(file: Path) -> None:
    if not file.exists():
        raise FileNotFoundError(2, "No such file or directory", str(file))
    if not file.is_file():
        raise ValueError(f"{file} is no plain file; name a recording")
    if not os.access(file, os.R_OK):
        raise PermissionError(13, "Permission denied", str(file))


def _is_denied(error: Exception) -> bool:
    chain = (error, error.__cause__, getattr(error.__cause__, "__cause__", None))
    return any(isinstance(each, PermissionError) for each in chain)


def _told(key: str, error: Exception) -> list[Problem]:
    match error:
        case ConfigError():  # of a secret: its source is the secret's file; or of a key, such as `web.host`
            return [Problem(_with_source(each, error), each.key if "." in each.key else key) for each in error.problems]
        case TlsFileError():
            return [Problem(f"{error}: {error.remedy}", key)]
        case OSError():
            return [Problem(f"{error.filename or ''} cannot be read: {error.strerror}".lstrip(), key)]
    return [Problem(str(error), key)]


def _with_source(problem: Problem, error: ConfigError) -> str:
    return f"{error.source}: {problem.message}" if os.sep in error.source else problem.message
