"""The history between the bus and the disk."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from babycryd.core.bus import Bus
from babycryd.core.events import ClockSet, CryEnded, CryStarted, EpisodeInterrupted, EpisodesMarked, Event, StateChanged
from babycryd.core.records import Episode, RecordsError, Stretch
from babycryd.history.recorder import Recorder
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryTask, HistoryWriter
from babycryd.system.wall_clock import WallClock
from tests.support.patience import HANG_S, until

UTC_S = 1_700_000_000.0
CLOCK = WallClock(lambda: UTC_S, lambda: 0.0)


def history_task_in(folder: Path, bus: Bus, tell: Callable[[Event], None] = lambda _: None) -> HistoryTask:
    writer = HistoryWriter(folder, RetentionLimits(400, 50))
    return HistoryTask(Recorder("sha", 0.5), writer, bus.subscribe("history"), lambda: "cloud", CLOCK, tell)


async def test_what_the_bus_tells_is_on_the_disk_once_it_is_closed(tmp_path: Path) -> None:
    bus = Bus()
    history_task = history_task_in(tmp_path, bus)
    task = asyncio.create_task(history_task.run())
    bus.publish(StateChanged(0.0, "listening", UTC_S))
    bus.publish(CryStarted(5.0, UTC_S - 5, "e1", 0.9))
    await asyncio.sleep(0)
    task.cancel()
    bus.publish(CryEnded(25.0, "e1", UTC_S - 5, 20.0, 0.9, 8.0, "stopped"))  # told while it stops
    bus.publish(EpisodesMarked(25.0, (("e1", True),)))
    await history_task.close(HANG_S)
    (episode,) = HistoryReader(tmp_path).episodes(0.0, 2 * UTC_S)
    assert (episode.id, episode.reason, episode.route, episode.cry) == ("e1", "stopped", "cloud", True)
    assert history_task.trouble is None


async def test_an_episode_in_which_it_was_killed_is_told_and_one_that_is_told_is_kept(tmp_path: Path) -> None:
    killed = HistoryWriter(tmp_path, RetentionLimits(400, 50))
    killed.keep([Episode("e1", UTC_S - 50, 6.0, 0.9)], UTC_S)
    killed.close()
    bus, told = Bus(), list[Event]()
    history_task = history_task_in(tmp_path, bus, told.append)
    task = asyncio.create_task(history_task.run())
    await until(lambda: told)
    assert told == [EpisodeInterrupted(0.0, "e1", UTC_S - 50, 6.0, 0.9)]
    bus.publish(EpisodeInterrupted(0.0, "e1", UTC_S - 50, 1.0, 0.5))  # which is known already
    bus.publish(EpisodeInterrupted(0.0, "e2", UTC_S - 9, 1.0, 0.5))
    await asyncio.sleep(0)
    task.cancel()
    await history_task.close(HANG_S)
    kept = HistoryReader(tmp_path).episodes(0.0, 2 * UTC_S)
    assert [(each.id, each.duration_s, each.reason) for each in kept] == [
        ("e1", 6.0, "interrupted"),
        ("e2", 1.0, "interrupted"),
    ]
    assert len(told) == 1


def test_a_file_opened_again_while_the_baby_cries_does_not_make_that_an_interrupted_episode(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, RetentionLimits(400, 50))
    assert writer.keep([Episode("e1", UTC_S - 50, 6.0, 0.9)], UTC_S) == []
    writer.close()  # as after an error of the disk
    assert writer.keep([Episode("e1", UTC_S - 50, 7.0, 0.9)], UTC_S) == []
    writer.close()


def begun(folder: Path, since_utc_s: float) -> list[Episode]:
    """The episodes of a hundred seconds; none while the file is being made."""
    with contextlib.suppress(RecordsError):
        return HistoryReader(folder).episodes(since_utc_s, since_utc_s + 100)
    return []


async def test_when_the_clock_is_set_nothing_of_this_run_is_too_old_and_each_stamp_is_right(tmp_path: Path) -> None:
    bus, shown = Bus(), [20.0, 0.0]  # a Pi that does not know the time, and the time since its boot
    clock = WallClock(lambda: shown[0], lambda: shown[1])
    clock.on_set = lambda step_s: bus.publish(ClockSet(shown[1], step_s))
    writer = HistoryWriter(tmp_path, RetentionLimits(400, 50), lambda: shown[0])
    history_task = HistoryTask(Recorder("sha", 0.5), writer, bus.subscribe("history"), clock=clock)
    task = asyncio.create_task(history_task.run())
    bus.publish(CryStarted(5.0, 25.0, "e1", 0.9))
    await until(lambda: begun(tmp_path, 0.0))
    shown[:] = UTC_S + 20, 10.0
    bus.publish(StateChanged(10.0, "crying", UTC_S + 10))  # before the step is noticed
    await until(lambda: begun(tmp_path, UTC_S))
    task.cancel()
    await history_task.close(HANG_S)
    span = HistoryReader(tmp_path).span(UTC_S, UTC_S + 30, UTC_S + 30)
    assert [each.started_utc_s for each in span.episodes] == [UTC_S + 15]
    assert span.stretches[-1] == Stretch(UTC_S + 20, UTC_S + 30, "crying")


async def test_a_folder_that_cannot_be_written_is_told_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    bus = Bus()
    history_task = history_task_in(tmp_path / "state", bus)
    task = asyncio.create_task(history_task.run())
    await until(lambda: history_task.trouble is not None)
    assert str(tmp_path / "state") in str(history_task.trouble)
    (tmp_path / "state").unlink()
    bus.publish(StateChanged(0.0, "listening", UTC_S))
    await until(lambda: history_task.trouble is None)
    task.cancel()
    await history_task.close(HANG_S)
    assert HistoryReader(tmp_path / "state").span(UTC_S - 10, UTC_S, UTC_S).stretches == (
        Stretch(UTC_S - 10, UTC_S, "off"),
    )
