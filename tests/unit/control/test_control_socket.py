"""The control socket: commands of the command line reach the dispatcher, and others are refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from babycryd.control import control_socket
from babycryd.control.control_socket import NO_RIGHT, ControlSocket
from babycryd.core.commands import PlayLullaby, PlayTestTone, SetVolume, Snooze
from babycryd.core.events import StateChanged
from babycryd.core.soothing_events import LullabyStarted
from babycryd.system.local_socket import socket_name
from tests.support.patience import patient, until
from tests.support.serving import ServedDevice


@asynccontextmanager
async def controlled(folder: Path) -> AsyncIterator[ServedDevice]:
    device = ServedDevice()
    task = asyncio.create_task(ControlSocket(folder, device.context()).run())
    try:
        await until(lambda: socket_name(folder)[1:] in Path("/proc/net/unix").read_text())
        yield device
    finally:
        task.cancel()
        await asyncio.wait([task])


async def say(folder: Path, line: bytes) -> dict[str, Any]:
    async with patient():
        reader, writer = await asyncio.open_unix_connection(socket_name(folder))
        writer.write(line + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return answer


async def ask(folder: Path, command: str, **fields: object) -> dict[str, Any]:
    return await say(folder, json.dumps({"command": command, "fields": fields}).encode())


async def test_commands_are_executed_as_over_http(tmp_path: Path) -> None:
    async with controlled(tmp_path) as device:
        assert await ask(tmp_path, "volume", volume=40) == {"ok": True}
        assert await ask(tmp_path, "snooze", minutes=15) == {"ok": True}
        assert await ask(tmp_path, "test") == {"ok": True}
        device.bus.publish(LullabyStarted(1.0, "twinkle"))
        await asyncio.sleep(0)
        await ask(tmp_path, "lullaby", lullaby="NEXT")
        assert device.executed == [SetVolume(40.0), Snooze(15.0), PlayTestTone(), PlayLullaby("brahms")]


async def test_status_is_the_state_of_the_page(tmp_path: Path) -> None:
    async with controlled(tmp_path) as device:
        device.bus.publish(StateChanged(1.0, "listening", 1_790_000_000.0, None))
        await asyncio.sleep(0)
        state = await ask(tmp_path, "status")
    assert (state["ok"], state["device"], state["state"], state["listening"]) == (True, "nursery", "listening", True)
    assert [each["what"] for each in state["checks"] if each["good"] is False] == ["broker"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"", "expected a line"),
        (b"[" * 3000, "expected a line"),
        (b"x" * 9000, "expected a line"),
        (b'{"command": "volume", "fields": 7}', "expected a line"),
        (b'{"command": "launch"}', "unknown command 'launch'"),
        (b'{"command": ["volume"]}', "unknown command"),
        (b'{"command": "volume", "fields": {"volume": 101}}', "from 0 to 100"),
        (b'{"command": "volume"}', '"volume" is missing'),
        (b'{"command": "feedback", "fields": {"cry": true, "episode": "e9"}}', "no episode 'e9'"),
    ],
)
async def test_nonsense_is_refused_in_words_and_the_next_request_is_answered(
    line: bytes, told: str, tmp_path: Path
) -> None:
    async with controlled(tmp_path) as device:
        refused = await say(tmp_path, line)
        assert refused["ok"] is False
        assert told in refused["error"]
        assert await ask(tmp_path, "volume", volume=1) == {"ok": True}
        assert device.executed == [SetVolume(1.0)]


async def test_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_socket, "peer_user", lambda _: 4_242)
    async with controlled(tmp_path) as device:
        assert await ask(tmp_path, "volume", volume=40) == {"ok": False, "error": NO_RIGHT}
        assert device.executed == []


async def test_a_second_daemon_with_the_same_folder_says_so_and_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with controlled(tmp_path) as device:
        second = asyncio.create_task(ControlSocket(tmp_path, replace(device).context()).run())
        await until(lambda: "another babycryd" in caplog.text)
        assert await ask(tmp_path, "volume", volume=2) == {"ok": True}
        second.cancel()
        await asyncio.wait([second])
