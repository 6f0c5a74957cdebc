"""Commands through the dispatcher: executed, published, kept across a restart, ended in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from babycryd.control.controls import FILE, ControlsFile
from babycryd.control.dispatcher import CommandTargets, Dispatcher
from babycryd.core.bus import Bus, Subscription
from babycryd.core.command_table import COMMANDS
from babycryd.core.command_values import CommandError
from babycryd.core.commands import (
    AcknowledgeAlert,
    Command,
    CommandResult,
    Feedback,
    ForgetSounds,
    PlayLullaby,
    SetThreshold,
    SetVolume,
    Snooze,
    StopLullaby,
    UseSound,
)
from babycryd.core.events import ControlsChanged
from babycryd.detect.settings import DetectionSettings
from babycryd.soothe.wishes import SoundWishes
from tests.support.patience import patient

UTC_S = 1_700_000_000.0


@dataclass
class Parts:
    """Engine, soothing, its memory and feedback in one: they write down what the dispatcher had them do."""

    EXECUTES = (Feedback, PlayLullaby, StopLullaby, AcknowledgeAlert, ForgetSounds)

    snoozing: list[bool] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    share: float = -1.0
    executed: list[Command] = field(default_factory=list)
    now_s: float = 1.0
    ring: None = None
    tracks: tuple[str, ...] = ("rain", "heartbeat")
    wishes: list[SoundWishes] = field(default_factory=list)
    running: str = ""  # id of the episode that runs

    async def dismiss(self, episode: str) -> bool:
        return episode == self.running

    async def snooze(self, *, snoozing: bool) -> None:
        self.snoozing.append(snoozing)

    def apply(self, settings: DetectionSettings) -> None:
        self.thresholds.append(settings.threshold)

    def wish(self, wishes: SoundWishes) -> None:
        self.wishes.append(wishes)

    def set_share(self, share: float) -> None:
        self.share = share

    async def execute(self, command: Command) -> CommandResult:
        self.executed.append(command)
        return {"episode": command.episode} if isinstance(command, Feedback) else {}


@dataclass
class Running:
    """A dispatcher at work, the parts that it commands and the events that it publishes."""

    dispatcher: Dispatcher
    parts: Parts
    events: Subscription

    async def published(self) -> ControlsChanged:
        async with patient():
            event = await self.events.get()
        assert isinstance(event, ControlsChanged)
        return event


@asynccontextmanager
async def dispatching(folder: Path, *, threshold: float = 0.77, utc_s: float = UTC_S) -> AsyncIterator[Running]:
    parts, bus = Parts(), Bus()
    events = bus.subscribe("test")
    targets = CommandTargets(*[cast("Any", parts)] * 5)
    dispatcher = Dispatcher(targets, DetectionSettings(threshold=threshold), ControlsFile(folder), bus, lambda: utc_s)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield Running(dispatcher, parts, events)
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def test_every_command_has_a_receiver(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        assert running.dispatcher._receivers.keys() == set(get_args(Command))
        asked: list[Command] = [
            Feedback(cry=False),
            PlayLullaby("b"),
            StopLullaby(),
            AcknowledgeAlert(),
            ForgetSounds(),
        ]
        for command in asked:
            await running.dispatcher.dispatch(command)
        assert running.parts.executed == asked


def test_the_table_names_each_topic_and_path_once() -> None:
    for column in ([spec.topic for spec in COMMANDS], [spec.path for spec in COMMANDS if spec.path]):
        assert len(column) == len(set(column))
    assert all((spec.limits is not None) == (spec.kind == "number") for spec in COMMANDS)
    assert all(spec.key for spec in COMMANDS if spec.path)


async def test_what_was_set_is_told_and_survives_a_restart(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        assert (await running.published()).volume_percent == 100
        assert await running.dispatcher.dispatch(SetVolume(40)) == {"volume": 40}
        assert (await running.published()).volume_percent == 40
        assert await running.dispatcher.dispatch(SetThreshold(0.9)) == {"threshold": 0.9}
        assert (await running.published()).threshold == 0.9
    async with dispatching(tmp_path) as again:
        told = await again.published()
        assert (told.volume_percent, told.threshold) == (40, 0.9)
        assert (again.parts.share, again.parts.thresholds[-1]) == (0.4, 0.9)


async def test_an_edited_threshold_goes_before_a_command_of_earlier(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        await running.dispatcher.dispatch(SetThreshold(0.9))
    async with dispatching(tmp_path, threshold=0.6) as edited:
        assert (await edited.published()).threshold == 0.6
        await edited.dispatcher.dispatch(SetThreshold(0.5))
        assert (await edited.published()).threshold == 0.5
        edited.dispatcher.configure(DetectionSettings(threshold=0.6))  # a reload that changed something else
        assert (await edited.published()).threshold == 0.5
        edited.dispatcher.configure(DetectionSettings(threshold=0.7))
        assert (await edited.published()).threshold == 0.7


async def test_a_snooze_ends_by_itself_and_on_command(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        assert (await running.published()).snoozed_until_utc_s is None
        await running.dispatcher.dispatch(Snooze(0.005))
        begun = await running.published()
        assert begun.snoozed_until_utc_s == pytest.approx(UTC_S + 0.3)
        assert begun.snooze_left_min == 0.1
        assert (await running.published()).snoozed_until_utc_s is None
        await running.dispatcher.dispatch(Snooze(30))
        assert (await running.published()).snooze_left_min == pytest.approx(30, abs=0.11)
        await running.dispatcher.dispatch(Snooze(0))
        assert (await running.published()).snoozed_until_utc_s is None
        assert running.parts.snoozing == [False, True, False, True, False]


async def test_a_snooze_goes_on_after_a_restart_but_not_after_its_time(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        await running.dispatcher.dispatch(Snooze(30))
    async with dispatching(tmp_path, utc_s=UTC_S + 600) as soon:
        assert (await soon.published()).snooze_left_min == pytest.approx(20, abs=0.11)
    async with dispatching(tmp_path, utc_s=UTC_S + 1801) as late:
        assert (await late.published()).snooze_left_min == 0
    async with dispatching(tmp_path, utc_s=UTC_S - 86_400) as stepped_back:  # a clock that was never set
        assert (await stepped_back.published()).snooze_left_min == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"volume_percent": 500}', '{"other": 1}', '{"threshold": true}'])
async def test_a_broken_file_costs_the_settings_only(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text(content)
    async with dispatching(tmp_path) as running:
        assert (await running.published()).volume_percent == 100
        assert "cannot be read" in caplog.text
        await running.dispatcher.dispatch(SetVolume(30))
    async with dispatching(tmp_path) as again:
        assert (await again.published()).volume_percent == 30


async def test_a_full_disk_does_not_stop_a_command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).mkdir()  # cannot be replaced by a file, even by root
    async with dispatching(tmp_path) as running:
        await running.published()
        assert await running.dispatcher.dispatch(SetVolume(30)) == {"volume": 30}
        assert running.parts.share == 0.3
    assert "cannot be written" in caplog.text


async def test_no_cry_ends_the_running_episode_and_its_lullaby_and_no_other_mark_does(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        running.parts.running = "now"
        for cry, episode in ((False, "earlier"), (True, "now"), (None, "now")):
            await running.dispatcher.dispatch(Feedback(cry, episode))
        assert StopLullaby() not in running.parts.executed
        await running.dispatcher.dispatch(Feedback(cry=False, episode="now"))
        assert running.parts.executed[-1] == StopLullaby()


async def test_a_sound_is_muted_or_put_first_also_after_a_restart_but_never_all_are_muted(tmp_path: Path) -> None:
    async with dispatching(tmp_path) as running:
        await running.published()
        await running.dispatcher.dispatch(UseSound("rain", "muted"))
        assert (await running.published()).muted_sounds == ("rain",)
        with pytest.raises(CommandError, match="one sound at least"):
            await running.dispatcher.dispatch(UseSound("heartbeat", "muted"))
        with pytest.raises(CommandError, match="no track 'thunder'; there are: rain, heartbeat"):
            await running.dispatcher.dispatch(UseSound("thunder", "first"))
        await running.dispatcher.dispatch(UseSound("heartbeat", "first"))
        assert running.parts.wishes[-1] == SoundWishes("heartbeat", frozenset({"rain"}))
    async with dispatching(tmp_path) as running:
        event = await running.published()
        assert (event.first_sound, event.muted_sounds) == ("heartbeat", ("rain",))
        assert running.parts.wishes[-1] == SoundWishes("heartbeat", frozenset({"rain"}))
        await running.dispatcher.dispatch(UseSound("heartbeat", "auto"))
        assert running.parts.wishes[-1] == SoundWishes(None, frozenset({"rain"}))
