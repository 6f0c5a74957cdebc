"""The real daemon, a real mosquitto and a real Home Assistant, which finds the device and commands it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from babycryd.i18n import sound_title
from babycryd.soothe.tracks import list_tracks
from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.home_assistant import HomeAssistant, root_or_skip
from tests.support.sound_card import SoundCard

pytestmark = [pytest.mark.slow, pytest.mark.broker, pytest.mark.soundcard]

ROOT = Path(__file__).parents[2]
CONFIG = """
device: {{id: nursery, room: Nursery}}
state_dir: {folder}/state
capture: {{device: mic}}
lullaby: {{fade_in_s: 0.2, fade_out_s: 0.2, cooldown_s: 0}}
mqtt: {{{login}}}
"""
TRACK = list_tracks(None)[1].name
TITLE = sound_title("en", TRACK)
ENTITIES = {  # device class, category, unit
    "binary_sensor.nursery_crying": ("sound", None, None),
    "binary_sensor.nursery_hearing_problem": ("problem", None, None),
    "sensor.nursery_state": ("enum", None, None),
    "event.nursery_last_episode": (None, None, None),
    "sensor.nursery_crying_today": ("duration", None, "min"),
    "sensor.nursery_night_report": (None, None, None),
    "image.nursery_night_picture": (None, None, None),
    "sensor.nursery_noise_level": (None, None, "dBFS"),
    "sensor.nursery_score": (None, "diagnostic", None),
    "sensor.nursery_route": ("enum", "diagnostic", None),
    "sensor.nursery_cpu": (None, "diagnostic", "%"),
    "sensor.nursery_temperature": ("temperature", "diagnostic", "°C"),
    "switch.nursery_lullaby": (None, None, None),
    "select.nursery_track": (None, None, None),
    "number.nursery_volume": (None, None, "%"),
    "number.nursery_threshold": (None, "config", None),
    "number.nursery_snooze": ("duration", None, "min"),
    "button.nursery_snooze_30_min": (None, None, None),
    "button.nursery_test_sound": (None, "diagnostic", None),
    "button.nursery_it_was_not_my_baby": (None, None, None),
    "sensor.nursery_alert": ("enum", None, None),
    "button.nursery_acknowledge_alert": (None, None, None),
    "binary_sensor.nursery_listening_in": (None, None, None),
    "sensor.nursery_week_digest": (None, None, None),
    "image.nursery_week_picture": (None, None, None),
    "sensor.nursery_sound": (None, None, None),
    "sensor.nursery_loudness_at_the_cot": ("sound_pressure", None, "dBA"),
    "binary_sensor.nursery_needs_you": (None, None, None),
    "sensor.nursery_soothing": ("enum", None, None),
    "sensor.nursery_calms_best": (None, None, None),
    "button.nursery_forget_what_calms": (None, "diagnostic", None),
}
PHONE = "/tmp/phone"  # noqa: S108  # within Home Assistant's own root folder
EXAMPLES = f"""
lovelace: {{mode: yaml, dashboards: {{baby-monitor: {{mode: yaml, title: Baby, filename: dashboard.yaml}}}}}}
automation: !include automations.yaml
mqtt: [{{light: {{schema: json, name: bedroom, unique_id: lamp, command_topic: home/lamp, flash: true,
  supported_color_modes: [onoff]}}}}]
command_line: [{{notify: {{name: phone, command: "cat >> {PHONE}; echo >> {PHONE}"}}}}]
media_player:
  - platform: universal
    name: living_room
    state_template: playing
    commands: {{media_pause: {{action: mqtt.publish, data: {{topic: home/tv, payload: pause}}}}}}
"""


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


def config(folder: Path, broker: Broker) -> Path:
    return write_config(folder, CONFIG.format(folder=folder, login=broker.login(folder)))


def demo_night(folder: Path) -> Path:
    """80 s; the baby cries three times from second 20 on."""
    path = folder / "night.wav"
    subprocess.run([sys.executable, "-m", "babycryd", "demo", "--wav", str(path)], check=True, capture_output=True)
    return path


def test_a_night_in_home_assistant(broker: Broker, tmp_path: Path) -> None:
    root, night = root_or_skip(), demo_night(tmp_path)
    arguments = ["run", "--config", str(config(tmp_path, broker))]
    with SoundCard() as card, HomeAssistant(root, broker.port) as home:
        card.room_noise(1e-3)
        with RunningDaemon(arguments, card.env) as daemon:
            home.wait_state("sensor.nursery_state", "listening", within_s=20)
            home.wait_state("binary_sensor.nursery_hearing_problem", "off")
            _obeys(home, broker)
            card.play(night)
            home.wait_state("binary_sensor.nursery_crying", "on", within_s=60)
            home.wait_state("sensor.nursery_state", "crying")
            home.wait_state("switch.nursery_lullaby", "on")
            home.until(lambda: home.attributes("event.nursery_last_episode").get("event_type") == "new", 5)
            home.wait_state("binary_sensor.nursery_crying", "off", within_s=40)
            home.wait_state("sensor.nursery_state", "soothing")
            home.until(lambda: home.attributes("event.nursery_last_episode").get("event_type") == "end", 5)
            home.until(lambda: float(home.state("sensor.nursery_crying_today")) > 0, 10)
            home.call("button.press", "button.nursery_it_was_not_my_baby")
            daemon.says("executed a command over MQTT: Feedback", within_s=15)
            daemon.process.send_signal(signal.SIGKILL)
            for entity in ENTITIES:
                home.wait_state(entity, "unavailable")
        with RunningDaemon(arguments, card.env) as daemon:
            home.wait_state("sensor.nursery_state", "listening", within_s=20)
            home.wait_state("binary_sensor.nursery_crying", "off")
            home.wait_state("number.nursery_volume", "40")
            assert daemon.stop() == 0
            home.wait_state("sensor.nursery_state", "unavailable")
        home.until(lambda: len(home.registry()) >= len(ENTITIES), 20)
        found = {
            name: (each["original_device_class"], each["entity_category"], each["unit_of_measurement"])
            for name, each in home.registry().items()
        }
        assert found == ENTITIES
        assert home.faults() == []


def _not_there(home: HomeAssistant) -> list[str]:
    return [entity for entity in ENTITIES if home.state(entity) in {"missing", "unavailable"}]


def _obeys(home: HomeAssistant, broker: Broker) -> None:
    with broker.subscriber() as heard:
        home.call("number.set_value", "number.nursery_volume", value=40)
        home.wait_state("number.nursery_volume", "40")
        home.call("number.set_value", "number.nursery_threshold", value=0.8)
        home.wait_state("number.nursery_threshold", "0.8")
        home.call("select.select_option", "select.nursery_track", option=TITLE)
        home.wait_state("select.nursery_track", TITLE)
        home.wait_state("switch.nursery_lullaby", "on")
        home.call("switch.turn_off", "switch.nursery_lullaby")
        home.wait_state("switch.nursery_lullaby", "off")
        home.wait_state("select.nursery_track", "unknown")
        home.call("button.press", "button.nursery_snooze_30_min")
        home.wait_state("sensor.nursery_state", "snoozed")
        home.wait_state("number.nursery_snooze", "30")
        home.call("number.set_value", "number.nursery_snooze", value=0)
        home.wait_state("sensor.nursery_state", "listening")
        home.call("button.press", "button.nursery_test_sound")
        heard.expect_count("command/response", 7, within_s=10)


def test_a_home_that_starts_later_is_told_again(broker: Broker, tmp_path: Path) -> None:
    root = root_or_skip()
    with SoundCard() as card, broker.subscriber() as heard:
        card.room_noise(1e-3)
        with RunningDaemon(["run", "--config", str(config(tmp_path, broker))], card.env) as daemon:
            heard.expect("nursery/status", "online", within_s=10)
            heard.expect_count("nursery/config", 1)
            broker.publish("homeassistant/device/nursery/config", "", retain=True)  # by mistake
            with HomeAssistant(root, broker.port) as home:
                home.wait_state("sensor.nursery_state", "listening")
                home.until(lambda: not _not_there(home), 15, lambda: _not_there(home))
                assert home.faults() == []
            assert daemon.stop() == 0


def test_unpublish_takes_the_device_away(broker: Broker, tmp_path: Path) -> None:
    root = root_or_skip()
    path = config(tmp_path, broker)
    unpublish = [sys.executable, "-m", "babycryd", "mqtt", "unpublish", "--config", str(path)]
    with SoundCard() as card, HomeAssistant(root, broker.port) as home:
        card.room_noise(1e-3)
        with RunningDaemon(["run", "--config", str(path)], card.env) as daemon:
            home.wait_state("sensor.nursery_state", "listening", within_s=20)
            refused = subprocess.run(unpublish, capture_output=True, text=True, check=False)
            assert refused.returncode == 1
            assert "stop it first" in refused.stderr
            assert daemon.stop() == 0
        subprocess.run(unpublish, check=True)
        home.wait_state("sensor.nursery_state", "missing")
        assert home.faults() == []
    with broker.subscriber() as newcomer:
        broker.publish("over", "1")
        newcomer.expect("over", "1")
        assert [each.topic for each in newcomer.heard] == ["over"]


def test_the_example_dashboard_loads_and_the_automations_act(broker: Broker, tmp_path: Path) -> None:
    root, night = root_or_skip(), demo_night(tmp_path)
    phone = root / PHONE.lstrip("/")
    phone.unlink(missing_ok=True)
    arguments = ["run", "--config", str(config(tmp_path, broker))]
    with SoundCard() as card, HomeAssistant(root, broker.port, EXAMPLES, _examples()) as home:
        card.room_noise(1e-3)
        with RunningDaemon(arguments, card.env) as daemon, broker.subscriber("home/#") as heard:
            home.wait_state("sensor.nursery_state", "listening", within_s=20)
            automations = [each for each in home.entities() if each.startswith("automation.")]
            assert {home.state(each) for each in automations} == {"on"}
            assert len(automations) == _examples()["automations.yaml"].count("- id:")
            card.play(night)
            home.until(lambda: _told(phone, "Since "), 60)
            heard.expect("home/tv", "pause")
            assert '"flash"' in heard.expect_count("home/lamp", 1)[0]
            home.until(lambda: _told(phone, "It has cried for more than"), 20)
            daemon.process.send_signal(signal.SIGKILL)
            home.until(lambda: _told(phone, "The baby monitor is not there."), 20)
        assert [fault for fault in home.faults() if "used from universal" not in fault] == []  # our TV, its own fault
    phone.unlink()


def _examples() -> dict[str, str]:
    """With the phone that is there, as the file says, and less patience."""
    files = {each.name: each.read_text("utf-8") for each in (ROOT / "config" / "homeassistant").glob("*.yaml")}
    ours = files["automations.yaml"]
    for theirs, instead in (("notify.notify", "notify.phone"), ("00:10:00", "00:00:04"), ("00:01:00", "00:00:01")):
        assert theirs in ours
        ours = ours.replace(theirs, instead)
    return files | {"automations.yaml": ours}


def _told(phone: Path, words: str) -> bool:
    return phone.exists() and words in phone.read_text("utf-8")
