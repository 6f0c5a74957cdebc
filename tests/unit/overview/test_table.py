"""The table of found rooms is bounded, and rooms that are listed always have a place in it."""

from babycryd.overview.table import RoomTable


def table(most: int = 3, known: tuple[str, ...] = ()) -> RoomTable:
    made = RoomTable(most, "own", known)
    made.begin(0.0)
    return made


def take(into: RoomTable, device: str, leaf: str = "status", payload: bytes = b"online") -> bool:
    return into.take(device, leaf, payload, retained=True, at_s=0.0)


def test_a_room_begins_with_its_status() -> None:
    rooms = table()
    assert not take(rooms, "a", "cry", b"ON")
    assert take(rooms, "a")
    assert not take(rooms, "a")
    assert rooms.has("a")


def test_the_own_room_and_impossible_names_are_left_out() -> None:
    rooms = table()
    for device in ("own", "", "<script>", "A", "x" * 65, "../etc"):
        assert not take(rooms, device)
    assert (rooms.shown(0.0, 0.0), rooms.more) == ({}, 0)


def test_ten_thousand_rooms_are_counted_and_not_kept() -> None:
    rooms = table(200)
    for number in range(10_000):
        take(rooms, f"room-{number}")
    assert (len(rooms.shown(0.0, 0.0)), rooms.more) == (200, 9800)


def test_a_listed_room_finds_its_place_behind_any_number_of_others() -> None:
    rooms = table(3, known=("mine",))
    for number in range(10):
        take(rooms, f"room-{number}")
    assert take(rooms, "mine")
    assert (sorted(rooms.shown(0.0, 0.0)), rooms.more) == (["mine", "room-0", "room-1"], 8)


def test_a_room_that_is_cleared_is_gone() -> None:
    rooms = table()
    take(rooms, "a")
    take(rooms, "a", payload=b"")
    assert not rooms.has("a")


def test_a_room_that_does_not_come_back_after_a_new_connection_is_not_forgotten() -> None:
    rooms = table(1)
    take(rooms, "a")
    take(rooms, "a", "about", b'{"room": "Attic"}')
    take(rooms, "b")
    rooms.begin(100.0)
    told = rooms.shown(101.0, 0.0)["a"]
    assert (told.name, told.state, rooms.more) == ("Attic", "unknown", 0)
    assert rooms.shown(200.0, 0.0)["a"].state == "silent"


def test_a_room_that_is_left_out_is_not_known_and_says_why() -> None:
    rooms = table()
    take(rooms, "a")
    rooms.leave_out("a", "a flood")
    rooms.leave_out("b", "a flood")
    told = rooms.shown(0.0, 0.0)["a"]
    assert (told.state, told.troubles[0].text) == ("unknown", "a flood")
