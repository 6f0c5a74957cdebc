"""The running daemon, as commands ask it: over its control socket, else over its page on this computer."""

import contextlib
import http.client
import json
import os
import socket
import ssl
import sys
from pathlib import Path
from typing import Any, Final

from babycryd.cli.common.daemons import DEMO, DaemonError, Fields, rooms
from babycryd.config import Settings, device_id, state_folder
from babycryd.core.command_table import COMMANDS
from babycryd.core.printable import printable
from babycryd.system.files import AS_THE_DAEMON
from babycryd.system.local_socket import peer_user, socket_name

_LIMIT_S: Final = 30.0  # the self-test takes three
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # how such a server is reached
_PATHS: Final = {"status": "/api/state"} | {spec.name: spec.path for spec in COMMANDS if spec.path}


def ask(settings: Settings, command: str, fields: Fields = {}) -> dict[str, Any]:  # noqa: B006  # only read
    """Return the daemon's answer to a command of `core/command_table.py`, or to `status`. Raises DaemonError."""
    folder = state_folder(settings, os.environ)
    answer = _over_socket(folder, {"command": command, "fields": dict(fields)})
    if answer is None or answer.get("error") is None or answer["ok"]:
        return _checked(answer if answer is not None else _over_page(settings, command, fields))
    if AS_THE_DAEMON in str(answer["error"]):  # the page may admit every user of this computer
        with contextlib.suppress(DaemonError):
            return _checked(_over_page(settings, command, fields))
    return _checked(answer)


def tell_of_demo(command: str, settings: Settings) -> None:
    """Say on stderr that `babycryd demo` runs, where it does: the owner's files know nothing of its made-up nights."""
    if not settings.web.enabled or device_id(settings) == DEMO:
        return
    with contextlib.suppress(DaemonError):
        if _request(settings, "/api/state", None).get("device") == DEMO:
            folder = state_folder(settings, os.environ)
            page = f"http://127.0.0.1:{settings.web.port}"
            sys.stderr.write(f"babycryd {command}: this reads {folder}; the nights of `babycryd demo` are on {page}\n")


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.pop("ok", True) is not True:
        raise DaemonError(str(answer.get("error")))
    return answer


def _over_socket(folder: Path, request: Fields) -> dict[str, Any] | None:
    """Return the answer of the control socket; None where there is none. Raises DaemonError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(_LIMIT_S)
        try:
            end.connect(socket_name(folder))
        except OSError:
            return None
        try:
            if peer_user(end) not in _daemon_users(folder):
                return None  # another user's program has taken the name
            end.sendall(json.dumps(request).encode() + b"\n")
            with end.makefile("rb") as lines:
                answer = json.loads(lines.readline())
        except (OSError, ValueError) as error:
            raise DaemonError(f"the daemon gave no answer ({error}); its log says more") from error
    return answer if isinstance(answer, dict) else {}


def _daemon_users(folder: Path) -> set[int]:
    """Return the users that the daemon of this folder may run as."""
    users = {0, os.geteuid()}
    with contextlib.suppress(OSError):
        users.add(folder.stat().st_uid)
    return users


def _over_page(settings: Settings, command: str, fields: Fields) -> dict[str, Any]:
    """Return the answer of the page, which is that of the wanted device. Raises DaemonError."""
    web = settings.web
    if not web.enabled:
        raise DaemonError(_absent(settings))
    state = _request(settings, "/api/state", None)
    wanted, found = device_id(settings), str(state.get("device"))
    if found != wanted:
        raise DaemonError(_other(found, wanted, web.port))
    if command == "status":
        return state
    path = _PATHS.get(command)
    if path is None:
        raise DaemonError(AS_THE_DAEMON)
    return _request(settings, path, fields)


def _other(found: str, wanted: str, port: int) -> str:
    """Return whose page was found in place of the wanted daemon's, and what helps."""
    if found == DEMO:
        return (
            f"only `babycryd demo` answers, which has its buttons on its page, port {port}; for this command end it "
            "with Ctrl-C, and start `babycryd run`"
        )
    how = f"--room ({', '.join(rooms())}) or --config" if rooms() else "--config"
    return f"port {port} is the page of {printable(found)}, not of {wanted}: choose the daemon with {how}"


def _request(settings: Settings, path: str, fields: Fields | None) -> dict[str, Any]:
    """Return the JSON object of one request, a POST where there are fields. Raises DaemonError."""
    connection = _connection(settings)
    body = None if fields is None else json.dumps(fields)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request("POST" if body else "GET", path, body, headers)
        response = connection.getresponse()
        status, answer = response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException) as error:
        raise DaemonError(_absent(settings)) from error
    except ValueError as error:
        raise DaemonError(f"port {settings.web.port} is no page of babycryd") from error
    finally:
        connection.close()
    if status in {401, 403}:
        raise DaemonError(f"the page wants a password: {AS_THE_DAEMON}")
    return answer if isinstance(answer, dict) else {}


def _connection(settings: Settings) -> http.client.HTTPConnection:
    web = settings.web
    host = _ANY_ADDRESS.get(web.host, web.host)
    if not web.cert_file:
        return http.client.HTTPConnection(host, web.port, timeout=_LIMIT_S)
    unverified = ssl.create_default_context()  # its certificate has another name; nothing secret is sent
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, web.port, timeout=_LIMIT_S, context=unverified)


def _absent(settings: Settings) -> str:
    others = f"; rooms of this computer, for --room: {', '.join(rooms())}" if rooms() else ""
    folder = state_folder(settings, os.environ)
    return (
        f"no running babycryd was found (its state folder would be {folder}): start it with "
        f"`sudo systemctl start babycryd`, or `babycryd run` in another terminal{others}"
    )
