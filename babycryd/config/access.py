"""Access to the live page: the place of its password, and the rule that other computers need one."""

from collections.abc import Mapping
from pathlib import Path

from babycryd.config.errors import ConfigError, Problem
from babycryd.config.secrets import read_secret
from babycryd.config.sections import Settings, state_folder
from babycryd.system.files import is_there
from babycryd.web.auth.passwords import FILE, SECRET, is_hash


def password_path(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Return the file that `babycryd passwd` writes."""
    return Path(settings.web.password_file or state_folder(settings, environ) / FILE).expanduser()


def may_know_password(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Return whether this user may know if the page has a password: the daemon's folder is closed to others."""
    try:
        password_path(settings, environ).stat()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


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
    if found is None and web.enabled and not web.is_local:
        why = f"'{web.host}' lets others in, and there is no password; run: babycryd passwd (or take 127.0.0.1)"
        raise ConfigError("configuration", [Problem(why, "web.host")])
    if found is None and web.trusted_proxies and not web.proxy_logs_in:
        why = "lets others in, and there is no password; run: babycryd passwd"
        raise ConfigError("configuration", [Problem(why, "web.trusted_proxies")])
    return found
