"""The app of Home Assistant, built of its folder, with the Supervisor's files and answers made up as documented."""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.containers import RUN, among_its_mounts, built, podman, slim_debian
from tests.support.debian_packages import ROOT
from tests.support.debian_roots import need_tools
from tests.support.open_sound_card import OpenSoundCard, a_cry, open_sound_card
from tests.support.patience import HANG_S, wait_until

pytestmark = pytest.mark.slow

IMAGE = "localhost/babycryd-app:test"
APP = "babycryd-app"
NET = "babycryd-app"
TOKEN = "t0ken"  # noqa: S105  # of a Supervisor that lives for one test
SUPERVISOR, BROKER, THIS_APP, ANOTHER_APP = "172.30.32.2", "172.30.33.1", "172.30.33.2", "172.30.33.3"
SERVICE = {"host": "core-mosquitto", "port": 1883, "ssl": False, "username": "addons", "password": "s3cret"}
# As the Supervisor writes it
CLIENT_CONF = "default-server = unix:/run/audio/pulse.sock\nautospawn = no\nenable-shm = false\n"
MOSQUITTO = f"listener 1883 {BROKER}\nallow_anonymous false\npassword_file {{folder}}/passwords\nuser root\n"
INGRESS = {"X-Ingress-Path": f"/api/hassio_ingress/{TOKEN}", "Host": "homeassistant.local:8123"}
# ADDRESS URL HEADERS BODY: asks from this address; a body is sent in pieces, as through ingress_stream
ASK = """
import http.client, json, sys
from urllib.parse import urlsplit
address, url, headers, body = sys.argv[1:]
there = urlsplit(url)
connection = http.client.HTTPConnection(there.hostname, there.port or 80, timeout=20, source_address=(address, 0))
method = "POST" if body else "GET"
pieces = iter([body.encode()]) if body else None
connection.request(method, there.path, pieces, json.loads(headers), encode_chunked=bool(body))
answer = connection.getresponse()
print(json.dumps([answer.status, answer.read().decode()]))
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Built of nothing but the folder that an owner copies to Home Assistant."""
    need_tools("ip", "mosquitto")
    folder = tmp_path_factory.mktemp("app")
    base = slim_debian("amd64", folder)
    (path,) = built("packaging/build-home-assistant", "amd64")
    with tarfile.open(ROOT / path) as archive:
        archive.extractall(folder, filter="data")
    podman("build", "--format=docker", f"--build-arg=BASE={base}", f"--tag={IMAGE}", str(folder / "babycryd"))
    facts = json.loads(podman("image", "inspect", IMAGE).stdout)[0]
    sys.stderr.write(f"{facts['Size'] / 1e6:.0f} MB\n")
    return IMAGE


@contextmanager
def network() -> Iterator[None]:
    """The apps' network: every address of it is in one name space, and nothing else is."""
    # `ip` mounts the name space; where / is private, podman would not see what is mounted outside of its own mounts
    subprocess.run([*among_its_mounts("ip"), "netns", "delete", NET], check=False, capture_output=True)
    subprocess.run([*among_its_mounts("ip"), "netns", "add", NET], check=True)
    try:
        inside("ip", "link", "set", "lo", "up")
        for address in (SUPERVISOR, BROKER, THIS_APP, ANOTHER_APP):
            inside("ip", "address", "add", f"{address}/32", "dev", "lo")
        yield
    finally:
        subprocess.run([*among_its_mounts("ip"), "netns", "delete", NET], check=True)


def there(*command: str) -> list[str]:
    """The command line that runs it in that network."""
    return [*among_its_mounts("ip"), "netns", "exec", NET, *command]


def inside(*command: str) -> str:
    """Runs in that network; returns its standard output."""
    return subprocess.run(there(*command), check=True, capture_output=True, text=True).stdout


def ask(url: str, headers: dict[str, str], body: str = "", address: str = ANOTHER_APP) -> tuple[int, Any]:
    status, text = json.loads(inside(sys.executable, "-c", ASK, address, url, json.dumps(headers), body))
    return status, text


@contextmanager
def background(*command: str) -> Iterator[None]:
    with subprocess.Popen(there(*command)) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def supervisor(service: dict[str, object] | None) -> Iterator[None]:
    program = [sys.executable, "-m", "tests.support.fakes.supervisor"]
    more = [json.dumps(service)] if service else []
    with background(*program, SUPERVISOR, "80", f"http://{THIS_APP}:8099", TOKEN, *more):
        wait_until(lambda: answers(f"http://{SUPERVISOR}/services/mqtt"), HANG_S, lambda: "no Supervisor")
        yield


def answers(url: str) -> bool:
    try:
        return ask(url, {})[0] > 0
    except subprocess.CalledProcessError:
        return False


@contextmanager
def broker(folder: Path) -> Iterator[None]:
    (folder / "mosquitto.conf").write_text(MOSQUITTO.format(folder=folder))
    subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "passwords", "addons", "s3cret"], check=True)
    with background("mosquitto", "-c", str(folder / "mosquitto.conf")):
        yield


def retained(topic: str) -> str:
    login = ["-h", BROKER, "-u", "addons", "-P", "s3cret", "-C", "1", "-W", "3"]
    command = there("mosquitto_sub", *login, "-t", topic)
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@contextmanager
def app(image: str, folder: Path, options: object, card: OpenSoundCard) -> Iterator[Callable[[], str]]:
    """The app as the Supervisor starts it; yields its log."""
    for name in ("data", "config"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "data" / "options.json").write_text(json.dumps(options))
    (folder / "data" / "options.json").chmod(0o600)
    (folder / "client.conf").write_text(CLIENT_CONF)
    mounts = {
        folder / "data": "/data",
        folder / "config": "/config:ro",
        card.folder: "/run/audio:ro",
        folder / "client.conf": "/etc/pulse/client.conf:ro",
        card.asound_conf("/run/audio"): "/etc/asound.conf:ro",
    }
    volumes = [f"--volume={there}:{here}" for there, here in mounts.items()]
    hosts = [f"--add-host=supervisor:{SUPERVISOR}", f"--add-host=core-mosquitto:{BROKER}"]
    given = [
        f"--network=ns:/run/netns/{NET}",
        "--tmpfs=/tmp",
        f"--env=SUPERVISOR_TOKEN={TOKEN}",
        "--env=TZ=Europe/Paris",
    ]
    podman("rm", "--force", "--time=1", APP, check=False)
    podman("run", "--detach", f"--name={APP}", *RUN, *given, *hosts, *volumes, image)
    try:
        yield lambda: podman("logs", APP).stderr + podman("logs", APP).stdout
    finally:
        podman("rm", "--force", "--time=5", APP, check=False)


def is_healthy() -> bool:
    """Whether it would hear a cry now, by the container's health check."""
    return not podman("healthcheck", "run", APP, check=False).returncode


@pytest.fixture
def card(tmp_path: Path) -> Iterator[OpenSoundCard]:
    (tmp_path / "card").mkdir()
    with open_sound_card(tmp_path / "card") as opened:
        yield opened


@pytest.fixture
def options() -> dict[str, Any]:
    text = (ROOT / "packaging" / "home-assistant" / "config.yaml").read_text()
    return dict(yaml.safe_load(text)["options"])


def test_it_listens_tells_the_broker_and_shows_its_page(
    image: str, options: dict[str, Any], card: OpenSoundCard, tmp_path: Path
) -> None:
    options["device"] = {"id": "nursery", "room": "Attic"}
    with network(), broker(tmp_path), supervisor(SERVICE), app(image, tmp_path, options, card) as log:
        wait_until(is_healthy, HANG_S, log)
        wait_until(lambda: retained("babycryd/nursery/status") == "online", HANG_S, log)
        _has_few_rights()
        _is_behind_ingress()
        card.play(a_cry(tmp_path / "cry.wav"))
        wait_until(lambda: "lullaby starts" in log(), HANG_S, log)
        assert retained("babycryd/nursery/cry") == "ON"
        assert "s3cret" not in log()


def _has_few_rights() -> None:
    status = podman("exec", APP, "cat", "/proc/1/status").stdout
    for line in ("Uid:\t8474\t8474\t8474\t8474", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"):
        assert line in status
    assert "29" in status.partition("Groups:")[2].splitlines()[0].split()
    assert TOKEN not in podman("exec", "--user=8474", APP, "cat", "/proc/1/environ").stdout
    kept = podman("exec", APP, "find", "/run/babycryd", "/data/state", "-type", "f", "-perm", "/077").stdout
    assert kept == "", "others may read it"


def _is_behind_ingress() -> None:
    page = f"http://{SUPERVISOR}/ingress/{TOKEN}"
    status, text = ask(f"{page}/api/session", INGRESS)
    assert status == 200, text
    command = INGRESS | {"Content-Type": "application/json", "X-CSRF-Token": json.loads(text)["csrf"]}
    assert ask(f"{page}/api/volume", command, '{"volume": 30}')[0] == 200
    assert ask(f"{page}/api/volume", INGRESS | {"Content-Type": "application/json"}, '{"volume": 30}')[0] == 403
    assert "Attic" in ask(f"{page}/api/state", INGRESS)[1]
    for path in ("/", "/api/state", "/api/session", "/app.js"):
        assert ask(f"http://{THIS_APP}:8099{path}", INGRESS)[0] == 403, "another app is answered"


def test_it_listens_without_a_broker(image: str, options: dict[str, Any], card: OpenSoundCard, tmp_path: Path) -> None:
    with network(), supervisor(None), app(image, tmp_path, options, card) as log:
        wait_until(is_healthy, HANG_S, log)
        assert "Home Assistant has no broker for apps (status 400): install the app Mosquitto broker" in log()


def test_a_wrong_option_is_named(image: str, options: dict[str, Any], card: OpenSoundCard, tmp_path: Path) -> None:
    options["lullaby"] = {"quiet_hours": "at night"}
    with network(), supervisor(None), app(image, tmp_path, options, card) as log:
        assert podman("wait", APP).stdout.strip() == "2"
        assert "not started; change the options and start the app again" in log()
        assert "lullaby.quiet_hours" in log()


def test_a_restored_backup_belongs_to_the_daemon_again(
    image: str, options: dict[str, Any], card: OpenSoundCard, tmp_path: Path
) -> None:
    (tmp_path / "data" / "state").mkdir(parents=True)
    (tmp_path / "data" / "state" / "kept").write_text("of root")
    shutil.chown(tmp_path / "data" / "state" / "kept", 0, 0)
    with network(), app(image, tmp_path, options, card) as log:
        wait_until(is_healthy, HANG_S, log)
        assert (tmp_path / "data" / "state" / "kept").stat().st_uid == 8474
