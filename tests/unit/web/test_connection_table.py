"""The table of connections: which one makes room for a new one."""

from babycryd.web.connection_limit import Connection, Connections


class Clients:
    """Connections of named clients, and those that were closed for newer ones, in order."""

    def __init__(self) -> None:
        self.table = Connections(lambda address: address == "proxy")
        self.closed: list[str] = []

    def comes(self, address: str, times: int = 1) -> list[Connection | None]:
        return [self.table.add(address, lambda: self.closed.append(address)) for _ in range(times)]

    def keeps(self, address: str, times: int) -> int:
        """Open streams; return how many are kept."""
        return sum(self.table.keep(each) for each in self.comes(address, times) if each)


def test_one_address_cannot_take_every_place() -> None:
    clients = Clients()
    assert None not in clients.comes("a", 200)
    assert (len(clients.table), clients.closed) == (150, ["a"] * 50)  # its own oldest ones make room
    assert None not in clients.comes("proxy", 1000)
    assert (len(clients.table), clients.table.refused) == (300, 50 + 1000 - 150)
    assert set(clients.closed[50:]) == {"a", "proxy"}  # of the one that has the most
    clients.closed.clear()
    assert None not in clients.comes("b")
    assert (len(clients.table), clients.closed) in [(300, ["a"]), (300, ["proxy"])]


def test_the_connection_that_was_silent_longest_makes_room() -> None:
    clients = Clients()
    first, second, *_ = clients.comes("a", 150)
    assert first
    assert second
    second.abort = lambda: clients.closed.append("second")
    clients.table.heard(first)
    clients.comes("a")
    assert clients.closed == ["second"]
    clients.table.heard(second)  # bytes that arrive late change nothing
    clients.table.remove(second)
    assert len(clients.table) == 150


def test_streams_are_kept_and_leave_room() -> None:
    clients = Clients()
    assert clients.keeps("a", 120) == 60
    assert clients.keeps("proxy", 140) == 140
    assert clients.keeps("b", 10) == 0  # two hundred of all addresses together
    assert None not in clients.comes("a", 400)
    assert None not in clients.comes("c", 400)
    kept = [each for each in clients.table._open if each.kept]
    assert len(kept) == 200
    assert None not in clients.comes("d")
