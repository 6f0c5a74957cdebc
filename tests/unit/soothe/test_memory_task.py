"""The memory's task: the file, the marks, what is published, and forgetting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from babycryd.core.bus import Bus, Subscription
from babycryd.core.commands import ForgetSounds
from babycryd.core.events import ClockSet, EpisodesMarked
from babycryd.core.soothing_events import SoothingLearnt, SoundJudged
from babycryd.soothe import memory_task as module
from babycryd.soothe.memory_file import to_json
from babycryd.soothe.memory_store import FILE, MemoryStore
from babycryd.soothe.memory_task import MemoryTask
from babycryd.soothe.sound_memory import SoundMemory, Try
from tests.support.patience import patient, until

UTC_S = 1_790_000_000.0
CALM = Try(UTC_S, "e1", "a", night=True, outcome="calm", took_s=40.0)
JUDGED = SoundJudged(1.0, "e1", 1, "a", "calm", 40.0)


@dataclass
class Kept:
    """A running task with its memory."""

    task: MemoryTask
    memory: SoundMemory
    bus: Bus
    events: Subscription
    folder: Path

    def judge(self, one: Try) -> None:
        self.memory.add(one)
        self.bus.publish(JUDGED)

    async def learnt(self) -> SoothingLearnt:
        async with patient():
            event = await self.events.get()
        assert isinstance(event, SoothingLearnt)
        return event

    async def on_disk(self, *tries: Try) -> None:
        await until(lambda: self.tries() == tries)

    def tries(self) -> tuple[Try, ...]:
        return MemoryStore(self.folder).read()


@asynccontextmanager
async def keeping(folder: Path) -> AsyncIterator[Kept]:
    bus, memory = Bus(), SoundMemory()
    events = bus.subscribe("test", only=(SoothingLearnt,))
    heard = bus.subscribe("memory", only=MemoryTask.EVENTS)
    task = MemoryTask(MemoryStore(folder), memory, lambda: ("a", "b"), heard, bus, lambda: 7.0, lambda: UTC_S)
    running = asyncio.create_task(task.run())
    try:
        yield Kept(task, memory, bus, events, folder)
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture(autouse=True)
def _quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_EVERY_S", 0.02)


async def test_what_was_learnt_before_is_published_at_the_start(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(to_json([CALM]))
    async with keeping(tmp_path) as kept:
        learnt = await kept.learnt()
    assert learnt.at_s == 7.0
    assert {each.sound: each.tries for each in learnt.sounds} == {"a": 1, "b": 0}


async def test_a_try_is_published_and_on_the_disk_and_a_mark_takes_it_back(tmp_path: Path) -> None:
    async with keeping(tmp_path) as kept:
        await kept.learnt()
        kept.judge(CALM)
        assert sum(each.tries for each in (await kept.learnt()).sounds) == 1
        await kept.on_disk(CALM)
        kept.bus.publish(EpisodesMarked(2.0, (("e1", False),)))
        assert sum(each.tries for each in (await kept.learnt()).sounds) == 0
        await kept.on_disk(replace(CALM, false_alarm=True))


async def test_a_step_of_the_clock_moves_what_this_run_has_learnt(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(to_json([CALM]))
    async with keeping(tmp_path) as kept:
        await kept.learnt()
        kept.judge(CALM)
        kept.bus.publish(ClockSet(1.0, 3600.0))
        await kept.on_disk(CALM, replace(CALM, utc_s=UTC_S + 3600))


async def test_forgetting_by_command_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(to_json([CALM]))
    async with keeping(tmp_path) as kept:
        await kept.learnt()
        assert await kept.task.execute(ForgetSounds()) == {"forgotten": True}
        assert kept.memory.tries == ()
        assert sum(each.tries for each in (await kept.learnt()).sounds) == 0
        await kept.on_disk()


async def test_a_file_that_is_deleted_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(to_json([CALM]))
    async with keeping(tmp_path) as kept:
        await kept.learnt()
        kept.judge(CALM)
        await kept.on_disk(CALM, CALM)
        MemoryStore(tmp_path).delete()
        await until(lambda: kept.memory.tries == ())


async def test_a_file_from_the_future_costs_only_the_keeping(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = '{"schema": 9}'
    (tmp_path / FILE).write_text(text)
    async with keeping(tmp_path) as kept:
        await kept.learnt()
        kept.judge(CALM)
        assert sum(each.tries for each in (await kept.learnt()).sounds) == 1
        await until(lambda: kept.task.trouble is not None)
    assert "newer babycryd" in (kept.task.trouble or "")
    assert caplog.text.count("not kept for now") == 1
    assert (tmp_path / FILE).read_text() == text


async def test_a_disk_that_fails_is_told_and_made_up_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    async with keeping(folder) as kept:
        await kept.learnt()
        kept.judge(CALM)
        await until(lambda: kept.task.trouble is not None)
        folder.unlink()
        await until(lambda: kept.task.trouble is None)
        assert kept.tries() == (CALM,)
