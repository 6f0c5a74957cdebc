"""Several rooms on one computer: the unit of a room, and the configuration to begin with."""

from pathlib import Path

from babycryd.config import Settings, load

ROOT = Path(__file__).parents[3]
OF_A_ROOM = {
    "Description=Nursery listener: hears": "Description=Nursery listener of the room %i: hears",
    "babycryd check-config\n": "babycryd check-config /etc/babycryd/%i.yaml\n",
    "babycryd run\n": "babycryd run --config /etc/babycryd/%i.yaml\n",
    "StateDirectory=babycryd\n": "StateDirectory=babycryd-rooms/%i\n",
    "systemctl edit babycryd,": "systemctl edit babycryd@ROOM,",
}


def test_the_unit_of_a_room_is_the_unit_with_the_names_of_the_room() -> None:
    unit = (ROOT / "systemd" / "babycryd.service").read_text()
    for old, new in OF_A_ROOM.items():
        assert unit.count(old) == 1
        unit = unit.replace(old, new)
    room = (ROOT / "systemd" / "babycryd@.service").read_text()
    assert room[room.index("[Unit]") :] == unit


def test_the_configuration_of_a_room_shares_nothing_with_the_first_one(tmp_path: Path) -> None:
    text = (ROOT / "config" / "room.yaml").read_text()
    rooms = []
    for name in ("twins", "attic"):
        (tmp_path / f"{name}.yaml").write_text(text.replace("ROOM", name))
        rooms.append(load(tmp_path / f"{name}.yaml"))
    for own in ("state_dir", "device.id", "device.room"):
        values = {each for room in rooms for each in [value_of(room, own)]} | {value_of(Settings(), own)}
        assert len(values) == 3, own
    assert rooms[0].web.port != Settings().web.port
    assert rooms[0].capture.chosen_source == "network"


def value_of(settings: Settings, key: str) -> object:
    found: object = settings
    for name in key.split("."):
        found = getattr(found, name)
    return found
