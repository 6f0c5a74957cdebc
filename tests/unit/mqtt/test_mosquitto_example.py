"""config/mosquitto, as it stands, in a real mosquitto: no room reads or commands another."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from babycryd.core.command_table import COMMANDS
from babycryd.mqtt.topics import PUBLISHED
from babycryd.report.task import LARGEST_PICTURE
from tests.support.broker import Broker, Client
from tests.support.patience import HANG_S, exit_code
from tests.support.ports import free_port

pytestmark = pytest.mark.broker

EXAMPLE = Path(__file__).parents[3] / "config" / "mosquitto"
USERS = ("a", "b", "homeassistant", "dashboard", "floor-2")


def password(user: str) -> str:
    return f"{user} secret"


class ExampleBroker(Broker):
    """The shipped files, with the paths and ports of a test."""

    def _configure(self) -> None:
        super()._configure()
        self.make_certificates()
        self.tls_port = free_port()
        for user in USERS:
            self.add_user(user, password(user))
        (self.folder / "acl").write_text((EXAMPLE / "acl").read_text())
        (self.folder / "acl").chmod(0o600)
        text = (EXAMPLE / "babycryd.conf").read_text()
        text = text.replace("/etc/mosquitto/", f"{self.folder}/").replace("/var/lib/mosquitto/", f"{self.folder}/")
        text = text.replace("listener 1883 ", f"listener {self.port} ").replace("8883", str(self.tls_port))
        (self.folder / "mosquitto.conf").write_text(("user root\n" if os.geteuid() == 0 else "") + text)

    def known(self, user: str) -> Client:
        return Client(self.host, self.port, user, password(user))


@pytest.fixture
def example() -> Iterator[ExampleBroker]:
    with ExampleBroker() as broker:
        yield broker


def test_the_example_starts_without_a_complaint_and_lets_in_who_has_a_password(example: ExampleBroker) -> None:
    log = example.log.read_text()
    assert "Error" not in log
    warnings = [line for line in log.splitlines() if "Warning" in line and "run as root" not in line]
    # A right of every room that names none of them; it stands in the file on purpose
    assert all("homeassistant/status" in line for line in warnings), warnings
    assert "not authori" in example.known("a").refused("wrong password").lower()
    assert "not authori" in Client(example.host, example.port, "", "").refused("").lower()
    secure = Client("localhost", example.tls_port, "a", password("a"), example.ca_file)
    secure.publish("babycryd/a/cry", "OFF")


def test_the_longest_message_of_all_is_taken(example: ExampleBroker) -> None:
    picture = "x" * (LARGEST_PICTURE * 4 // 3)  # as base64
    with example.known("homeassistant").subscriber("babycryd/a/#") as home:
        example.known("a").publish("babycryd/a/report/image", picture, retain=True)
        home.expect("babycryd/a/report/image", picture)


def test_a_room_speaks_for_itself_and_is_commanded(example: ExampleBroker) -> None:
    with example.known("homeassistant").subscriber("#") as home, example.known("a").subscriber("babycryd/a/#") as room:
        example.known("a").publish("babycryd/a/status", "online", retain=True)
        example.known("a").publish("homeassistant/device/a/config", "{}", retain=True)
        home.expect("babycryd/a/status", "online")
        home.expect("homeassistant/device/a/config", "{}")
        for command in COMMANDS:
            example.known("homeassistant").publish(f"babycryd/a/{command.topic}", "1")
            room.expect(f"babycryd/a/{command.topic}", "1")


@pytest.mark.parametrize(
    "topic", ["babycryd/b/lullaby/set", "babycryd/b/status", "homeassistant/device/b/config", "homeassistant/status"]
)
def test_a_room_cannot_speak_for_or_to_another(example: ExampleBroker, topic: str) -> None:
    with example.known("homeassistant").subscriber("#") as home:
        example.known("a").publish(topic, "forged", retain=True)
        example.known("a").publish("babycryd/a/cry", "OFF")
        home.expect("babycryd/a/cry", "OFF")  # what came before it would be here
        assert [each.topic for each in home.heard] == ["babycryd/a/cry"]


@pytest.mark.parametrize("topics", ["#", "babycryd/#", "babycryd/b/#", "babycryd/b/lullaby/set"])
def test_a_room_cannot_listen_to_another(example: ExampleBroker, topics: str) -> None:
    with example.known("a").subscriber(topics, "babycryd/a/volume/set") as room:
        example.known("b").publish("babycryd/b/cry", "ON", retain=True)
        example.known("homeassistant").publish("babycryd/b/lullaby/set", "ON")
        example.known("homeassistant").publish("babycryd/a/volume/set", "30")
        room.expect("babycryd/a/volume/set", "30")
        assert {each.topic for each in room.heard} == {"babycryd/a/volume/set"}


def test_the_dashboard_only_looks(example: ExampleBroker) -> None:
    with example.known("dashboard").subscriber("babycryd/#") as screen, example.known("a").subscriber("#") as room:
        example.known("dashboard").publish("babycryd/a/lullaby/set", "ON")
        example.known("homeassistant").publish("babycryd/a/lullaby/set", "OFF")
        room.expect("babycryd/a/lullaby/set", "OFF")
        assert room.payloads("lullaby/set") == ["OFF"]
        example.known("a").publish("babycryd/a/cry", "ON")
        screen.expect("babycryd/a/cry", "ON")


def test_a_floor_is_bridged_to_the_centre(example: ExampleBroker, tmp_path: Path) -> None:
    port = free_port()
    text = (EXAMPLE / "bridge.conf.example").read_text()
    text = text.replace("central.example:8883", f"localhost:{example.tls_port}")
    text = text.replace("/etc/mosquitto/ca.pem", str(example.ca_file))
    text = text.replace("change-me", password("floor-2"))
    own = f"{'user root' if os.geteuid() == 0 else ''}\nlistener {port} 127.0.0.1\nallow_anonymous true\n"
    (tmp_path / "floor.conf").write_text(own + text)
    with example.known("homeassistant").subscriber("babycryd/#") as centre:
        floor = subprocess.Popen([example.program, "-c", str(tmp_path / "floor.conf")], stderr=subprocess.DEVNULL)
        room = Client("127.0.0.1", port, "", "")
        try:
            room.wait_for_broker()
            with room.subscriber("babycryd/7/#") as heard:
                for topic in PUBLISHED:
                    room.publish(f"babycryd/7/{topic.leaf}", f"of {topic.leaf}", retain=topic.retained)
                for topic in PUBLISHED:
                    centre.expect(f"babycryd/7/{topic.leaf}", f"of {topic.leaf}")
                for command in COMMANDS:
                    example.known("homeassistant").publish(f"babycryd/7/{command.topic}", "1")
                    heard.expect(f"babycryd/7/{command.topic}", "1")
            room.publish("homeassistant/device/7/config", "{}", retain=True)
            with example.known("homeassistant").subscriber("homeassistant/#") as home:
                home.expect("homeassistant/device/7/config", "{}")
        finally:
            floor.terminate()
            exit_code(floor, HANG_S)
    assert {each.topic: each.retain for each in centre.heard}["babycryd/7/status"]
