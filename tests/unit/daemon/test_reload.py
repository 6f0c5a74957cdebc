"""A reload of the running daemon ends nothing, also where a component cannot take what was renewed."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.config import ConfigError, Settings
from babycryd.config.errors import Problem
from babycryd.daemon.daemon import Daemon
from babycryd.daemon.vital_parts import Hardware
from babycryd.listen_in.settings import CONSENT, ListenInSettings
from tests.support.fakes.player import FakePlayer
from tests.support.fakes.quiet_room import QuietRoom
from tests.support.patience import patient, until


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


@pytest.mark.parametrize("mistake", [False, True])
async def test_a_reload_withdraws_the_consent_to_listen_in(
    mistake: bool,  # noqa: FBT001  # whether the configuration has a mistake now
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    default = Settings(state_dir=str(tmp_path))
    off = replace(default, web=replace(default.web, enabled=False))
    on = replace(off, listen_in=ListenInSettings(enabled=True, consent=CONSENT))

    def read() -> Settings:
        if mistake:
            raise ConfigError("babycryd.yaml", [Problem("repeats not the sentence", "listen_in.consent")])
        return off

    daemon = Daemon(on, read, Hardware(QuietRoom(), FakePlayer()))
    running = asyncio.create_task(daemon.run())
    await until(lambda: "listening to" in caplog.text)
    listener = daemon._core.broadcast.listen("phone", gated=False)
    daemon._reload.set()
    async with patient(60):
        while await listener.take() is not None:
            pass
    assert not daemon._core.broadcast.enabled
    assert ("listening in is off until" in caplog.text) == mistake
    assert not running.done()
    daemon._stop.set()
    await running
