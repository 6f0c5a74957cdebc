"""What Home Assistant is told about us, against what its documentation allows.

The keys are those of https://www.home-assistant.io/integrations/mqtt/ and the pages of each platform; Home Assistant's
own schemas judge them where there is one, and a running one in tests/e2e/test_home_assistant.py.
"""

import json
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template

from babycryd.core.command_table import COMMANDS
from babycryd.mqtt.discovery import AnnouncedDevice, announcement, birth_topic
from babycryd.mqtt.message import Message
from babycryd.mqtt.retained_state import RetainedState
from babycryd.mqtt.topics import PUBLISHED
from tests.support.home_assistant import root_or_skip

COMMON = {"platform", "name", "icon", "unique_id", "entity_category", "qos"}
STATE = {"state_topic", "value_template", "json_attributes_topic", "device_class", "expire_after"}
ALLOWED = {
    "binary_sensor": COMMON | STATE,
    "sensor": COMMON | STATE | {"options", "state_class", "unit_of_measurement", "last_reset_value_template"},
    "event": COMMON | STATE - {"expire_after"} | {"event_types"},
    "switch": COMMON | STATE - {"expire_after"} | {"command_topic"},
    "select": COMMON | STATE - {"expire_after"} | {"command_topic", "command_template", "options"},
    "number": COMMON
    | STATE - {"expire_after"}
    | {"command_topic", "min", "max", "step", "mode", "unit_of_measurement"},
    "button": COMMON | {"command_topic", "payload_press", "device_class"},
    "image": COMMON | {"image_topic", "image_encoding", "content_type"},
}
CLASSES = {
    "binary_sensor": {"sound", "problem"},
    "sensor": {"enum", "duration", "sound_pressure", "temperature"},
    "number": {"duration"},
}
HOME = AnnouncedDevice("nursery", "Nursery", ("brahms", "rain"))
BASE = "babycryd/nursery"


def told(home: AnnouncedDevice = HOME, gone: dict[str, str] | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(announcement(home, BASE, "homeassistant", gone).payload)
    return fields


COMPONENTS = told()["components"]


@pytest.mark.parametrize("key", COMPONENTS)
def test_every_component_has_only_what_its_platform_knows(key: str) -> None:
    component = COMPONENTS[key]
    platform = component["platform"]
    assert component.keys() <= ALLOWED[platform]
    assert component.get("device_class") in CLASSES.get(platform, set()) | {None}
    assert component["unique_id"] == f"babycryd_nursery_{key}"
    assert component["name"]
    if component.get("device_class") == "enum":
        assert component["options"]
        assert not component.keys() & {"state_class", "unit_of_measurement"}


@pytest.mark.parametrize("key", COMPONENTS)
def test_every_topic_of_a_component_is_one_of_ours(key: str) -> None:
    ours = {f"{BASE}/{topic.leaf}" for topic in PUBLISHED} | {f"{BASE}/{spec.topic}" for spec in COMMANDS}
    named = [value for field, value in COMPONENTS[key].items() if field.endswith("_topic")]
    assert named
    assert set(named) <= ours


def test_thousands_of_tracks_make_no_message_of_half_a_megabyte() -> None:
    tracks = tuple(f"song {number}" for number in range(10_000))
    options = told(AnnouncedDevice("nursery", "Nursery", tracks))["components"]["track"]["options"]
    assert options == [f"Song {number}" for number in range(500)]


@pytest.mark.parametrize(("language", "rain"), [("en", "Rain"), ("de", "Regen")])
def test_sounds_are_chosen_by_their_names_in_words(language: str, rain: str) -> None:
    quoted = 'Grandma\'s "song" }} 🌙'
    tracks = ("rain", "my-song", "my_song", quoted)
    track = told(AnnouncedDevice("nursery", "Nursery", tracks, language))["components"]["track"]
    assert track["options"] == [rain, "My song", "my_song", quoted]
    assert track["state_topic"] == f"{BASE}/lullaby/title"
    template = Template(track["command_template"])
    assert tuple(template.render(value=option) for option in track["options"]) == tracks
    assert template.render(value="another") == "another"


def test_tracks_whose_names_are_titles_need_no_template() -> None:
    track = told(AnnouncedDevice("nursery", "Nursery", ("Brahms",)))["components"]["track"]
    assert (track["options"], "command_template" in track) == (["Brahms"], False)


def test_the_issue_of_entities_is_complete() -> None:
    platforms = {key: each["platform"] for key, each in COMPONENTS.items()}
    assert platforms == {
        "crying": "binary_sensor",
        "listen_in": "binary_sensor",
        "listening": "binary_sensor",
        "state": "sensor",
        "alert": "sensor",
        "acknowledge": "button",
        "episode": "event",
        "crying_today": "sensor",
        "night_report": "sensor",
        "night_picture": "image",
        "week_digest": "sensor",
        "week_picture": "image",
        "noise": "sensor",
        "score": "sensor",
        "route": "sensor",
        "cpu": "sensor",
        "temperature": "sensor",
        "lullaby": "switch",
        "track": "select",
        "sound": "sensor",
        "loudness": "sensor",
        "volume": "number",
        "threshold": "number",
        "snooze": "number",
        "needs_you": "binary_sensor",
        "soothing": "sensor",
        "best_sound": "sensor",
        "snooze_button": "button",
        "test": "button",
        "false_alarm": "button",
        "forget_sounds": "button",
    }


def test_the_hearing_problem_keeps_the_unique_id_that_homes_know() -> None:
    assert COMPONENTS["listening"]["name"] == "Hearing problem"
    assert COMPONENTS["listening"]["unique_id"] == "babycryd_nursery_listening"
    earlier = told(gone={"listening": "binary_sensor"})["components"]  # an announcement with a stub would remove it
    assert earlier["listening"] == COMPONENTS["listening"]
    assert "hearing_problem" not in earlier


def test_a_stopped_daemon_is_not_available() -> None:
    [availability] = told()["availability"]
    assert availability["topic"] == f"{BASE}/status"
    assert "'online' if value == 'online' else 'offline'" in availability["value_template"]
    assert told()["device"]["suggested_area"] == "Nursery"
    assert "suggested_area" not in told(AnnouncedDevice("x"))["device"]


def test_what_an_earlier_version_announced_is_taken_back() -> None:
    components = told(gone={"humidity": "sensor", "crying": "binary_sensor"})["components"]
    assert components["humidity"] == {"platform": "sensor"}
    assert components["crying"] == COMPONENTS["crying"]


def emptied(messages: list[Message]) -> list[str]:
    return [each.topic for each in messages if not each.payload and each.retain]


def test_topics_of_another_device_id_are_emptied_until_that_has_arrived() -> None:
    old, new = (RetainedState("homeassistant", AnnouncedDevice(name), f"babycryd/{name}") for name in ("old", "new"))
    started = old.values_at_start({})
    assert emptied(old.begin(started)) == []
    stale = emptied(new.begin(started))
    assert "homeassistant/device/old/config" in stale
    assert "babycryd/old/cry" in stale
    assert not any("new" in topic for topic in stale)
    assert emptied(new.begin(new.values_at_start(started))) == stale  # killed before it arrived: again
    assert emptied(new.begin(new.values_once_published())) == []


def test_without_discovery_an_earlier_announcement_is_taken_back() -> None:
    before = RetainedState("homeassistant", HOME, BASE).values_at_start({})
    silent = RetainedState(None, HOME, BASE)
    assert emptied(silent.begin(before)) == ["homeassistant/device/nursery/config"]
    assert birth_topic("homeassistant/") == "homeassistant/status"


@given(st.dictionaries(st.sampled_from(["retained", "components"]), st.binary(max_size=50)))
def test_a_broken_memory_is_no_memory(kept: dict[str, bytes]) -> None:
    [message] = RetainedState("homeassistant", HOME, BASE).begin(kept)
    assert json.loads(message.payload)["components"].keys() >= COMPONENTS.keys()


JUDGE = """
import asyncio, importlib, json, sys
from homeassistant.core import HomeAssistant
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA

async def judge(payload):
    HomeAssistant("/tmp")  # templates are checked within a running one only
    DEVICE_DISCOVERY_SCHEMA(payload)
    about = {key: payload[key] for key in ("device", "origin")}
    for key, component in payload["components"].items():
        module = importlib.import_module("homeassistant.components.mqtt." + component.pop("platform"))
        module.DISCOVERY_SCHEMA({**component, **about})
        print(key)

asyncio.run(judge(json.load(sys.stdin)))
"""


def test_home_assistants_own_schemas_take_every_component() -> None:
    command = ["chroot", str(root_or_skip()), "/opt/ha/bin/python", "-c", JUDGE]
    judged = subprocess.run(command, input=json.dumps(told()), text=True, capture_output=True, check=False)
    assert judged.returncode == 0, judged.stderr
    assert judged.stdout.split() == list(COMPONENTS)


def test_home_assistants_schemas_can_refuse() -> None:
    wrong = told()
    wrong["components"]["crying"]["device_class"] = "scream"
    command = ["chroot", str(root_or_skip()), "/opt/ha/bin/python", "-c", JUDGE]
    judged = subprocess.run(command, input=json.dumps(wrong), text=True, capture_output=True, check=False)
    assert "scream" in judged.stderr or "device_class" in judged.stderr
