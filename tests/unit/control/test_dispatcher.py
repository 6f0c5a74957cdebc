"""Orders through the desk: obeyed, told, kept across a restart, ended in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from babycryd.control.controls import FILE, ControlsFile
from babycryd.control.dispatcher import CommandTargets, Dispatcher
from babycryd.core.bus import Bus, Subscription
from babycryd.core.commands import SetThreshold, SetVolume, Snooze
from babycryd.core.events import ControlsChanged
from babycryd.detect.settings import DetectionSettings
from tests.support.patience import patient

UTC_S = 1_700_000_000.0


@dataclass
class Hands:
    """Subscriber and soother in one: they write down what the desk had them do."""

    snoozing: list[bool] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    share: float = -1.0
    now_s: float = 1.0
    ring: None = None

    async def snooze(self, *, snoozing: bool) -> None:
        self.snoozing.append(snoozing)

    def apply(self, settings: DetectionSettings) -> None:
        self.thresholds.append(settings.threshold)

    def set_share(self, share: float) -> None:
        self.share = share


@dataclass
class Office:
    dispatcher: Dispatcher
    hands: Hands
    news: Subscription

    async def heard(self) -> ControlsChanged:
        async with patient():
            event = await self.news.get()
        assert isinstance(event, ControlsChanged)
        return event


@asynccontextmanager
async def open_desk(folder: Path, *, threshold: float = 0.77, utc_s: float = UTC_S) -> AsyncIterator[Office]:
    hands, bus = Hands(), Bus()
    news = bus.subscribe("test")
    staff = CommandTargets(cast("Any", hands), cast("Any", hands), cast("Any", None))
    dispatcher = Dispatcher(staff, DetectionSettings(threshold=threshold), ControlsFile(folder), bus, lambda: utc_s)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield Office(dispatcher, hands, news)
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def test_what_was_set_is_told_and_survives_a_restart(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as offloader:
        assert (await offloader.heard()).volume_percent == 100
        assert await offloader.dispatcher.obey(SetVolume(40)) == {"volume": 40}
        assert (await offloader.heard()).volume_percent == 40
        assert await offloader.dispatcher.obey(SetThreshold(0.9)) == {"threshold": 0.9}
        assert (await offloader.heard()).threshold == 0.9
    async with open_desk(tmp_path) as again:
        told = await again.heard()
        assert (told.volume_percent, told.threshold) == (40, 0.9)
        assert (again.hands.share, again.hands.thresholds[-1]) == (0.4, 0.9)


async def test_an_edited_threshold_goes_before_a_command_of_earlier(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as offloader:
        await offloader.dispatcher.obey(SetThreshold(0.9))
    async with open_desk(tmp_path, threshold=0.6) as edited:
        assert (await edited.heard()).threshold == 0.6
        await edited.dispatcher.obey(SetThreshold(0.5))
        assert (await edited.heard()).threshold == 0.5
        edited.dispatcher.configure(DetectionSettings(threshold=0.6))  # a reload that changed something else
        assert (await edited.heard()).threshold == 0.5
        edited.dispatcher.configure(DetectionSettings(threshold=0.7))
        assert (await edited.heard()).threshold == 0.7


async def test_a_snooze_ends_by_itself_and_on_command(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as offloader:
        assert (await offloader.heard()).snoozed_until_utc_s is None
        await offloader.dispatcher.obey(Snooze(0.005))
        begun = await offloader.heard()
        assert begun.snoozed_until_utc_s == pytest.approx(UTC_S + 0.3)
        assert begun.snooze_left_min == 0.1
        assert (await offloader.heard()).snoozed_until_utc_s is None
        await offloader.dispatcher.obey(Snooze(30))
        assert (await offloader.heard()).snooze_left_min == pytest.approx(30, abs=0.11)
        await offloader.dispatcher.obey(Snooze(0))
        assert (await offloader.heard()).snoozed_until_utc_s is None
        assert offloader.hands.snoozing == [False, True, False, True, False]


async def test_a_snooze_goes_on_after_a_restart_but_not_after_its_time(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as offloader:
        await offloader.dispatcher.obey(Snooze(30))
    async with open_desk(tmp_path, utc_s=UTC_S + 600) as soon:
        assert (await soon.heard()).snooze_left_min == pytest.approx(20, abs=0.11)
    async with open_desk(tmp_path, utc_s=UTC_S + 1801) as late:
        assert (await late.heard()).snooze_left_min == 0
    async with open_desk(tmp_path, utc_s=UTC_S - 86_400) as stepped_back:  # a clock that was never set
        assert (await stepped_back.heard()).snooze_left_min == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"volume_percent": 500}', '{"other": 1}', '{"threshold": true}'])
async def test_a_broken_file_costs_the_memory_only(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text(content)
    async with open_desk(tmp_path) as offloader:
        assert (await offloader.heard()).volume_percent == 100
        assert "cannot be read" in caplog.text
        await offloader.dispatcher.obey(SetVolume(30))
    async with open_desk(tmp_path) as again:
        assert (await again.heard()).volume_percent == 30


async def test_a_full_disk_does_not_stop_a_command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).with_suffix(".partial").mkdir()  # cannot be written to, even by root
    async with open_desk(tmp_path) as offloader:
        await offloader.heard()
        assert await offloader.dispatcher.obey(SetVolume(30)) == {"volume": 30}
        assert offloader.hands.share == 0.3
    assert "cannot be written" in caplog.text
