"""The guided measurement of the loudness at the cot."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path

import pytest

from babycryd.control import loudness as module
from babycryd.control.loudness import FILE, TEST_SOUND, LoudnessControl, LoudnessFile
from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError
from babycryd.core.commands import PlayLullaby
from babycryd.core.events import CryStarted
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.loudness import TEST_VOLUME, Calibration
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.strategy import Track
from tests.support.fakes.player import FakePlayer
from tests.support.patience import until

SETTINGS = LullabySettings(max_volume=0.8, max_dba=50.0, device="USB")


@dataclass
class Measuring:
    """A soothing controller with a fake player, and the measurement over it."""

    folder: Path
    settings: LullabySettings = SETTINGS
    player: FakePlayer = field(default_factory=FakePlayer)
    bus: Bus = field(default_factory=Bus)

    def __post_init__(self) -> None:
        strategy = LullabyStrategy(self.settings, (Track("a", Path("a.ogg")),))
        subscription = self.bus.subscribe("soothe")
        self.soothing = SoothingController(strategy, self.player, subscription, self.bus, lambda: time(12))
        self.control = LoudnessControl(self.settings, self.soothing, LoudnessFile(self.folder))


@asynccontextmanager
async def measuring(folder: Path, settings: LullabySettings = SETTINGS) -> AsyncIterator[Measuring]:
    parts = Measuring(folder, settings)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(parts.soothing.run()), group.create_task(parts.control.run())]
        try:
            yield parts
        finally:
            for task in tasks:
                task.cancel()


async def test_without_a_measurement_nothing_is_capped_and_it_says_what_100_percent_is(tmp_path: Path) -> None:
    loudness = Measuring(tmp_path).control.loudness()
    assert (loudness.dba, loudness.full_dba, loudness.full_percent, loudness.other_speaker) == (None, None, 80.0, False)
    assert loudness.text == "not measured; 100 % is 80 % of the speaker's full scale (lullaby.max_volume)"


async def test_a_measurement_caps_the_volume_and_survives_a_restart(tmp_path: Path) -> None:
    told: list[str] = []
    async with measuring(tmp_path) as parts:
        parts.control.on_change = lambda: told.append(parts.control.loudness().text)
        await parts.control.play()
        await until(lambda: parts.player.playing == TEST_SOUND.name)
        assert parts.player.volume == TEST_VOLUME
        await parts.control.measured(56.0)
        await until(lambda: not parts.player.playing)
        assert parts.soothing.volume == pytest.approx(TEST_VOLUME * 10 ** (-6 / 20))
    assert told == ["about 50 dB(A) at the cot"]
    again = Measuring(tmp_path)
    assert again.soothing.volume == pytest.approx(TEST_VOLUME * 10 ** (-6 / 20))
    assert again.control.loudness().full_dba == 50.0
    again.soothing.set_share(0.0)
    assert again.control.loudness().dba is None
    assert again.control.loudness().text == "silent"


async def test_the_settings_count_at_once_and_a_soft_volume_stays(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"speaker": "USB", "reading_dba": 56, "utc_s": 0}')
    parts = Measuring(tmp_path)
    parts.control.configure(replace(SETTINGS, max_dba=44.0))
    assert parts.control.loudness().full_dba == 44.0
    assert parts.soothing.volume == pytest.approx(TEST_VOLUME * 10 ** (-12 / 20))
    parts.soothing.set_share(0.01)
    assert parts.soothing.volume == pytest.approx(0.008)


async def test_another_speaker_must_be_measured_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"speaker": "HDMI", "reading_dba": 56, "utc_s": 0}')
    parts = Measuring(tmp_path)
    assert parts.soothing.volume == 0.8
    assert parts.control.loudness().other_speaker
    assert parts.control.loudness().text.startswith("not measured with this speaker")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"loud"',
        b'{"speaker": "USB", "reading_dba": 500, "utc_s": 0}',
        b'{"speaker": "USB", "reading_dba": NaN, "utc_s": 0}',
        b'{"speaker": "USB", "reading_dba": "55", "utc_s": 0}',
        b'{"speaker": "USB", "reading_dba": 55, "utc_s": 0, "of the future": 1}',
        b"\xff" * 100,
    ],
)
def test_a_damaged_file_is_told_and_set_aside(content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert Measuring(tmp_path).control.loudness().full_dba is None
    assert "must be measured again" in caplog.text
    [aside] = tmp_path.iterdir()
    assert aside.name.startswith(f"{FILE}.broken-")


async def test_a_reading_needs_the_test_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with measuring(tmp_path) as parts:
        with pytest.raises(CommandError, match="play the test sound first"):
            await parts.control.measured(50.0)
        await parts.control.play()
        for dba, why in ((20.0, "shows the room"), (130.0, "from 35 to 100"), (float("nan"), "from 35 to 100")):
            with pytest.raises(CommandError, match=why):
                await parts.control.measured(dba)
        monkeypatch.setattr(module, "_STALE_S", -1.0)
        with pytest.raises(CommandError, match="play the test sound first"):
            await parts.control.measured(50.0)
    assert not (tmp_path / FILE).exists()


async def test_a_cry_or_a_command_ends_the_test_sound(tmp_path: Path) -> None:
    async with measuring(tmp_path, replace(SETTINGS, enabled=False)) as parts:
        await parts.control.play()
        await until(lambda: parts.player.playing == TEST_SOUND.name)
        parts.bus.publish(CryStarted(1.0, 1.0, "e", 0.9))
        await until(lambda: not parts.player.playing)
        await parts.control.play()
        await until(lambda: parts.player.playing == TEST_SOUND.name)
        await parts.soothing.execute(PlayLullaby())
        assert parts.player.playing == "a"
        with pytest.raises(CommandError, match="stop it first"):
            await parts.control.play()


async def test_a_lost_speaker_is_told_and_the_next_test_plays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with measuring(tmp_path) as parts:
        parts.player.broken = "no speaker"
        await parts.control.play()
        await until(lambda: "no speaker" in caplog.text)
        parts.player.broken = ""
        await parts.control.play()
        await until(lambda: parts.player.playing == TEST_SOUND.name)


async def test_a_disk_that_fails_is_told_and_the_cap_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with measuring(tmp_path / "file" / "folder") as parts:
        await parts.control.play()
        with pytest.raises(CommandError, match="cannot be stored"):
            await parts.control.measured(56.0)
        assert parts.soothing.volume == 0.8


def test_the_file_is_plain(tmp_path: Path) -> None:
    LoudnessFile(tmp_path / "new").write(Calibration("USB", 52.0, 1.5))
    stored = json.loads((tmp_path / "new" / FILE).read_text())
    assert stored == {"speaker": "USB", "reading_dba": 52.0, "utc_s": 1.5}


async def test_a_measurement_of_another_process_is_used_and_a_damaged_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.0)
    told: list[str] = []
    async with measuring(tmp_path) as parts:
        parts.control.on_change = lambda: told.append(parts.control.loudness().text)
        LoudnessFile(tmp_path).write(Calibration("USB", 56.0, 1.5))
        await until(lambda: bool(told))
        assert parts.soothing.volume == pytest.approx(TEST_VOLUME * 10 ** (-6 / 20))
        (tmp_path / "damaged").write_text("{")
        (tmp_path / "damaged").replace(tmp_path / FILE)
        await until(lambda: "must be measured again" in caplog.text)
        assert parts.control.loudness().full_dba == 50.0
    assert told == ["about 50 dB(A) at the cot"]
