import socket
from pathlib import Path

from babycryd.system.systemd import SystemdNotifier


def test_systemd_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        notifier = SystemdNotifier({"NOTIFY_SOCKET": path})
        notifier.send(READY="1", STATUS="listening")
        assert systemd.recv(1000) == b"READY=1\nSTATUS=listening"
        notifier.close()


def test_no_text_begins_a_field_of_its_own_or_stops_the_next(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        notifier = SystemdNotifier({"NOTIFY_SOCKET": path})
        notifier.send(STATUS="listening to x\nWATCHDOG=trigger\udcf6")
        assert systemd.recv(1000).decode() == "STATUS=listening to x WATCHDOG=trigger\N{REPLACEMENT CHARACTER}"
        notifier.close()


def test_without_systemd_or_after_it_nothing_happens(tmp_path: Path) -> None:
    SystemdNotifier({}).send(READY="1")
    gone = SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    gone.send(WATCHDOG="1")
    gone.close()
    assert list(tmp_path.iterdir()) == []
