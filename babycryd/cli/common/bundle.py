"""Bundle of what a bug report needs: one archive, without secrets, for `babycryd doctor --bundle`."""

import contextlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from babycryd import __version__
from babycryd.config import ConfigError, Settings, find_config, state_folder
from babycryd.config.declared import Declared, fields_of, keys_of
from babycryd.system.plain_files import read_small
from babycryd.system.redact import REMOVED, SENSITIVE, Redactor

UNIT: Final = "babycryd"
_LOG_LINES: Final = 500
_LARGEST_SECRET: Final = 65_536  # bytes
_LIMIT_S: Final = 30.0
_SERVICE = (
    "ActiveState,SubState,Result,NRestarts,ExecMainStatus,ActiveEnterTimestamp,StatusText,MemoryCurrent,TasksCurrent"
)
_PRIVATE: Final = {"device.room", "mqtt.username"}  # private, and some brokers take a token as the user's name
_CONTENTS = """\
What `babycryd doctor --bundle` has packed on {at}. Look through it before you give it away: it is plain text.

{files}
Left out: sound, the content of databases and of files with secrets, every setting with a name like password, token or
key, the room's name and the broker's user; passwords in URLs; in the log also the rest of a line after such a name.
"""


@dataclass(frozen=True, slots=True)
class DoctorRun:
    """Configuration that `doctor` checked, and its output."""

    settings: Settings | None  # None: the configuration is wrong
    problem: ConfigError | None
    config: str | None  # as given on the command line
    results: str


def default_name(utc_s: float) -> str:
    """Return the name of a bundle made at this time."""
    return f"babycryd-{datetime.fromtimestamp(utc_s, UTC):%Y%m%d-%H%M%S}.tar.gz"


def write_bundle(path: Path, run: DoctorRun, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Write the archive, readable by its owner only; return its names. Raises OSError, also where it exists."""
    redact = Redactor(_secrets(run.settings, environ), environ.get("HOME", ""))
    parts = dict(_parts(run, environ, redact))
    about = "\n".join(f"{name:<14} {what}" for name, (what, _) in parts.items()) + "\n"
    contents = _CONTENTS.format(at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", files=about)
    texts = {"CONTENTS.txt": contents, **{name: text for name, (_, text) in parts.items()}}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:  # noqa: PTH123  # a descriptor
            for name, text in texts.items():
                _add(archive, f"babycryd/{name}", text)
    except BaseException:
        path.unlink(missing_ok=True)  # an incomplete archive is of no use
        raise
    return list(texts)


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode(errors="replace")
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(content), int(time.time()), 0o600
    archive.addfile(entry, io.BytesIO(content))


def _parts(run: DoctorRun, environ: Mapping[str, str], redact: Redactor) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield name, description and text of each file."""
    folder = state_folder(run.settings or Settings(), environ)
    yield "versions.txt", ("babycryd, Python, packages, the system", redact.own(_versions()))
    yield "config.txt", ("every setting that differs from its default", redact.own(_config(run, environ)))
    yield "doctor.txt", ("what `babycryd doctor` finds", redact.own(run.results))
    yield "devices.txt", ("microphones and speakers", redact.own(_devices()))
    yield "state.txt", ("sizes of what is kept across restarts", redact.own(_state(folder)))
    yield "service.txt", ("the state of the service", redact.any(_service()))
    yield "health.txt", ("the daemon's own state", redact.any(_health(run.settings)))
    yield "log.txt", (f"its last {_LOG_LINES} lines in the journal", redact.any(_log()))


def _secrets(settings: Settings | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the contents of every secret file of the settings, of systemd's credentials, and of the environment."""
    files = [Path(str(value)).expanduser() for each, value in _values(settings) if value and _is_secret(each)]
    with contextlib.suppress(OSError, KeyError):
        files += Path(environ["CREDENTIALS_DIRECTORY"]).iterdir()
    for path in files:
        yield str(path) if not path.is_file() else ""  # perhaps the secret itself, where its file's name belongs
        with contextlib.suppress(OSError):
            text = read_small(path, _LARGEST_SECRET, follow=True).decode(errors="replace")
            yield text
            yield text.partition("\n")[0]
    yield from (value for name, value in environ.items() if SENSITIVE.search(name))


def _values(settings: Settings | None) -> Iterator[tuple[Declared, Any]]:
    for each in keys_of(Settings) if settings else ():
        value: Any = settings
        for name in each.path:
            value = getattr(value, name)
        if each.item is None:
            yield each, value
            continue
        for number, item in enumerate(value):
            for key in fields_of(each.item, (*each.path[:-1], f"{each.path[-1]}[{number}]")):
                yield key, getattr(item, key.path[-1])


def _is_secret(key: Declared) -> bool:
    return key.about.secret or SENSITIVE.search(key.path[-1]) is not None


def _config(run: DoctorRun, environ: Mapping[str, str]) -> str:
    try:
        found = find_config(run.config, environ)
    except OSError:
        found = None
    lines = [f"file: {found or 'none, the built-in defaults'}"]
    if run.problem is not None:  # its messages quote values
        lines += ["it is wrong:", *(_unquoted(str(each)) for each in run.problem.problems)]
    lines += [f"{each.key}: {_shown(each, value)}" for each, value in _values(run.settings) if value != each.default]
    return "\n".join(lines) + "\n"


def _unquoted(problem: str) -> str:
    return re.sub(r"'[^']*'?|\"[^\"]*\"?", "'…'", re.sub(r"\bfound (?!something).*", "found …", problem))


def _shown(key: Declared, value: Any) -> str:
    if key.key in _PRIVATE:
        return "[set]"
    if not _is_secret(key):
        return str(value)
    if not key.path[-1].endswith("_file"):
        return REMOVED
    return str(value) if Path(str(value)).expanduser().is_file() else f"{REMOVED}: there is no such file"


def _versions() -> str:
    packages = sorted({f"{each.metadata['Name']} {each.version}" for each in distributions()}, key=str.lower)
    system = platform.uname()
    lines = {
        "babycryd": __version__,
        "Python": sys.version.replace("\n", " "),
        "system": _os_name(),
        "kernel": f"{system.system} {system.release} {system.version}",
        "machine": f"{system.machine}, {os.cpu_count()} CPUs",
        "model": _first_of("/proc/device-tree/model", "/sys/class/dmi/id/product_name"),
        "up for": f"{float(_first_of('/proc/uptime').split()[0] or 0) / 3600:.1f} h",
    }
    return "\n".join([*(f"{key}: {value}" for key, value in lines.items()), "", *packages]) + "\n"


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "not known")
    except OSError:
        return "not known"


def _first_of(*paths: str) -> str:
    for path in paths:
        with contextlib.suppress(OSError):
            return Path(path).read_text(errors="replace").strip("\0\n ")
    return "not known"


def _devices() -> str:
    """Return the output of `babycryd devices`, run in a process of its own, since a sound system may hang."""
    return _output_of(sys.executable, "-I", "-m", "babycryd", "devices")  # no module of the folder it runs in


def _state(folder: Path) -> str:
    lines = [f"{folder}:"]
    try:
        for path in sorted(folder.iterdir()):
            about = path.lstat()
            changed = datetime.fromtimestamp(about.st_mtime, UTC)
            lines.append(
                f"{path.name:<28} {about.st_size:>12} bytes  {about.st_mode:o}  {changed:%Y-%m-%d %H:%M:%S} UTC"
            )
        usage = shutil.disk_usage(folder)
        lines.append(f"free: {usage.free // 10**6} of {usage.total // 10**6} MB")
    except OSError as error:
        lines.append(f"cannot be listed: {error.strerror}")
    return "\n".join(lines) + "\n"


def _service() -> str:
    return _output_of("systemctl", "show", UNIT, f"--property={_SERVICE}")


def _health(settings: Settings | None) -> str:
    """Return the daemon's answer to `/healthz`, or why there is none."""
    if settings is None or not settings.web.enabled:
        return "not asked: HTTP is switched off, or the configuration is wrong\n"
    import http.client
    import ssl
    import urllib.error
    import urllib.request

    host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    url = f"{'https' if settings.web.cert_file else 'http'}://{host}:{settings.web.port}/healthz"
    unverified = ssl.create_default_context()  # its certificate has another name; nothing secret is sent
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    asking = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unverified)
    )
    try:
        with asking.open(url, timeout=_LIMIT_S) as answer:
            return f"{url}: {answer.status}\n{answer.read(_LARGEST_SECRET).decode(errors='replace')}\n"
    except urllib.error.HTTPError as error:
        return f"{url}: {error.code}\n{error.read(_LARGEST_SECRET).decode(errors='replace')}\n"
    except (OSError, http.client.HTTPException) as error:
        return f"{url}: no answer ({error}); the daemon may not be running\n"


def _log() -> str:
    lines = ("--lines", str(_LOG_LINES))
    return _output_of("journalctl", "--unit", UNIT, *lines, "--no-pager", "--no-hostname", "--output=short-iso")


def _output_of(*command: str) -> str:
    """Return the output of a program, or a line that says why there is none."""
    try:
        done = subprocess.run(  # noqa: S603  # fixed words only
            command, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False
        )
    except FileNotFoundError:
        return f"there is no {command[0]} on this computer\n"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} does not answer: {error}\n"
    failed = f"(exit code {done.returncode})\n" if done.returncode else ""
    return (done.stdout + done.stderr or "(nothing)\n") + failed
