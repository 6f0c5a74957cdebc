"""The app of Home Assistant: what it declares, and how its start turns options into a configuration."""

import importlib.machinery
import importlib.util
import json
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from aiohttp import web

from babycryd import __version__
from babycryd.config import ConfigError, Settings, load
from babycryd.config.access import page_password
from babycryd.i18n import LANGUAGES
from tests.support.fakes.supervisor import application
from tests.support.in_thread import in_thread
from tests.support.ports import free_port

APP = Path(__file__).parents[3] / "packaging" / "home-assistant"
CONFIG: dict[str, Any] = yaml.safe_load((APP / "config.yaml").read_text())
TOKEN = "t0ken"  # noqa: S105  # of the fake
SECRET = "s3cret of the broker"  # noqa: S105
BROKER = {"host": "core-mosquitto", "port": 1884, "ssl": True, "username": "addons", "password": SECRET}
NOWHERE = "http://127.0.0.1:1/services/mqtt"


def started() -> Any:
    """The script `start` as a module."""
    loader = importlib.machinery.SourceFileLoader("home_assistant_start", str(APP / "start"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


START = started()


@contextmanager
def supervisor(broker: dict[str, object] | None) -> Iterator[str]:
    """The address of its service `mqtt`."""
    port = free_port()

    @asynccontextmanager
    async def served() -> AsyncIterator[None]:
        runner = web.AppRunner(application("", TOKEN, broker))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
        await runner.cleanup()

    with in_thread(served()):
        yield f"http://127.0.0.1:{port}/services/mqtt"


@pytest.fixture
def places(tmp_path: Path) -> Any:
    for name in ("data", "config"):
        (tmp_path / name).mkdir()
    found = START.Places(tmp_path / "data", tmp_path / "config", tmp_path / "run")
    choose(found, CONFIG["options"])
    return found


def choose(places: Any, options: object) -> None:
    (places.data / "options.json").write_text(json.dumps(options))


def test_the_defaults_are_a_configuration_with_the_supervisors_broker(places: Any) -> None:
    with supervisor(BROKER) as service:
        path = START.prepare(places, service, TOKEN)
    settings = load(path)
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.tls) == ("core-mosquitto", 1884, True)
    assert settings.mqtt.username == "addons"
    assert settings.device.room == "Nursery"
    assert settings.web.port == CONFIG["ingress_port"]
    assert settings.web.trusted_proxies == ("172.30.32.2",)
    assert page_password(settings, {}) is None  # none is needed: the proxy asks for it
    assert settings.state_dir == str(places.data / "state")


def test_passwords_stand_in_files_that_only_the_daemon_reads(places: Any) -> None:
    choose(places, {"capture": {"url": "rtsp://camera/1", "username": "me", "password": "pass word"}})
    with supervisor(BROKER) as service:
        path = START.prepare(places, service, TOKEN)
    secrets = {each.name: each.read_text() for each in (places.run / "credentials").iterdir()}
    assert secrets == {"mqtt_password": f"{SECRET}\n", "capture_password": "pass word\n"}
    assert "pass word" not in path.read_text()
    for each in (places.run / "credentials").iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o400  # made anew at each start: the page must not write into it


@pytest.mark.parametrize(("token", "why"), [(TOKEN, "status 400"), ("another", "status 401")])
def test_without_the_service_it_listens_without_mqtt(
    token: str, why: str, places: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with supervisor(None) as service:
        path = START.prepare(places, service, token)
    assert load(path).mqtt.host == ""
    told = capsys.readouterr().err
    assert f"Home Assistant has no broker for apps ({why}): install the app Mosquitto broker" in told
    assert "babycryd listens without MQTT" in told


def test_a_supervisor_that_does_not_answer_stops_nothing(places: Any, capsys: pytest.CaptureFixture[str]) -> None:
    choose(places, {"mqtt": {"username": "unneeded", "password": "without a host"}})
    assert load(START.prepare(places, NOWHERE, TOKEN)).mqtt.host == ""
    assert "the Supervisor does not answer: " in capsys.readouterr().err
    answers: list[dict[str, object]] = [{"host": None}, {"port": 1883}, {"host": "x", "port": "y"}]
    for answer in answers:
        with supervisor(answer) as service:
            assert load(START.prepare(places, service, TOKEN)).device.room == ""


def test_another_broker_is_the_owners_choice(places: Any) -> None:
    choose(places, {"mqtt": {"host": "broker.lan", "username": "me", "password": "mine"}})
    settings = load(START.prepare(places, NOWHERE, TOKEN))
    assert (settings.mqtt.host, settings.mqtt.username) == ("broker.lan", "me")
    assert (places.run / "credentials" / "mqtt_password").read_text() == "mine\n"


def test_the_owners_file_has_every_other_key_and_counts_before_the_options(places: Any) -> None:
    text = "detection: {threshold: 0.6}\nsoothing: {strategy: learning}\nweb: {host: 127.0.0.1, max_viewers: 7}\n"
    (places.owners / "babycryd.yaml").write_text(text)
    settings = load(START.prepare(places, NOWHERE, TOKEN))
    assert (settings.detection.threshold, settings.soothing.strategy) == (0.6, "learning")
    assert settings.lullaby.max_volume == 0.4
    assert (settings.web.host, settings.web.max_viewers) == ("0.0.0.0", 7)  # noqa: S104  # ingress stays


def test_one_language_for_report_and_alerts(places: Any) -> None:
    choose(places, {"language": "de"})
    settings = load(START.prepare(places, NOWHERE, TOKEN))
    assert (settings.report.language, settings.notify.language) == ("de", "de")


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"lullaby": {"max_volume": 3}}, "lullaby.max_volume"),
        ({"detection": {"treshold": 0.7}}, "did you mean 'threshold'?"),
        ({"capture": {"url": "camera"}}, "capture.url"),
        (["no section"], "options"),
    ],
)
def test_wrong_options_are_named(options: object, part: str, places: Any) -> None:
    choose(places, options)
    with pytest.raises(ConfigError) as told:
        START.prepare(places, NOWHERE, TOKEN)
    assert part in str(told.value)
    assert "the options of this app" in str(told.value)


def test_a_fault_in_the_owners_file_is_named_with_its_line(places: Any) -> None:
    (places.owners / "babycryd.yaml").write_text("# mine\nlullaby: {max_volume: loud}\n")
    with pytest.raises(ConfigError, match=r"babycryd.yaml: lullaby.max_volume \(line 2\)"):
        START.prepare(places, NOWHERE, TOKEN)


def test_the_app_asks_for_nothing_but_sound_ingress_and_the_broker() -> None:
    assert CONFIG["version"] == __version__
    assert (CONFIG["audio"], CONFIG["ingress"], CONFIG["ingress_stream"]) == (True, True, True)
    assert CONFIG["services"] == ["mqtt:want"]
    powers = {"privileged", "full_access", "host_network", "host_pid", "host_dbus", "docker_api", "devices", "usb"}
    powers |= {"hassio_api", "homeassistant_api", "auth_api", "apparmor", "kernel_modules", "udev", "gpio", "ports"}
    assert powers & CONFIG.keys() == set()


def test_every_option_is_a_key_of_babycryd_with_words_in_every_language() -> None:
    of_the_app = {"language", "capture.password", "mqtt.password"}
    names = {"language"} | {f"{part}.{key}" for part, keys in sections(CONFIG["schema"]) for key in keys}
    assert {name for name in names - of_the_app if not is_key(name)} == set()
    assert {path.stem for path in (APP / "translations").iterdir()} == set(LANGUAGES)
    for code in LANGUAGES:
        words = yaml.safe_load((APP / "translations" / f"{code}.yaml").read_text())["configuration"]
        told = {"language"} | {f"{part}.{key}" for part, one in words.items() for key in one.get("fields", ())}
        assert told == names, code
        assert all(each["name"] and each["description"] for each in leaves(words)), code


def sections(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, part) for name, part in tree.items() if isinstance(part, dict))


def leaves(words: dict[str, Any]) -> Iterator[dict[str, str]]:
    for each in words.values():
        yield each
        yield from each.get("fields", {}).values()


def is_key(name: str) -> bool:
    section, _, key = name.partition(".")
    kind = get_type_hints(Settings)[section]
    return is_dataclass(kind) and key in {each.name for each in fields(kind)}
