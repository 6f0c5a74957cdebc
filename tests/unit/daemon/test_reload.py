"""A reload of the running daemon ends nothing, also where a component cannot take what was renewed."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.config import Settings
from babycryd.daemon.daemon import Daemon
from babycryd.daemon.vital_parts import Hardware
from tests.support.fakes.player import FakePlayer
from tests.support.fakes.quiet_room import QuietRoom
from tests.support.patience import until


async def test_a_component_that_fails_at_a_reload_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    default = Settings(state_dir=str(tmp_path))
    settings = replace(default, web=replace(default.web, enabled=False))
    daemon = Daemon(settings, lambda: settings, Hardware(QuietRoom(), FakePlayer()))
    renewed: list[str] = []

    async def fail() -> None:
        raise KeyError("certificate")

    async def succeed() -> None:
        renewed.append("certificate")

    daemon._core.on_reload[:] = [fail, succeed]
    running = asyncio.create_task(daemon.run())
    await until(lambda: "listening to" in caplog.text)
    daemon._reload.set()
    await until(lambda: "reloaded; changed: nothing" in caplog.text)
    assert renewed == ["certificate"]
    assert "a component keeps what it has read before" in caplog.text
    assert not running.done()
    daemon._stop.set()
    await running
