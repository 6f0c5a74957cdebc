"""Commands that ask the running daemon: over its socket, over its page, and what they say where neither answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from babycryd.cli.common import daemon_command, daemons, running_daemon
from babycryd.cli.main import parser
from babycryd.control import control_socket
from babycryd.control.control_socket import ControlSocket
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, CommandResult, PlayLullaby, PlayTestTone, SetVolume, Snooze, StopLullaby
from babycryd.core.events import ControlsChanged, StateChanged
from babycryd.core.liveness import Liveness
from babycryd.core.sounds import Loudness
from babycryd.system.local_socket import socket_name
from tests.support.daemon import write_config
from tests.support.patience import until
from tests.support.serving import ServedDevice, serving


class Daemon(ServedDevice):
    """A device that answers as the dispatcher does."""

    async def dispatch(self, command: Command) -> CommandResult:
        self.executed.append(command)
        match command:
            case SetVolume(percent=percent):
                return {"volume": percent}
            case Snooze(minutes=minutes):
                return {"minutes": minutes}
            case PlayTestTone():
                return {"verdict": "heard", "text": "the microphone hears the speaker"}
            case PlayLullaby(track="no such song"):
                raise CommandError("there is no track 'no such song'")
        return {}


def configured(folder: Path, web: str = "{enabled: false}", device: str = "nursery") -> Path:
    return write_config(folder, f"device: {{id: {device}}}\nstate_dir: {folder / 'state'}\nweb: {web}\n")


@asynccontextmanager
async def controlled(folder: Path) -> AsyncIterator[Daemon]:
    """A daemon's control socket; its page is switched off."""
    configured(folder)
    device = Daemon()
    task = asyncio.create_task(ControlSocket(folder / "state", device.context()).run())
    await until(lambda: socket_name(folder / "state")[1:] in Path("/proc/net/unix").read_text())
    try:
        yield device
    finally:
        task.cancel()
        await asyncio.wait([task])


async def run(folder: Path, *words: str) -> int:
    arguments = parser().parse_args([*words, "--config", str(folder / "babycryd.yaml")])
    code: int = await asyncio.to_thread(arguments.execute, arguments)
    return code


@pytest.mark.parametrize(
    ("words", "command", "said"),
    [
        (["lullaby", "play"], PlayLullaby(), "it plays"),
        (["lullaby", "play", "heartbeat"], PlayLullaby("heartbeat"), "The heartbeat plays"),
        (["lullaby", "next"], PlayLullaby(), "the next one plays"),
        (["lullaby", "stop"], StopLullaby(), "no lullaby plays"),
        (["volume", "40"], SetVolume(40.0), "40 % of lullaby.max_volume"),
        (["snooze", "30"], Snooze(30.0), "snoozed until "),
        (["snooze", "off"], Snooze(0.0), "the snooze is over"),
        (["selftest"], PlayTestTone(), "the microphone hears the speaker"),
    ],
)
async def test_each_command_reaches_the_daemon(
    words: list[str], command: Command, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with controlled(tmp_path) as device:
        assert await run(tmp_path, *words) == 0
        assert capsys.readouterr().out.startswith(said)
        assert await run(tmp_path, *words, "--json") == 0
        assert isinstance(json.loads(capsys.readouterr().out), dict)
        assert device.executed == [command, command]


async def test_what_the_daemon_refuses_is_said_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with controlled(tmp_path) as device:
        assert await run(tmp_path, "lullaby", "play", "no such song") == 1
        assert await run(tmp_path, "lullaby", "stop", "heartbeat") == 2
        assert device.executed == [PlayLullaby("no such song")]
    said = capsys.readouterr().err
    assert "babycryd lullaby: there is no track 'no such song'" in said


async def test_status_says_what_is_known_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with controlled(tmp_path) as device:
        device.bus.publish(StateChanged(1.0, "listening", 1_790_000_000.0, None))
        loudness = Loudness(dba=44.0, full_dba=50.0, cap_dba=50.0, full_percent=60.0)
        device.bus.publish(ControlsChanged(1.0, 40.0, 0.5, None, 0.0, loudness))
        await asyncio.sleep(0)
        assert await run(tmp_path, "status") == 0
        said = capsys.readouterr().out
        assert "(nursery): All quiet for" in said
        assert "volume     40 % of lullaby.max_volume, about 44 dB(A) at the cot" in said
        assert "lullaby    none plays" in said
        assert "trouble    broker: refused" in said
        device.liveness = Liveness("no microphone", None, None)
        assert await run(tmp_path, "status") == 1
        assert await run(tmp_path, "lullaby", "list") == 0
        assert "twinkle" in capsys.readouterr().out


async def test_without_a_daemon_the_way_to_one_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path)
    assert await run(tmp_path, "status") == 1
    said = capsys.readouterr().err
    assert f"no running babycryd was found (its state folder would be {tmp_path / 'state'}): start it" in said
    (tmp_path / "kitchen.yaml").touch()
    monkeypatch.setattr(daemons, "ROOMS", tmp_path)
    monkeypatch.setattr(daemon_command, "ROOMS", tmp_path)
    assert await run(tmp_path, "status") == 1
    assert "for --room: kitchen" in capsys.readouterr().err
    assert await run(tmp_path, "status", "--room", "attic") == 2
    assert "there is no room 'attic': there are kitchen" in capsys.readouterr().err


async def test_the_page_answers_where_there_is_no_socket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    device = Daemon()
    async with serving(tmp_path, device=device):
        configured(tmp_path, f"{{port: {device.port}}}")
        assert await run(tmp_path, "volume", "40") == 0
        assert await run(tmp_path, "status", "--json") == 0
        assert device.executed == [SetVolume(40.0)]
        configured(tmp_path, f"{{port: {device.port}}}", device="kitchen")
        assert await run(tmp_path, "volume", "50") == 1
    assert "is the page of nursery, not of kitchen: choose the daemon with --config\n" in capsys.readouterr().err


async def test_a_demo_is_told_from_a_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    device = Daemon()
    device.device_id = "demo"
    async with serving(tmp_path, device=device):
        configured(tmp_path, f"{{port: {device.port}}}")
        assert await run(tmp_path, "status") == 1
    assert "only `babycryd demo` answers" in (told := capsys.readouterr().err)
    assert "babycryd run" in told
    assert "--room" not in told


@pytest.mark.parametrize(
    "command", [["soothing"], ["soothing", "--json"], ["feedback", "--list"], ["feedback", "true"]]
)
async def test_a_command_that_reads_files_tells_of_a_demo(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for device_id in ("nursery", "demo"):
        device = Daemon()
        device.device_id = device_id
        async with serving(tmp_path, device=device):
            configured(tmp_path, f"{{port: {device.port}}}")
            await run(tmp_path, *command)
        told.append(capsys.readouterr().err)
    where = f"babycryd {command[0]}: this reads {tmp_path / 'state'}; the nights of `babycryd demo` are on http://"
    assert [where in each for each in told] == [False, True]


async def test_a_page_with_a_password_names_the_user_who_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = Daemon()
    async with serving(tmp_path, device=device, locked=True):
        configured(tmp_path, f"{{port: {device.port}}}")
        assert await run(tmp_path, "volume", "40") == 1
    assert "the page wants a password: run this as the daemon's user" in capsys.readouterr().err
    assert device.executed == []


async def test_another_user_is_told_who_may_unless_the_page_admits_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_socket, "peer_user", lambda _: 4_242)
    async with controlled(tmp_path):
        assert await run(tmp_path, "volume", "40") == 1
        assert "this user may not command babycryd: run this as the daemon's user" in capsys.readouterr().err
        device = Daemon()
        async with serving(tmp_path, device=device):
            configured(tmp_path, f"{{port: {device.port}}}")
            assert await run(tmp_path, "volume", "40") == 0
    assert device.executed == [SetVolume(40.0)]


async def test_a_program_of_another_user_under_the_name_is_not_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_daemon, "peer_user", lambda _: 4_242)
    async with controlled(tmp_path) as device:
        assert await run(tmp_path, "volume", "40") == 1
    assert device.executed == []
    assert "no running babycryd was found" in capsys.readouterr().err
