"""A real Home Assistant in a root folder of its own, and its REST API.

It needs Python 3.13, so the folder is a Debian Trixie with Home Assistant in /opt/ha, made by
scripts/make_home_assistant. $BABYCRYD_HA_ROOT names it, else it is in the user's cache; a slow run makes it where there
is none.
"""

import base64
import functools
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.support.broker import PASSWORD, USERNAME
from tests.support.patience import exit_code
from tests.support.ports import free_port

CONFIGURATION = """
homeassistant: {{name: Home, latitude: 0, longitude: 0, elevation: 0, unit_system: metric, time_zone: UTC}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
logger: {{default: warning}}
api:
{more}
"""
MAKE = Path(__file__).parents[2] / "scripts" / "make_home_assistant"
_KEY = "a key for one test"
_TOKEN_ID = "0123456789abcdef0123456789abcdef"  # noqa: S105  # of a home that lives for one test
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
Json = Any


def root_or_skip() -> Path:
    """Where Home Assistant is; skips where it is not, unless the run is a slow one, which makes it."""
    if os.geteuid() != 0:
        pytest.skip("only root may chroot into a Home Assistant")
    root = Path(os.environ.get("BABYCRYD_HA_ROOT") or Path.home() / ".cache/babycryd/home-assistant")
    if (root / "opt/ha/bin/hass").exists():
        return root
    if os.environ.get("BABYCRYD_SLOW") != "1":
        pytest.skip(f"no Home Assistant in {root}: a run with BABYCRYD_SLOW=1 makes it, or set BABYCRYD_HA_ROOT")
    if shutil.which("debootstrap") is None:
        pytest.skip("no Home Assistant can be made: apt install debootstrap")
    fault = _make(root)
    assert not fault, fault
    return root


@functools.cache  # it takes minutes, also where it fails
def _make(root: Path) -> str:
    """What went wrong, if anything."""
    made = subprocess.run([str(MAKE), str(root)], capture_output=True, text=True, check=False)
    return f"{MAKE.name}: {made.stdout[-1000:]}{made.stderr[-1000:]}" if made.returncode else ""


class HomeAssistant:
    """`with HomeAssistant(root, broker.port) as home:` is up, and connected to that broker."""

    def __init__(self, root: Path, broker_port: int, more: str = "", files: Mapping[str, str] | None = None) -> None:
        """`more` is added to configuration.yaml, and `files` lie beside it."""
        self._files = files or {}
        self._root = root
        self._inside = f"/tmp/home-{os.getpid()}"  # noqa: S108  # within the root
        self.folder = root / self._inside.lstrip("/")
        self._port = free_port()
        self._broker_port = broker_port
        self._more = more
        self.log = self.folder / "home.log"

    def __enter__(self) -> Self:
        _mount(self._root)
        self._configure()
        hass = [
            "chroot",
            str(self._root),
            "/opt/ha/bin/hass",
            "-c",
            self._inside,
            "--log-file",
            f"{self._inside}/home.log",
        ]
        self._process = subprocess.Popen(hass, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.until(lambda: self._ask("/api/config").get("state") == "RUNNING", 90.0)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            exit_code(self._process, 20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def browser_login(self) -> str:
        """JavaScript that logs a browser in as the owner, run before any page is opened."""
        until_ms = (int(time.time()) + 3000) * 1000
        tokens = {
            "access_token": _token(), "token_type": "Bearer", "refresh_token": "", "expires_in": 3000,
            "expires": until_ms, "hassUrl": self.url, "clientId": f"{self.url}/",
        }  # fmt: skip
        return f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))})"

    def state(self, entity: str) -> str:
        """Its state, or `missing`."""
        return str(self._ask(f"/api/states/{entity}").get("state", "missing"))

    def attributes(self, entity: str) -> dict[str, Json]:
        return dict(self._ask(f"/api/states/{entity}").get("attributes", {}))

    def entities(self) -> list[str]:
        """Every one that has a state."""
        return [each["entity_id"] for each in self._ask("/api/states")]

    def wait_state(self, entity: str, wanted: str, within_s: float = 15.0) -> None:
        self.until(lambda: self.state(entity) == wanted, within_s, lambda: f"{entity} is {self.state(entity)}")

    def call(self, service: str, entity: str, **data: Json) -> None:
        """`call("number.set_value", "number.nursery_volume", value=40)`."""
        domain, name = service.split(".")
        self._ask(f"/api/services/{domain}/{name}", {"entity_id": entity, **data})

    def faults(self) -> list[str]:
        """Warnings and errors of its log."""
        lines = _ANSI.sub("", self.log.read_text("utf-8")).splitlines()
        faults = [line for line in lines if " WARNING " in line or " ERROR " in line]
        return [line for line in faults if "aiohttp_fast_zlib" not in line]  # it would like a faster zlib

    def registry(self) -> dict[str, dict[str, Json]]:
        """Its registered MQTT entities by entity id. It writes them some ten seconds after they came."""
        path = self.folder / ".storage/core.entity_registry"
        if not path.exists():
            return {}
        entities = json.loads(path.read_text("utf-8"))["data"]["entities"]
        return {each["entity_id"]: each for each in entities if each["platform"] == "mqtt"}

    def until(self, happened: Callable[[], bool], within_s: float, seen: Callable[[], object] = lambda: "") -> None:
        deadline_s = time.monotonic() + within_s
        while not happened():
            if time.monotonic() > deadline_s or self._process.poll() is not None:
                log = self.log.read_text("utf-8") if self.log.exists() else "no log"
                pytest.fail(f"not within {within_s:g} s: {seen()}\n{log[-4000:]}")
            time.sleep(0.2)

    def _ask(self, path: str, body: Json = None) -> Json:
        request = urllib.request.Request(  # our own address
            f"http://127.0.0.1:{self._port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {_token()}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return {"error": error.code}
        except OSError:
            return {}

    def _configure(self) -> None:
        storage = self.folder / ".storage"
        storage.mkdir(parents=True)
        (self.folder / "configuration.yaml").write_text(CONFIGURATION.format(port=self._port, more=self._more))
        for name, content in self._files.items():
            (self.folder / name).write_text(content)
        broker = {"broker": "127.0.0.1", "port": self._broker_port, "username": USERNAME, "password": PASSWORD}
        entry = {
            "entry_id": "mqtt0", "domain": "mqtt", "title": "broker", "source": "user", "version": 1,
            "minor_version": 2,
            "data": {**broker, "discovery": True, "discovery_prefix": "homeassistant"}, "options": {},
            "unique_id": None,
            "disabled_by": None, "pref_disable_new_entities": False, "pref_disable_polling": False,
            "discovery_keys": {}, "subentries": [], "created_at": _NOW, "modified_at": _NOW,
        }  # fmt: skip
        _store(storage, "core.config_entries", {"entries": [entry]}, minor_version=5)
        user = {
            "id": "owner", "name": "Owner", "is_owner": True, "is_active": True, "system_generated": False,
            "group_ids": ["system-admin"], "local_only": False,
        }  # fmt: skip
        token = {
            "id": _TOKEN_ID, "user_id": "owner", "client_id": None, "client_name": "test", "client_icon": None,
            "token_type": "long_lived_access_token", "created_at": _NOW, "access_token_expiration": 315_360_000.0,
            "token": "f" * 64, "jwt_key": _KEY, "last_used_at": None, "last_used_ip": None, "expire_at": None,
            "credential_id": None, "version": "2025.11.0",
        }  # fmt: skip
        data = {"users": [user], "groups": [], "credentials": [], "refresh_tokens": [token]}
        _store(storage, "auth", data)
        _store(storage, "onboarding", {"done": ["user", "core_config", "analytics", "integration"]}, version=4)


_NOW = "2025-01-01T00:00:00+00:00"


def _store(folder: Path, key: str, data: Json, version: int = 1, minor_version: int = 1) -> None:
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (folder / key).write_text(json.dumps(content))


def _token() -> str:
    """A JSON Web Token (RFC 7519, HS256) of our refresh token."""
    now_s = int(time.time())
    header, claims = {"alg": "HS256", "typ": "JWT"}, {"iss": _TOKEN_ID, "iat": now_s - 60, "exp": now_s + 3600}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_base64(hmac.digest(_KEY.encode(), signed.encode(), hashlib.sha256))}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _mount(root: Path) -> None:
    for name in ("proc", "dev"):
        if not os.path.ismount(root / name):
            subprocess.run(["mount", "--bind", f"/{name}", str(root / name)], check=True)
